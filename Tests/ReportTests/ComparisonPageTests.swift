import Analysis
import Foundation
import Report
import Results
import TestSupport
import Testing

/// Two studies, or two trials, side by side.
@Suite("Comparison pages")
struct ComparisonPageTests {
  /// A study whose evaluations know their windows: what differs between trials differs alike in each.
  static func study(_ fixture: StudyFixture = HTMLReportTests.small) -> StudyResults {
    var study = fixture.build()
    study.environment.heldoutHash = "text"
    func windowed(_ evaluation: Evaluation) -> Evaluation {
      var evaluation = evaluation
      let shares = (0..<16).map { 1 + 0.2 * sin(Double($0)) }
      let mean = shares.reduce(0, +) / 16
      evaluation.windows = WindowScores(
        tokens: [Double](repeating: 511, count: 16),
        nll: (0..<16).map { window in
          511 * (evaluation.nllPerToken + 0.001 * sin(Double(window) + 900 * evaluation.kldMean))
        },
        kld: shares.map { 511 * evaluation.kldMean * $0 / mean })
      return evaluation
    }
    study.base = study.base.map(windowed)
    for index in study.trials.indices {
      study.trials[index].evaluations = study.trials[index].evaluations.map(windowed)
    }
    return study
  }

  private static func page(
    _ first: StudyResults, _ second: StudyResults, trials: (Int, Int)? = nil, isOne: Bool = false,
    language: CardLanguage = .en
  ) -> String {
    ComparisonPage(
      .init(name: "a.sqlite", results: first, trial: trials.flatMap { first.trial($0.0) }),
      .init(name: "b.sqlite", results: second, trial: trials.flatMap { second.trial($0.1) }),
      isOneStudy: isOne
    ).text(language: language)
  }

  /// The CSV that a part of a page offers, by column.
  static func csv(_ name: String, in page: String) throws -> [[String: String]] {
    let encoded = try Page.inner(
      "<a download=\"\(name).csv\" href=\"data:text/csv;charset=utf-8,", "\"", in: page)
    let text = try #require(encoded.removingPercentEncoding)
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }

  @Test("two trials of a study: paired differences, as the report has them")
  func trials() throws {
    let study = Self.study()
    let page = Self.page(study, study, trials: (1, 2), isOne: true)
    let rows = try Self.csv("differences", in: page)
    #expect(rows.map { $0["domain"] } == ["wiki", "dialogue"])
    let (one, other) = (try #require(study.trial(1)), try #require(study.trial(2)))
    for (row, domain) in zip(rows, ["wiki", "dialogue"]) {
      let windows = [one, other].compactMap { $0.evaluation(on: domain)?.windows }
      for (metric, name) in [(DiagnosisMetric.nll, "nll"), (.kld, "kld")] {
        let paired = LinearContrast([(1, windows[0]), (-1, windows[1])], metric)
        #expect(row["\(name)_difference"].flatMap(Double.init) == paired.value)
        #expect(row["\(name)_stderr"].flatMap(Double.init) == paired.stderr)
      }
    }
    let judged = try #require(Standings(study).compare(one, other, .kld))
    #expect(rows[0]["kld_noise"].flatMap(Double.init) == judged.noise)
    #expect(rows[0]["kld_verdict"] == "\(judged.verdict)")
    for part in ["answer", "differences", "difference", "module-map"] {
      #expect(throws: Never.self) {
        try Snapshot.check(Page.part(part, of: page), "compare-\(part).html")
      }
    }
    #expect(!page.contains("id=\"environment\""))
    try Page.parse(Page.between("<main>", "</main>", in: page))
  }

  @Test("a study against one of the same text: same settings are paired, and differ by nothing")
  func sameStudies() throws {
    let study = Self.study()
    let page = Self.page(study, study)
    let rows = try Self.csv("differences", in: page)
    #expect(rows.count == study.ranked.count)
    #expect(rows.allSatisfy { $0["kld_difference"] == "0.0" && $0["kld_verdict"] == "tie" })
    #expect(page.contains("\(rows.count) trials have the same settings in both."))
    #expect(
      page.contains("nearer to the base in 0, further in 0, and ties with B in \(rows.count)"))
  }

  @Test("no difference is shown of other tokens, of other models, or of no common domain")
  func notComparable() throws {
    let study = Self.study()
    var other = study
    other.environment.heldoutHash = "another text"
    other.base[0].windows?.nll[3] *= 1.01
    let page = Self.page(study, other, trials: (1, 1))
    #expect(page.contains("Not comparable on wiki: they were scored on different tokens."))
    // The text of the second domain is the same: its base scored the same in every window.
    let rows = try Self.csv("differences", in: page)
    #expect(rows[0]["kld_difference"] == "" && rows[1]["kld_difference"] == "0.0")

    var model = study
    model.environment.modelHash = "another model"
    let models = Self.page(study, model, trials: (1, 2))
    #expect(models.contains("The two quantize different models"))
    let row = try #require(try Self.csv("differences", in: models).first)
    #expect(row["kld_difference"] == "" && row["nll_difference"] != "")

    let apart = Self.study(StudyFixture(damps: [0.01], domains: ["else"]))
    #expect(Self.page(study, apart).contains("A and B have no domain in common"))

    let old = HTMLReportTests.small.build()
    let without = Self.page(old, old)
    #expect(without.contains("keeps no scores of single windows") || !without.contains("tie</td>"))
  }

  @Test("without common settings the bests of like sizes are compared")
  func likeSizes() throws {
    let first = Self.study(StudyFixture(layers: 2, bits: [4, 8], groupSizes: [128], damps: [0.01]))
    var second = Self.study(StudyFixture(layers: 2, bits: [4], groupSizes: [128], damps: [0.05]))
    second.trials.removeAll(where: \.isRTN)
    let page = Self.page(first, second)
    #expect(
      page.contains("No settings are in both. Compared are the best trials of like sizes: 1 pair."))
    #expect(try Self.csv("differences", in: page).count == 1)
  }

  @Test("hostile and empty studies", arguments: Page.hardStudies)
  func hostile(study: Page.NamedStudy) throws {
    for language in CardLanguage.allCases {
      let page = Self.page(study.results, Page.hostile, language: language)
      try Page.parse(Page.between("<main>", "</main>", in: page))
      #expect(!page.contains("<script>alert"))
    }
    guard let trial = study.results.trials.last else { return }
    let page = Self.page(
      study.results, study.results, trials: (trial.number, study.results.trials[0].number),
      isOne: true)
    try Page.parse(Page.between("<main>", "</main>", in: page))
  }
}
