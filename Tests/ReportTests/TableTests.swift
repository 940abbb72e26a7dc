import Analysis
import Report
import Testing

@Suite struct TableTests {
  let table = Table(
    columns: [
      .init("trial"), .init("settings", title: "設定"), .init("perplexity"), .init("wall_seconds"),
    ],
    rows: [
      [
        .integer(3), .text("int4 | 日本語"), .estimate(46.6304, stderr: 0.98), .number(2.5, unit: "s"),
      ],
      [.integer(12), .text("ｶﾅ \"q\", \u{1B}[31m\n"), .missing],
      [.integer(-1), .text(""), .number(.nan, .decimals(2)), .number(.infinity)],
    ])

  @Test func alignsByTerminalWidth() {
    let lines = table.render(as: .table).split(separator: "\n")
    #expect(lines.count == 5)
    #expect(Set(lines.map { terminalWidth(String($0)) }).count == 1)
    #expect(!table.render(as: .table).contains("\u{1B}"))
  }

  @Test func markdownKeepsItsCells() {
    let lines = table.render(as: .markdown).split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0].hasPrefix("| trial | 設定"))
    #expect(lines[1].hasPrefix("| ----: | ---"))
    #expect(lines[2].contains("int4 \\| 日本語"))
    #expect(lines[3].contains("–"))
  }

  @Test func jsonHoldsFullValues() {
    let json = table.render(as: .json)
    #expect(
      json.contains(
        #"{"trial": 3, "settings": "int4 | 日本語", "perplexity": 46.6304, "#
          + #""perplexity_stderr": 0.98, "wall_seconds": 2.5}"#))
    #expect(json.contains(#""settings": "ｶﾅ \"q\", \u001b[31m\n", "perplexity": null"#))
    #expect(json.hasSuffix("\"wall_seconds\": null}\n]\n"))
    #expect(Table(columns: [.init("a")], rows: []).render(as: .json) == "[]\n")
  }

  @Test func csvQuotesWhatItMust() {
    let csv = table.render(as: .csv)
    #expect(csv.hasPrefix("trial,settings,perplexity,perplexity_stderr,wall_seconds\n"))
    #expect(csv.contains("3,int4 | 日本語,46.6304,0.98,2.5\n"))
    #expect(csv.contains("12,\"ｶﾅ \"\"q\"\", \u{1B}[31m\n\",,,\n"))
    #expect(csv.hasSuffix("-1,,,,inf\n"))
  }

  /// Columns of a line of this table in a terminal: the wide characters here are CJK.
  private func terminalWidth(_ line: String) -> Int {
    line.unicodeScalars.reduce(0) { $0 + ((0x3000..<0xFF00).contains($1.value) ? 2 : 1) }
  }
}

@Suite struct NumberTextTests {
  @Test(
    arguments: [
      (46.6304, 0.98, "46.63 ± 0.98"), (48.77, 1.04, "48.8 ± 1.0"),
      (0.0433, 0.00131, "0.0433 ± 0.0013"),
      (123456, 789, "123456 ± 789"), (1.5, 0, "1.500"), (2.5e-9, 3.1e-10, "(2.50 ± 0.31)e-9"),
      (0, 0.02, "0.000 ± 0.020"), (3, Double.nan, "3.000"), (.infinity, 1, "∞"), (.nan, 1, "–"),
    ] as [(Double, Double, String)])
  func estimatesEndWithTheirError(value: Double, stderr: Double, text: String) {
    #expect(NumberText.estimate(value, stderr) == text)
  }

  @Test(
    arguments: [
      (0.01, "0.01000"), (0.005, "0.005000"), (0, "0.0000"), (0.123456, "0.123456"),
      (1e-5, "1.000e-5"),
    ] as [(Double, String)])
  func settingsShowFourDigits(value: Double, text: String) {
    #expect(NumberText.setting(value) == text)
  }

  @Test(
    arguments: [
      (0.000999, "9.99e-4"), (999.9999, "1000"), (0.00123456, "0.00123"), (9.9999e-7, "1.00e-6"),
      (-0.00001, "-1.00e-5"), (1e6, "1.00e6"),
    ] as [(Double, String)])
  func significantDigits(value: Double, text: String) {
    #expect(NumberText.significant(value) == text)
  }

  @Test(arguments: [0.1, 1.0 / 3, .leastNonzeroMagnitude, 1.7976931348623157e308, 44.654, -2.5e-7])
  func shortestReadsBack(value: Double) {
    #expect(Double(NumberText.shortest(value)) == value)
  }

  @Test func unitsAndCounts() {
    #expect(NumberText.bytes(25_200_000) == "25.2 MB")
    #expect(NumberText.bytes(999) == "999 B")
    #expect(NumberText.parameters(12_600_000) == "12.6 M")
    #expect(NumberText.count(-65_536) == "-65,536")
    #expect(NumberText.duration(7500) == "2 h 05 min")
    #expect(NumberText.duration(.infinity) == "–")
  }
}
