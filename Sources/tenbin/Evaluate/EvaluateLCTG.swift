import Analysis
import ArgumentParser
import Basics
import Foundation
import Report

extension EvaluateCommand {
  struct LCTG: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "lctg",
      abstract: "LCTG-Bench's scores by rule, from outputs that are there already.",
      discussion: """
        OUTPUTS are JSON lines with prompt_id, and format_result, char_count_result, keyword_result and
        prohibited_word_result: a text or a list of texts. Each may have ASPECT_result_wo_hf beside it,
        the text without introduction and closing remark. PROMPTS are LCTG-Bench's prompts_v1.jsonl, one
        for all files of outputs or one for each. Rules: docs/metrics.md.

        Examples:
          tenbin evaluate lctg generated_result_v1_wo_hf.jsonl \\
            --prompts prompts_v1.jsonl
          tenbin evaluate lctg summary.jsonl ad_text.jsonl \\
            --prompts summary/prompts_v1.jsonl ad_text/prompts_v1.jsonl
        """)

    @Argument(help: "Files of outputs.", completion: .file(extensions: ["jsonl"]))
    var outputs: [String]
    @Option(
      parsing: .upToNextOption,
      help:
        "Files of prompts, in the order of the outputs. Default: the outputs' rows have the conditions."
    )
    var prompts: [String] = []
    @Option(help: "table, json, csv or markdown.")
    var format = OutputFormat.table

    func validate() throws {
      guard prompts.count <= 1 || prompts.count == outputs.count else {
        throw ValidationError(
          "--prompts names \(prompts.count) files for \(outputs.count) of outputs: allowed are 1 or"
            + " \(outputs.count)")
      }
    }

    func run() throws {
      let scores = try outputs.enumerated().map { place, path in
        let file = prompts.count == 1 ? prompts[0] : prompts.isEmpty ? nil : prompts[place]
        return try LCTGScores(
          contentsOf: URL(fileURLWithPath: path), prompts: file.map { URL(fileURLWithPath: $0) })
      }
      for file in scores where file.unanswered > 0 {
        Terminal.say(
          "note: \(file.unanswered) prompts without outputs in \(file.name) are not counted")
      }
      for file in scores where file.rows.contains(where: { !$0.isBare }) {
        let names = file.rows.filter { !$0.isBare }.map(\.aspect.rawValue)
        Terminal.say(
          "note: \(file.name) has no _wo_hf texts of \(names.joined(separator: ", ")):"
            + " the whole outputs are scored, introductions and all")
      }
      try Terminal.print(Table(lctg: scores).render(as: format))
    }
  }
}

extension Table {
  /// A row a file and aspect, the mean of the four behind them, and that of all files.
  fileprivate init(lctg files: [LCTGScores]) {
    var rows = files.flatMap { file -> [[Cell]] in
      let own = file.rows.map { row -> [Cell] in
        [
          .text(file.name), .text(row.aspect.rawValue),
          .estimate(row.score.value, stderr: row.score.stderr), .integer(row.score.items),
          .integer(row.iterations), .flag(row.isBare),
        ]
      }
      let mean = file.mean.map { [[.text(file.name), .text("mean"), .number($0)]] } ?? [[Cell]]()
      return own + mean
    }
    let means = files.compactMap(\.mean)
    if files.count > 1, means.count == files.count {
      rows.append([
        .text("all"), .text("mean"), .number(means.reduce(0, +) / Double(means.count)),
      ])
    }
    self.init(
      columns: ["outputs", "aspect", "score", "prompts", "iterations", "without_header_footer"]
        .map { .init($0) },
      rows: rows)
  }
}
