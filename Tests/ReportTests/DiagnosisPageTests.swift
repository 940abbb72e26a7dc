import Analysis
import Basics
import Foundation
import Report
import TestSupport
import Testing

@Suite("The page of a diagnosis")
struct DiagnosisPageTests {
  /// Int8 through a bad packer against Int4, on two layers.
  static func diagnosis(filled: Double? = nil, name: String = "int8.yaml") -> Diagnosis {
    func estimate(_ value: Double) -> Estimate {
      Estimate(
        value: filled ?? value, stderr: 0.001, freedom: 15,
        draws: [value, value + 0.0005, value + 0.001])
    }
    let difference = estimate(0.05)
    let ranking = CauseRanking(
      nll: estimate(0.05), kld: estimate(0.06), divergences: (0.1, 0.04))
    var suspect = DiagnosisSide(
      name: name, isCheckpoint: false, settings: [.init("bits", "8"), .init("packer", "bad")])
    var baseline = DiagnosisSide(
      name: "int4.yaml", isCheckpoint: false, settings: [.init("bits", "4"), .init("packer", "ok")])
    var evaluation = Evaluation(domain: "wiki")
    evaluation.perplexity = filled ?? 48
    evaluation.nllDelta = filled ?? 0.07
    evaluation.kldMean = filled ?? 0.09
    suspect.evaluations = [DiagnosisScore(evaluation, base: evaluation, rtn: nil)]
    evaluation.nllDelta = 0.02
    baseline.evaluations = [DiagnosisScore(evaluation, base: evaluation, rtn: evaluation)]
    var diagnosis = Diagnosis(
      suspect: suspect, baseline: baseline, ranking: ranking, nll: difference, kld: estimate(0.06))
    diagnosis.domains = ["wiki"]
    diagnosis.causes = ranking.rank(
      [
        Cause(
          kind: .bits, factors: ["bits"], nll: estimate(-0.02), kld: estimate(-0.02),
          reverted: (-0.02, -0.02)),
        Cause(
          kind: .packing, factors: ["packer"], nll: estimate(0.07), kld: estimate(0.08),
          reverted: (filled ?? 0.07, 0.08)),
      ], difference: 0.05)
    diagnosis.factors = [
      FactorContribution(
        key: "bits", cause: .bits, suspect: "8", baseline: "4", nll: estimate(-0.02),
        kld: estimate(-0.02), alone: (-0.02, -0.02), reverted: (0.02, 0.02)),
      FactorContribution(
        key: "packer", cause: .packing, suspect: "bad", baseline: "ok", nll: estimate(0.07),
        kld: estimate(0.08), alone: (0, 0), reverted: (filled ?? 0.07, 0.08)),
    ]
    diagnosis.modules = (0..<2).flatMap { layer in
      ["self_attn.q_proj", "mlp.down_proj"].map { module in
        var measure = ModuleMeasure()
        measure.relativeErrorHeldout = filled ?? 0.01
        measure.packerChangedCodes = filled ?? 0.08
        var difference = ModuleDifference(
          layer: layer, module: module, suspect: measure, baseline: measure)
        difference.conditionNumber = filled ?? .infinity
        difference.swap = SwapEffect(
          name: difference.path, modules: 1, nll: estimate(0.01), kld: estimate(0.01))
        return difference
      }
    }
    diagnosis.hypotheses = HypothesisRules.judge(
      HypothesisEvidence(difference: difference, ranking: ranking, causes: diagnosis.causes))
    return diagnosis
  }

  @Test("the map has one row for the experts of a layer: the one that differs most")
  func experts() throws {
    var diagnosis = Self.diagnosis()
    diagnosis.modules = (0..<48).flatMap { layer in
      (0..<128).map { expert in
        var (suspect, baseline) = (ModuleMeasure(), ModuleMeasure())
        baseline.relativeErrorHeldout = 0.01
        // Expert 77 of layer 3 is 16 times worse, the others differ by less.
        suspect.relativeErrorHeldout =
          (layer, expert) == (3, 77) ? 0.16 : 0.01 * (1 + 0.001 * Double(expert))
        return ModuleDifference(
          layer: layer, module: "mlp.experts.\(expert).up_proj", suspect: suspect,
          baseline: baseline)
      }
    }
    let page = DiagnosisPage.text(diagnosis, language: .en)
    let map = try Page.part("error-map", of: page)
    #expect(map.components(separatedBy: "<rect").count - 1 == 4 * 48)
    #expect(map.contains("layers.3.mlp.experts.77.up_proj +4"))
    #expect(map.contains("layers.4.mlp.experts.127.up_proj"))
    #expect(map.contains(">up*</text>") && map.contains("stand together (*)"))
    #expect(DiagnosisPage.text(diagnosis, language: .ja).contains("エキスパートは 1 行"))
    let link = try Page.inner(
      "download=\"error-map.csv\" href=\"data:text/csv;charset=utf-8,", "\"", in: page)
    #expect(link.removingPercentEncoding?.split(separator: "\n").count == 1 + 48 * 128)
  }

  @Test("groups that were replaced have a table, and modules that were not are none of the table's")
  func groups() throws {
    var diagnosis = Self.diagnosis()
    #expect(!DiagnosisPage.text(diagnosis).contains("id=\"groups\""))
    func group(_ name: String, _ change: Double) -> SwapEffect {
      let change = Estimate(value: change, stderr: 0.001, freedom: 15, draws: [])
      return SwapEffect(name: name, modules: 36, nll: change, kld: change)
    }
    diagnosis.groups = [group("layers.0, experts", 0.01), group("mlp.experts.*.up_proj", 0.02)]
    // Its error is far worse, but nobody replaced it.
    var worse = ModuleMeasure()
    worse.relativeErrorHeldout = 100
    diagnosis.modules.append(
      ModuleDifference(
        layer: 2, module: "mlp.up_proj", suspect: worse, baseline: ModuleMeasure()))
    let page = DiagnosisPage.text(diagnosis)
    let table = try Page.part("groups", of: page)
    let places = try ["mlp.experts.*.up_proj", "layers.0, experts"].map {
      try #require(table.range(of: $0)).lowerBound
    }
    #expect(places[0] < places[1] && table.contains(">36<"))
    let modules = try Page.part("modules", of: page)
    #expect(modules.contains("layers.1.mlp.down_proj") && !modules.contains("layers.2"))
    #expect(DiagnosisPage.text(diagnosis, language: .ja).contains("まとめて入れ替えたモジュール"))
    // 0.02 of 0.05 is not most of it.
    let said = "The largest part of it is in mlp.experts.*.up_proj: replacing only these 36 modules"
    #expect(DiagnosisPage.sentences(diagnosis, language: .en).contains { $0.hasPrefix(said) })
    diagnosis.groups.append(group("layers.1", 0.03))
    #expect(
      DiagnosisPage.sentences(diagnosis, language: .en).contains {
        $0.hasPrefix("It is mostly in layers.1: ")
      })
  }

  @Test("the packer is named with its share, its modules and what to do, in both languages")
  func sentences() throws {
    let english = DiagnosisPage.sentences(Self.diagnosis(), language: .en)
    #expect(english[0].contains("int8.yaml is worse than int4.yaml: +0.05"))
    #expect(english[1].contains("The main cause is packing (packer bad instead of ok)"))
    #expect(english[1].contains("140 %") && english[1].contains("4 of 4 modules"))
    #expect(english[2].hasPrefix("What to do: "))
    #expect(english[2].contains("packer: exact") && english[2].contains("--repair"))
    #expect(english[3].hasPrefix("Confidence: ") && english[3].contains("both exclude 0"))
    #expect(
      english.contains {
        $0.contains("The bits works against it") || $0.contains("against it (bits 8")
      })
    let japanese = DiagnosisPage.sentences(Self.diagnosis(), language: .ja)
    #expect(japanese[1].contains("主な原因はパッキング（packer ok → bad）"))
    #expect(japanese.count == english.count)
  }

  @Test("files that differ though every token scores alike are named, not called the same model")
  func sameScores() {
    var diagnosis = Self.diagnosis()
    diagnosis.verdict = .sameScores
    diagnosis.unequalFiles = ["config.json: rope_theta", "tokenizer.json", "lm_head.weight", "x"]
    let english = DiagnosisPage.sentences(diagnosis, language: .en)
    #expect(
      english[0].contains(
        "they are not the same: config.json: rope_theta, tokenizer.json, lm_head.weight and 1 more."
      ))
    #expect(DiagnosisPage.sentences(diagnosis, language: .ja)[0].contains("同一ではありません"))
    #expect(DiagnosisPage.text(diagnosis).contains("though the files differ"))
  }

  @Test("tokenizers that differ are compared on text")
  func tokenizers() throws {
    var diagnosis = Self.diagnosis()
    let nothing = Estimate(value: 1, stderr: 0.1, freedom: 9, draws: [])
    diagnosis.factors.append(
      FactorContribution(
        key: "tokenizer", cause: .tokenizer, suspect: "its own", baseline: "the base's",
        nll: nothing, kld: nothing, alone: (1, 1), reverted: (1, 1)))
    var evaluation = Evaluation(domain: "wiki")
    evaluation.bitsPerCharacter = 2.5
    diagnosis.suspect.evaluations = [DiagnosisScore(evaluation, base: evaluation, rtn: nil)]
    let english = DiagnosisPage.sentences(diagnosis, language: .en)
    #expect(english[1].contains("takes 2.500 bits per character"), "\(english[1])")
    #expect(DiagnosisPage.sentences(diagnosis, language: .ja)[1].contains("1 文字あたり"))
  }

  @Test(
    "figures and tables are well-formed, whatever the numbers and names",
    arguments: [
      nil, .nan, .infinity, -.infinity, 0, 1e308, -3,
    ] as [Double?])
  func wellFormed(_ value: Double?) throws {
    let hostile = "<script>alert(\"x\")</script> & 日本語 'q'"
    for language in CardLanguage.allCases {
      let page = DiagnosisPage.text(
        Self.diagnosis(filled: value, name: hostile), language: language)
      #expect(!page.contains("<script>alert"))
      for id in [
        "waterfall", "swap-map", "error-map", "factors", "scores", "hypotheses", "modules",
      ]
      where page.contains("id=\"\(id)\"") {
        try Page.parse(Page.part(id, of: page))
      }
    }
  }

  @Test("JSON reads back, and of a file that is no diagnosis it is said what is wrong with it")
  func json() throws {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("why.json")
      func read(_ text: String) throws -> Diagnosis {
        try Data(text.utf8).write(to: file)
        return try Diagnosis(contentsOf: file, name: "why.json")
      }
      for filled in [nil, Double.infinity, -.infinity] {
        let diagnosis = Self.diagnosis(filled: filled)
        let again = try read(diagnosis.json())
        #expect(again == diagnosis)
      }
      let whole = Self.diagnosis().json()
      for (text, found) in [
        ("causes", "no JSON"), ("[]", "JSON of another kind"), ("{}", "no model"),
        (
          whole.replacing("\"kind\" : \"packing\"", with: "\"kind\" : \"luck\""),
          "causes[0].kind is none of its values"
        ),
        (
          whole.replacing("\"draws\" : 1,", with: "\"draws\" : \"one\","),
          "draws is of another type"
        ),
      ] {
        let error = #expect(throws: InputError.self) { try read(text) }
        #expect(
          error?.description
            == InputError(
              .badData, asked: "read the diagnosis why.json", found: found,
              hint: "give what tenbin diagnose MODEL … --format json printed, written to a file"
            ).description)
      }
    }
  }

  @Test("a study's report shows findings, waterfall and hypotheses as the diagnosis' own page does")
  func onReport() throws {
    let diagnosis = Self.diagnosis()
    let study = HTMLReportTests.small.build()
    let (own, report) = (
      DiagnosisPage.text(diagnosis), HTMLReport.text(study, diagnosis: PagePart(diagnosis))
    )
    for id in ["waterfall", "hypotheses"] {
      let parts = try [own, report].map { try Page.part(id, of: $0) }
      #expect(parts[0] == parts[1])
      #expect(report.contains("<li><a href=\"#\(id)\">"))
    }
    let findings = try Page.part("findings", of: own).split(separator: "\n").dropFirst(2)
    let section = try Page.part("diagnosis", of: report)
    #expect(section.contains(findings.joined(separator: "\n")))
    // What a limit of significance says is true of the interval beside it; what cannot apply asks for nothing.
    let hypotheses = try Page.part("hypotheses", of: report)
    #expect(
      hypotheses.contains("(the interval excludes 0, the amount is more than the limit 0.00500)"))
    #expect(hypotheses.contains("（区間は 0 を含まない、大きさはしきい値を超える、しきい値 0.00500）"))
    #expect(hypotheses.contains("How to read: ") && hypotheses.contains("読み方："))
    #expect(!hypotheses.contains("compare the token ids"))
    let settings = try Page.part("diagnosis-settings", of: report)
    #expect(settings.contains(">baseline<") && settings.contains(">suspect<"))
    let absent = try [report, HTMLReport.text(study)].map { try Page.part("absent", of: $0) }
    #expect(absent.map { $0.contains("report html --diagnosis") } == [false, true])
    // Its maps have shades of their own, which are not those of the study's map.
    #expect(!report.contains("id=\"swap-map\"") && !report.contains(".u7{"))
  }

  @Test("every part is there")
  func parts() throws {
    let diagnosis = Self.diagnosis()
    let page = DiagnosisPage.text(diagnosis)
    for id in [
      "waterfall", "swap-map", "error-map", "factors", "scores", "hypotheses", "modules",
      "settings",
    ] {
      #expect(page.contains("id=\"\(id)\""), "\(id)")
    }
    #expect(!page.contains("http"), "nothing is loaded from anywhere")
    #expect(page.contains("<title>Why is int8.yaml worse than int4.yaml?</title>"))
    #expect(page.contains("Because of packing: packer bad instead of ok."))
    #expect(diagnosis.json().contains("\"beyond_noise\""))
    let table = DiagnosisPage.table(diagnosis).render(as: .csv)
    #expect(table.hasPrefix("rank,cause,settings,share"))
    #expect(table.contains("1,packing,packer: ok -> bad"))
  }
}
