import Analysis
import Report
import Results
import Testing

/// What is said where a model was calibrated on the text that it is scored on.
@Suite("Held-out text that is calibration text")
struct OverlapTests {
  private var study: StudyResults {
    var study = StudyFixture(layers: 2, bits: [8], groupSizes: [64], damps: [0.01]).build()
    study.environment.heldoutOverlaps = [
      HeldoutOverlap(domain: "wiki", share: 0.121, isSource: false),
      HeldoutOverlap(domain: "news", share: 1, isSource: true),
    ]
    return study
  }

  private let english =
    "Not held out: the calibration set holds 13 % of the runs of 13 tokens of wiki; the calibration set "
    + "holds 100 % of the runs of 13 tokens of news, being made from the same file. Its scores look "
    + "better than those on new text: rank on text that was not calibrated on."
  private let japanese =
    "評価用テキストがキャリブレーションに含まれています：wiki の連続 13 トークンの 13 %、"
    + "news の連続 13 トークンの 100 %（同じファイルから作成）。そこでの値は未知のテキストより良く出るため、"
    + "キャリブレーションに使っていないテキストで順位をつけてください。"

  @Test("it is the first finding, a warning, and the first thing that is wrong, in both languages")
  func first() throws {
    #expect(Findings(study).all.first?.tone == .warning)
    let page = HTMLReport.text(study)
    let screen = try Page.part("picks", of: page)
    #expect(screen.contains(english) && screen.contains(japanese))
    let findings = try Page.part("findings", of: page)
    let place = try #require(findings.range(of: english))
    let best = try #require(findings.range(of: "is best at perplexity"))
    #expect(place.lowerBound < best.lowerBound)
    let clean = StudyFixture(layers: 2, bits: [8], groupSizes: [64], damps: [0.01]).build()
    #expect(!HTMLReport.text(clean).contains("Not held out"))
  }

  @Test("a card says it above the scores")
  func card() throws {
    let trial = try #require(study.trial(0))
    var evidence = ModelCard.Evidence()
    evidence.scores = [CardScores(trial, of: study)]
    let text = ModelCard(
      ModelCardTests.facts(trial), subject: ModelCardTests.subject, evidence: evidence
    ).markdown(.en)
    let place = try #require(text.range(of: english))
    let table = try #require(text.range(of: "| wiki "))
    #expect(place.lowerBound < table.lowerBound)
  }

  @Test("where only the file is known, no share is named", arguments: CardLanguage.allCases)
  func fileOnly(language: CardLanguage) throws {
    let trial = try #require(study.trial(0))
    var evidence = ModelCard.Evidence()
    var scores = CardScores(trial, of: study)
    scores.overlaps = [HeldoutOverlap(domain: "wiki", share: nil, isSource: true)]
    evidence.scores = [scores]
    let text = ModelCard(
      ModelCardTests.facts(trial), subject: ModelCardTests.subject, evidence: evidence
    ).markdown(language)
    #expect(
      text.contains(
        language == .en
          ? "Not held out: the calibration set was made from the file of wiki. "
          : "評価用テキストがキャリブレーションに含まれています：wiki（同じファイルから作成）。"))
  }
}
