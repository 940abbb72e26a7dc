import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("Leaderboard exports")
struct ExportTests {
  private func write(
    _ name: String, _ columns: [String], _ rows: [[Any]], in folder: URL
  ) throws {
    let place = folder.appendingPathComponent("run-x-\(name):v0")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    let table: [String: Any] = ["_type": "table", "columns": columns, "data": rows]
    try JSONSerialization.data(withJSONObject: table)
      .write(to: place.appendingPathComponent("\(name).table.json"))
  }

  private static let outputColumns = [
    "model_name", "task", "index", "score", "num_few_shots", "subset",
  ]

  @Test("scores come out as compare reads them; full-width parentheses are one key")
  func scores() throws {
    try withTemporaryDirectory { folder in
      try write(
        "leaderboard_table",
        ["model_name", "汎用的言語性能（GLP）_AVG", "TOTAL_AVG", "GLP_英語", "ALT_堅牢性", "AVG_mtbench"],
        [["a", 0.7, 0.6, 0.7, 0.5, 7.2], ["b", 0.6, 0.55, 0.65, 0.45, 7.0]], in: folder)
      let export = try LeaderboardExport(folder)
      #expect(
        export.scores.map(\.category).prefix(4) == [
          "汎用的言語性能(GLP)_AVG", "TOTAL_AVG", "英語", "堅牢性",
        ])
      #expect(export.scores.count == 8)
      let english = try #require(
        export.table.comparisons().first { $0.first.category == "英語" })
      #expect(english.items == 285)
      #expect(abs(english.difference - 0.05) < 1e-12)
    }
  }

  @Test("answers are paired item by item: 0 and 2 shots are one item, development items none")
  func paired() throws {
    try withTemporaryDirectory { folder in
      for (model, flips) in [("a", 0), ("b", 12)] {
        for shots in [0, 2] {
          let rows: [[Any]] = (0..<100).map { index in
            let right = index % 2 == 0 && index >= flips
            return [model, "jnli", index, right ? 1.0 : 0.0, shots, "test"]
          }
          try write(
            "jaster_\(shots)shot_output_table-\(model)", Self.outputColumns, rows, in: folder)
        }
        try write(
          "jaster_0shot_output_table_dev-\(model)", Self.outputColumns,
          [[model, "jnli", 0, 0.0, 0, "dev"]], in: folder)
      }
      let found = try LeaderboardExport(folder).pairedComparisons()
      let one = try #require(found.first)
      #expect(found.count == 1)
      #expect((one.category, one.items, one.better, one.worse) == ("意味解析", 100, 6, 0))
      #expect(abs(one.difference - 0.06) < 1e-12)
      // By hand: differences are 1 six times in 100: sd² = (6 − 0.36)/99, over 100.
      #expect(abs(one.stderr - (5.64 / 99 / 100).squareRoot()) < 1e-12)
      #expect(abs(one.signTestP - 2.0 / 64) < 1e-9)
      #expect(one.verdict == .exceeds)
      #expect(one.interval.lowerBound > 0 && one.interval.upperBound < 0.13)
    }
  }

  @Test("folders without tables, and broken tables, are errors")
  func refused() throws {
    try withTemporaryDirectory { folder in
      #expect(throws: InputError.self) { try LeaderboardExport(folder) }
      #expect(throws: InputError.self) {
        try LeaderboardExport(folder.appendingPathComponent("none"))
      }
      let file = folder.appendingPathComponent("x.table.json")
      for text in ["", "{", "{\"columns\": [\"a\"], \"data\": [[1, 2]]}", "[]"] {
        try Data(text.utf8).write(to: file)
        #expect(throws: InputError.self) { try LeaderboardExport(folder) }
        #expect(throws: InputError.self) { try LeaderboardExport(file) }
      }
    }
  }
}
