import Basics
import Report
import Results
import TestSupport
import Testing

@Suite struct ModelCardTests {
  static let subject = ModelCard.Subject(
    name: "demo-model-GPTQ-Int8", baseModel: "tenbin/demo-model", license: "apache-2.0",
    languages: ["ja", "no"],
    command: "tenbin quantize demo-model --trial study.sqlite#2 --output demo-int8")
  static let calibration = CalibrationProvenance(
    sources: [
      .init(
        name: "tenbin/sample-corpus", revision: "2026-11-20", license: "CC BY-SA 4.0",
        rows: "first:1000", sha256: "9d1f")
    ], processing: "--clean wiki --normalize nfkc", layout: "packed", maxSeqLength: 2048)

  @Test(arguments: CardLanguage.allCases) func readsAsRecorded(language: CardLanguage) throws {
    let study = StudyFixture(layers: 2, bits: [8], groupSizes: [64], damps: [0, 0.01]).build()
    let card = try ModelCard(
      study, trial: 2, subject: Self.subject, calibration: Self.calibration)
    try Snapshot.check(card.markdown(language), "card.\(language.rawValue).md")
  }

  @Test func dampShowsFourDigits() throws {
    let study = StudyFixture(layers: 1, bits: [8], groupSizes: [64], damps: [0, 0.01]).build()
    for (trial, damp) in [(1, "0.0000"), (2, "0.01000")] {
      let card = try ModelCard(
        study, trial: trial, subject: Self.subject, calibration: CalibrationProvenance())
      #expect(
        card.markdown(.en).split(separator: "\n").contains {
          $0.hasPrefix("| damp_percent (prec_damp)") && $0.contains(" \(damp) ")
        })
    }
  }

  @Test func namesEverySettingThatIsNotUsual() throws {
    var study = StudyFixture(layers: 1, bits: [4], groupSizes: [64], damps: [0.01]).build()
    study.trials[1].config.quantize.scaleSearch = .activation
    study.trials[1].config.quantize.refineScales = true
    let card = try ModelCard(study, trial: 1, subject: Self.subject, calibration: Self.calibration)
    let rows = card.markdown(.en).split(separator: "\n").map(String.init)
    func value(_ key: String) -> String? {
      rows.first { $0.hasPrefix("| \(key) ") }?.split(separator: "|").last
        .map { $0.filter { $0 != " " } }
    }
    #expect(value("scale_search") == "activation")
    #expect(value("refine_scales") == "true")
    #expect(value("error_propagation") == nil)
  }

  @Test func headerKeepsItsShape() throws {
    var subject = Self.subject
    subject.license = "other: \"mine\"\nbase_model: x"
    let study = StudyFixture(layers: 1, bits: [8], groupSizes: [64], damps: [0.01]).build()
    let card = try ModelCard(study, trial: 1, subject: subject, calibration: Self.calibration)
    let header = card.markdown(.en).components(separatedBy: "---\n")[1]
    #expect(header.contains("license: \"other: \\\"mine\\\"\\nbase_model: x\"\n"))
    #expect(header.contains("- \"no\"\n"))  // plain `no` is a boolean to YAML
    #expect(header.contains("base_model_relation: quantized\n"))
    #expect(header.contains("datasets:\n- tenbin/sample-corpus\n"))
  }

  @Test func anUnknownTrialIsAUsageError() {
    let study = StudyFixture(layers: 1).build()
    #expect {
      try ModelCard(study, trial: 99, subject: Self.subject, calibration: Self.calibration)
    } throws: { ($0 as? InputError)?.kind == .usage }
  }
}
