import Analysis
import Calib
import Foundation
import GPTQ
import Report
import Results
import TestSupport
import Testing

/// Programs of this machine.
private enum Installed {
  static let canBrowse =
    program("chromium", "chromium-browser", "google-chrome") != nil && program("python3") != nil

  /// The path of the first that is there.
  static func program(_ names: String...) -> String? {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// Every kind of page, and studies that try to break one, in a real browser: Tests/Browser/check_pages.py
/// says what is looked for. Where no Chromium or no Python is installed there is nothing to ask.
@Suite("Pages in a browser", .enabled(if: Installed.canBrowse))
struct BrowserTests {
  /// Names as an enemy would choose them: markup, quotes, right to left, four bytes a character.
  private static let name = "<script>alert(1)</script> \"'&\u{202E}مرحبا 𠮷野家 🙂 \u{0}"

  private static var hostileStudy: StudyResults {
    var study = Page.hostile
    study.environment.model = name
    study.environment.domains = study.environment.domains.map { $0 + name }
    study.base = study.base.map(renamed)
    for index in study.trials.indices {
      study.trials[index].evaluations = study.trials[index].evaluations.map(renamed)
      if study.trials[index].isRTN { study.trials[index].role = .companion }
    }
    return study
  }

  private static func renamed(_ evaluation: Evaluation) -> Evaluation {
    var evaluation = evaluation
    evaluation.domain += name
    return evaluation
  }

  /// A thousand trials, a repeat and a companion of each grid among them.
  static let thousand: StudyResults = {
    var study = StudyFixture(
      layers: 2, bits: [2, 3, 4, 5, 6, 8], groupSizes: [32, 64, 128],
      damps: (1...27).map { Double($0) / 1000 }, descActs: [false, true]
    ).build()
    for trial in study.trials.filter({ !$0.isRTN }).prefix(12) {
      var again = trial
      (again.number, again.draw, again.role) = (study.trials.count, 1, .repeat)
      study.trials.append(again)
    }
    for index in study.trials.indices where study.trials[index].isRTN {
      study.trials[index].role = .companion
    }
    return study
  }()

  private static var calibration: CalibrationSet {
    let document = DocumentRecord(
      source: 0, row: 1, pageID: "1", title: name, sha256: "ab", characters: 9, tokens: 4,
      flags: [])
    let samples = (0..<3).map { _ in
      CalibrationSample(
        tokenIDs: [1, 2, 3, 4], text: String(repeating: "天秤" + name, count: 30),
        spans: [TokenSpan(document: 0, documentStart: 0, start: 0, count: 4)])
    }
    return CalibrationSet(
      recipe: CalibrationRecipe(sources: ["corpus.jsonl"], tokenizer: "model"), toolVersion: "0",
      tokenizerHash: "cd", vocabularySize: 8,
      counts: BuildCounts(),
      sources: [
        SourceRecord(
          name: "corpus.jsonl", sha256: "ef", bytesRead: 9, isWhole: true, badRows: 0)
      ], documents: [document], samples: samples)
  }

  /// The CSV files of a study, which its page is held against.
  private static func csvs(_ results: StudyResults) -> [(name: String, text: String)] {
    StudyTables.all.map { ($0.name, $0.text(results)) }
  }

  private static func leaderboard(_ language: CardLanguage) throws -> String {
    let table = try ScoreTable(
      Repository.root.appendingPathComponent("notebooks-data/nejumi-scores.csv"))
    let base = "cyberagent/Llama-3.1-70B-Japanese-Instruct-2407"
    return try #require(
      LeaderboardPage.text(table, base: base, toolVersion: "0", language: language))
  }

  private static func comparison(
    _ first: StudyResults, _ second: StudyResults, trials: Bool = false, language: CardLanguage
  ) -> String {
    ComparisonPage(
      .init(name: "\(name).sqlite", results: first, trial: trials ? first.trials[1] : nil),
      .init(name: "b.sqlite", results: second, trial: trials ? second.trials[2] : nil),
      isOneStudy: trials
    ).text(language: language)
  }

  private static func studies() -> [Page.NamedStudy] {
    Page.hardStudies + [
      .init(description: "hostile", results: hostileStudy),
      .init(description: "thousand", results: NextTokensFixture.looked(thousand)),
      .init(
        description: "prompts",
        results: NextTokensFixture.looked(StudyFixture(layers: 2, damps: [0, 0.01]).build())),
      .init(description: "divergence", results: StudyFixture(hasDivergence: true).build()),
      .init(
        description: "experts",
        results: CoveragePlotTests.study(layers: 24, experts: 8, cold: [[3, 2]: 0, [4, 1]: 9])),
      .init(
        description: "eighty layers",
        results: StudyFixture(layers: 80, bits: [3, 4, 8], descActs: [false, true]).build()),
    ]
  }

  /// A page with the files that lie beside it.
  typealias PageWithFiles = (name: String, text: String, csvs: [(name: String, text: String)])

  /// The paths of `pages`, written to `folder`.
  static func write(_ pages: [PageWithFiles], to folder: URL) throws -> [String] {
    try pages.map { page in
      let file = folder.appendingPathComponent(page.name + ".html")
      try Data(page.text.utf8).write(to: file)
      for csv in page.csvs {
        let file = folder.appendingPathComponent("\(page.name).\(csv.name).csv")
        try Data(csv.text.utf8).write(to: file)
      }
      return file.path
    }
  }

  /// Every page.
  static func pages() throws -> [PageWithFiles] {
    var diagnosis = DiagnosisPageTests.diagnosis(name: name)
    diagnosis.suspect.settings += [.init("group_size", "64"), .init(name, name)]
    let others = [
      ("audit", AuditPage.text(try AuditPageTests.report(), name: "M \(name)", toolVersion: "0")),
      (
        "audit ja",
        AuditPage.text(
          try AuditPageTests.report(), name: "M", toolVersion: "0", language: .ja)
      ), ("diagnosis", DiagnosisPage.text(diagnosis)),
      ("calibration", CalibrationPage.text(calibration, name: name)),
      ("leaderboard", try leaderboard(.en)), ("leaderboard ja", try leaderboard(.ja)),
      // Its numbers are those of smaller ones; what counts is that it opens at once.
      ("two hundred trials", HTMLReport.text(HTMLReportTests.large)),
      ("two studies", comparison(hostileStudy, ComparisonPageTests.study(), language: .en)),
      (
        "two trials",
        comparison(
          ComparisonPageTests.study(), ComparisonPageTests.study(), trials: true, language: .ja)
      ),
    ]
    let explained = HTMLReportTests.small.build()
    return studies().map { ($0.description, HTMLReport.text($0.results), csvs($0.results)) }
      + [
        ("explained", HTMLReport.text(explained, diagnosis: PagePart(diagnosis)), csvs(explained))
      ] + others.map { ($0.0, $0.1, []) }
  }

  @Test("no error, nothing too wide, switches, tables, keyboard, paper, without JavaScript")
  func works() throws {
    try withTemporaryDirectory { folder in
      let files = try Self.write(Self.pages(), to: folder)
      let found = try Self.check(files)
      #expect(found.status == 0, "\(found.text)")
      #expect(found.text.components(separatedBy: "no problems").count == files.count + 1)
    }
  }

  @Test("what is wrong with a page is found")
  func finds() throws {
    let study = HTMLReportTests.small.build()
    let page = HTMLReport.text(study, diagnosis: PagePart(DiagnosisPageTests.diagnosis()))
    let faults: [(String, String, says: String)] = [
      ("</main>", "<p style=\"width:600px\">wide</p></main>", "too wide"),
      ("\"use strict\";", "\"use strict\"; console.error('planted');", "console: console: planted"),
      ("html:not(.js) .js-only", "tbody tr:last-child", "without JavaScript"),
      (">4.156<", ">4.157<", "4.157 is said of 4.15625"),
      ("data-v=\"4.15625\">4.156<", "data-v=\"5.15625\">5.156<", "is 4.15625 in the CSV: 5.156"),
      ("> ± 3.2<", "> ± 3.3<", "in the CSV: +104.9 ± 3.3"),
      ("down ? -order : order", "order", "is not sorted by"),
      ("@media print{", "@media print{h2{display:none}", "lost on paper"),
      ("layers.1.mlp.down_proj ", "layers.0.mlp.down_proj ", "in the CSV"),
      ("\nkld_mean 0.0", "\nkld_mean 0.1", "a tooltip of #"),
      ("\npart 0.07\n", "\npart 0.08\n", "the waterfall's CSV"),
      ("\nbegan 2026-", "\nbegan 2025-", "the timeline says"),
      (">1,812</td>", ">1,813</td>", "the calibration set"),
      (">+0.0700<", ">+0.0701<", "the waterfall's CSV"),
      ("nll difference: 0.05", "nll difference: 0.06", "the CSV of hypotheses"),
    ]
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("page.html")
      for csv in Self.csvs(study) {
        let file = folder.appendingPathComponent("page.\(csv.name).csv")
        try Data(csv.text.utf8).write(to: file)
      }
      for (old, new, says) in faults {
        #expect(page.contains(old), "\(old)")
        try Data(page.replacing(old, with: new).utf8).write(to: file)
        let found = try Self.check([file.path])
        #expect(found.status == 1 && found.text.contains(says), "\(says): \(found.text)")
      }
    }
  }

  private static func check(_ files: [String]) throws -> (status: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Installed.program("python3") ?? "")
    process.arguments =
      [Repository.root.appendingPathComponent("Tests/Browser/check_pages.py").path] + files
    let pipe = Pipe()
    (process.standardOutput, process.standardError) = (pipe, pipe)
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }
}
