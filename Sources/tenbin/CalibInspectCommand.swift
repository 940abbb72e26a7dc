import ArgumentParser
import Basics
import Calib
import CalibStore
import Foundation
import Report

/// `calib inspect`: what is in a set.
struct CalibInspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Shows what is in a set: lengths, scripts, residue, sources, and texts to read.",
    discussion: """
      Examples:
        tenbin calib inspect set.sqlite
        tenbin calib inspect set.sqlite --against other.sqlite --format json
        tenbin calib inspect set.sqlite --output set.html
      """
  )

  @Argument(help: "A set that calib build wrote.", completion: .file(extensions: ["sqlite"]))
  var set: String

  @Option(help: "Another set to compare with.", completion: .file(extensions: ["sqlite"]))
  var against: String?

  @Option(help: "How many samples to show, with their sources (table only).")
  var show = 3

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  @Option(
    name: .customLong("output"), help: "Write the set as an HTML page to this file, too.")
  var html: String?

  @Option(help: "The language the page opens in, en or ja; its reader may switch.")
  var language = CardLanguage.en

  @OptionGroup var replace: ReplaceOption

  func run() throws {
    var files = replace.files(reading: [set, against])
    let html = try html.map { try files.output($0, .page) }
    let set = try CalibrationSet.read(from: URL(fileURLWithPath: set))
    let other = try against.map { try CalibrationSet.read(from: URL(fileURLWithPath: $0)) }
    let statistics = SetStatistics(set)
    if let html {
      let name = URL(fileURLWithPath: self.set).lastPathComponent
      try AtomicOutput.write(CalibrationPage.text(set, name: name, language: language), to: html)
    }
    if format == .json { return try printJSON(set, statistics, other) }
    var rows = self.rows(set, statistics)
    var header = ["value", self.set]
    if let other, let against {
      let otherRows = self.rows(other, SetStatistics(other))
      let names = otherRows.map(\.[0]).filter { name in !rows.contains { $0[0] == name } }
      rows = rows.map { row in
        row + [otherRows.first { $0[0] == row[0] }?[1] ?? ""]
      }
      rows += names.map { name in [name, "", otherRows.first { $0[0] == name }?[1] ?? ""] }
      rows.append(
        [
          "token divergence (JS, bits)", "",
          String(format: "%.4f", set.tokenDivergence(from: other)),
        ])
      rows.append(["common documents", "", "\(set.commonDocuments(with: other))"])
      header.append(against)
    }
    let table = Table(
      columns: header.map { Table.Column($0) }, rows: rows.map { $0.map { .text($0) } })
    try Terminal.print(table, as: format)
    if format == .table { try showSamples(set) }
  }

  private func rows(_ set: CalibrationSet, _ statistics: SetStatistics) -> [[String]] {
    var rows = [
      ["documents", "\(statistics.documents)"], ["characters", "\(statistics.characters)"],
      ["samples", "\(statistics.samples)"], ["tokens", "\(statistics.tokens)"],
      ["tokens per character", String(format: "%.3f", statistics.tokensPerCharacter)],
      ["distinct tokens", "\(statistics.distinctTokens)"],
      ["vocabulary coverage", String(format: "%.1f %%", 100 * statistics.vocabularyCoverage)],
      ["duplicate documents", "\(statistics.duplicateDocuments)"],
    ]
    let groups = [
      ("tokens a document", statistics.lengths), ("script", statistics.scripts),
      ("source", statistics.sources), ("residue", statistics.residue),
      ("passes", statistics.passRates), ("left out", statistics.lost),
    ]
    for (group, shares) in groups {
      rows += shares.map {
        ["\(group): \($0.name)", "\($0.count) (\(String(format: "%.1f", 100 * $0.share)) %)"]
      }
    }
    return rows + [["hash", set.hash], ["tenbin", set.toolVersion]]
  }

  private func showSamples(_ set: CalibrationSet) throws(InputError) {
    guard show > 0, !set.samples.isEmpty else { return }
    let count = min(show, set.samples.count)
    for number in 0..<count {
      let index = number * set.samples.count / count
      let sample = set.samples[index]
      try Terminal.print("\nsample \(index): \(sample.tokenIDs.count) tokens")
      for span in sample.spans.prefix(4) {
        let document = set.documents[span.document]
        try Terminal.print(
          "  \(set.sources[document.source].name):\(document.row) \(document.title) "
            + "tokens \(span.documentStart) to \(span.documentStart + span.count - 1)")
      }
      let text = sample.text.unicodeScalars.prefix(160).map { $0 == "\n" ? " " : String($0) }
      try Terminal.print("  " + text.joined())
    }
  }

  private func printJSON(
    _ set: CalibrationSet, _ statistics: SetStatistics, _ other: CalibrationSet?
  ) throws {
    var report = InspectReport(
      hash: set.hash, toolVersion: set.toolVersion, recipe: set.recipe, statistics: statistics)
    if let other {
      report.against = SetStatistics(other)
      report.tokenDivergenceBits = set.tokenDivergence(from: other)
      report.commonDocuments = set.commonDocuments(with: other)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Terminal.print(String(decoding: encoder.encode(report), as: UTF8.self))
  }
}

/// The JSON of `calib inspect`.
private struct InspectReport: Encodable {
  var hash: String
  var toolVersion: String
  var recipe: CalibrationRecipe
  var statistics: SetStatistics
  var against: SetStatistics?
  var tokenDivergenceBits: Double?
  var commonDocuments: Int?

  enum CodingKeys: String, CodingKey {
    case hash, recipe, statistics, against
    case toolVersion = "tool_version"
    case tokenDivergenceBits = "token_divergence_bits"
    case commonDocuments = "common_documents"
  }
}
