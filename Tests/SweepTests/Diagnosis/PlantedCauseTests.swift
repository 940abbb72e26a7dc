import Analysis
import Foundation
import Sweep
import TestSupport
import Testing

@Suite("Diagnoses of differences whose cause was planted")
struct PlantedCauseTests {
  /// Two layers and a few short windows: seconds a case.
  static let quick = PlantedCorpus(window: 64, calibrationWindows: 16, heldoutTokens: 512)

  @Test(
    "the planted cause is at the top, on two layers of the demo model",
    arguments: [2, 4, 16].map { PlantedCase.first[$0] })
  func subset(_ planted: PlantedCase) throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: planted.variant, layers: 2).write(to: model)
      var options = DiagnosisOptions()
      options.swapTokens = 128
      let diagnosis = try diagnose(planted, Self.quick, model: model, options)
      let isFound = planted.isFound(by: diagnosis)
      #expect(isFound, "\(diagnosis.causes.map(\.kind)) \(diagnosis.verdict)")
      let sum = diagnosis.causes.reduce(0) { $0 + $1.nll.value }
      #expect(abs(sum - diagnosis.nll.value) < 1e-9, "the parts add up to the difference")
      #expect(diagnosis.hypotheses.map(\.hypothesis) == Hypothesis.allCases)
      #expect(diagnosis.modules.count == 14)
      if diagnosis.verdict != .noise {
        #expect(diagnosis.groups.count == 9)
        #expect(diagnosis.modules.allSatisfy { $0.swap != nil })
      }
    }
  }

  @Test("equal settings are the same model, and nothing is blamed")
  func identical() throws {
    let case0 = PlantedCase("", suspect: "bits: 4\n", baseline: "bits: 4\n", [])
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: 1).write(to: model)
      let diagnosis = try diagnose(case0, Self.quick, model: model, DiagnosisOptions())
      #expect(diagnosis.verdict == .identical && diagnosis.causes.isEmpty)
      #expect(diagnosis.leadingCause == nil && diagnosis.groups.isEmpty)
    }
  }

  /// A table of docs/diagnosis.md.
  enum Table: String, CaseIterable {
    case first
    case second

    var cases: [PlantedCase] { self == .first ? PlantedCase.first : PlantedCase.second }
    var corpus: PlantedCorpus {
      switch self {
      case .first: PlantedCorpus(window: 64, calibrationWindows: 96, heldoutTokens: 1536)
      case .second:
        PlantedCorpus(
          window: 96, calibrationWindows: 64, heldoutTokens: 2016, skipped: 150,
          heldout: "heldout-instruct.jsonl")
      }
    }
    var seed: UInt64 { self == .first ? 0 : 7 }
  }

  /// TENBIN_PLANTED=FOLDER swift test --filter PlantedCauseTests/table writes FOLDER/first.md and
  /// second.md.
  @Test(
    "all planted causes on the whole demo model and its variants",
    .enabled(if: ProcessInfo.processInfo.environment["TENBIN_PLANTED"] != nil), .serialized,
    arguments: Table.allCases)
  func table(_ table: Table) throws {
    let output = ProcessInfo.processInfo.environment["TENBIN_PLANTED"] ?? ""
    let head = [
      "| case | model | planted | top cause | share | difference | ok |",
      "|---|---|---|---|---|---|---|",
    ]
    // A run that was interrupted goes on: rows that are there stay.
    let file = URL(fileURLWithPath: output).appendingPathComponent("\(table.rawValue).md")
    let known = ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n")
    var rows = table.cases.map { planted -> String? in
      let start = "| \(planted.name) | \(planted.variant.rawValue) |"
      return known.first { $0.hasPrefix(start) }.map { String($0) }
    }
    try withTemporaryDirectory { folder in
      for variant in PlantedModel.Variant.allCases {
        try PlantedModel(variant: variant, seed: table.seed).write(
          to: folder.appendingPathComponent(variant.rawValue))
      }
      var options = DiagnosisOptions()
      options.swaps = false
      for (index, planted) in table.cases.enumerated() where rows[index] == nil {
        let model = folder.appendingPathComponent(planted.variant.rawValue)
        rows[index] = row(planted, try diagnose(planted, table.corpus, model: model, options))
        let text = (head + rows.compactMap { $0 }).joined(separator: "\n") + "\n"
        try Data(text.utf8).write(to: file)
      }
    }
    let found = rows.count { $0?.hasSuffix("| yes |") == true }
    #expect(12 * found >= 11 * table.cases.count)
  }

  private func row(_ planted: PlantedCase, _ diagnosis: Diagnosis) -> String {
    let names = planted.planted.map(\.rawValue).sorted().joined(separator: " or ")
    let leading = diagnosis.leadingCause
    let difference = diagnosis.difference
    return "| \(planted.name) | \(planted.variant.rawValue) | \(names.isEmpty ? "none" : names) | "
      + "\(leading?.kind.rawValue ?? diagnosis.verdict.rawValue)"
      + "\(leading?.isBeyondNoise == false ? " (likely)" : "") | "
      + "\(leading.map { String(format: "%.2f", $0.share) } ?? "") | "
      + String(
        format: "%+.4f [%.4f, %.4f]", difference.value, difference.low, difference.high)
      + " \(diagnosis.metric.rawValue) | \(planted.isFound(by: diagnosis) ? "yes" : "no") |"
  }

  private func diagnose(
    _ planted: PlantedCase, _ corpus: PlantedCorpus, model: URL, _ options: DiagnosisOptions
  ) throws -> Diagnosis {
    let narrow = model.appendingPathComponent("narrow.sqlite")
    if !FileManager.default.fileExists(atPath: narrow.path) {
      try corpus.writeNarrow(windows: corpus.calibrationWindows, model: model, to: narrow)
    }
    func source(_ text: String, _ name: String) throws -> DiagnosisSource {
      try DiagnosisSource(text: text.replacing("NARROW", with: narrow.path), name: name)
    }
    return try DiagnosisRun(
      corpus.inputs(model: model), suspect: source(planted.suspect, "suspect.yaml"),
      baseline: source(planted.baseline, "baseline.yaml"), options: options
    ).run()
  }
}
