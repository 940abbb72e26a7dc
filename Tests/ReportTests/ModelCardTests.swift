import Analysis
import Basics
import Foundation
import GPTQ
import Report
import Results
import TestSupport
import Testing

@Suite struct ModelCardTests {
  static let subject = ModelCard.Subject(
    name: "tenbin/demo-model-GPTQ-Int8", baseModel: "tenbin/demo-model", license: "apache-2.0",
    languages: ["ja", "no"])

  /// A checkpoint of which everything is known, made as `trial` was.
  static func facts(_ trial: TrialResult) -> CardFacts {
    var facts = CardFacts()
    facts.widths = [.init(bits: 8, groupSize: 64, modules: trial.modules.count)]
    (facts.linears, facts.quantizedLinears) = (trial.modules.count, trial.modules.count)
    (facts.bitsPerWeight, facts.sizeBytes) = (trial.bitsPerWeight, trial.sizeBytes)
    facts.modelType = "llama"
    facts.settings = [("bits", "8"), ("damp_percent (prec_damp)", "0.01000")]
    facts.tags = ["gptq", "8-bit", "tenbin"]
    facts.config = trial.config
    facts.toolVersion = "0.1.0"
    facts.changed = []
    facts.modules = trial.modules.map { module in
      var record = CheckpointRecord.Module(name: "model.layers.\(module.layer).\(module.module)")
      record.solverPath = module.solverPath
      record.relativeErrorCalibration = module.relativeErrorCalibration
      return record
    }
    var making = CheckpointRecord.Making(trial.config)
    (making.model, making.modelRevision) = ("tenbin/demo-model", String(repeating: "c", count: 40))
    making.modelHash = String(repeating: "3f9a", count: 16)
    (making.calibration, making.calibrationHash) = (
      "set.sqlite", String(repeating: "b07c", count: 16)
    )
    (making.calibrationSamples, making.calibrationTokens) = (128, 65_536)
    (making.engine, making.machine) = ("OpenBLAS 0.3.21, 2 threads", "Debian GNU/Linux 12")
    making.calibrationOrigin = origin
    facts.making = making
    return facts
  }

  static var origin: CalibrationOrigin {
    var dump = CalibrationOrigin.Source(
      name: "jawiki-20230720-pages-articles.xml", sha256: String(repeating: "9d1f", count: 16),
      bytesRead: 1_234_567, isWhole: false, documents: 900)
    (dump.firstRow, dump.lastRow) = (1, 950)
    let commit = String(repeating: "a", count: 40)
    var rows = CalibrationOrigin.Source(
      name: "tenbin/sample-corpus@\(commit)/train.jsonl",
      sha256: String(repeating: "77aa", count: 16), bytesRead: 4096, isWhole: true, documents: 100)
    (rows.firstRow, rows.lastRow) = (1, 100)
    var origin = CalibrationOrigin(sources: [dump, rows])
    origin.take = "first:1000"
    origin.normalize = "nfkc"
    origin.layout = "packed"
    origin.maxSeqLength = 2048
    origin.tokenizerHash = String(repeating: "70", count: 32)
    origin.build = [
      "--source", dump.name, rows.name, "--tokenizer", "MODEL", "--take", "first:1000",
    ]
    return origin
  }

  static var study: StudyResults {
    StudyFixture(layers: 2, bits: [8], groupSizes: [64], damps: [0, 0.01]).build()
  }

  @Test(arguments: CardLanguage.allCases) func readsAsRecorded(language: CardLanguage) throws {
    let study = Self.study
    let trial = try #require(study.trial(2))
    var evidence = ModelCard.Evidence()
    evidence.trial = trial
    evidence.scores = [CardScores(trial, of: study)]
    let card = ModelCard(Self.facts(trial), subject: Self.subject, evidence: evidence)
    try Snapshot.check(card.markdown(language), "card.\(language.rawValue).md")
  }

  @Test("what is measured without a base has no differences, and no claim of one")
  func measuredAlone() throws {
    let study = Self.study
    let trial = try #require(study.trial(2))
    var scores = CardScores(trial, of: study)
    scores.origin = .measured
    scores.rows = scores.rows.map { CardScores.Row(domain: $0.domain, own: $0.own) }
    var evidence = ModelCard.Evidence()
    evidence.scores = [scores]
    let text = ModelCard(Self.facts(trial), subject: Self.subject, evidence: evidence).markdown(.en)
    #expect(text.contains("| text     | perplexity, this model |\n"))
    #expect(!text.contains("ΔNLL") && !text.contains("kl_divergence"))
    #expect(text.contains("type: perplexity"))
  }

  /// Results of the files that hash to `aa`.
  private static func tasks(base: Bool) -> LMEvalResults {
    LMEvalResults(
      model: "m",
      tasks: [
        .init(
          name: "jnli", shots: 2, items: 100,
          scores: [
            .init(
              metric: "exact_match", value: 0.61, stderr: 0.05,
              base: base
                ? .init(
                  value: 0.7, stderr: 0.046, difference: -0.09, differenceStderr: 0.03,
                  verdict: .worse) : nil),
            .init(metric: "pearson", value: .nan, stderr: nil),
          ])
      ],
      run: .init(
        toolVersion: "0.9", modelHash: "aa", baseHash: base ? "bb" : nil, prompt: "p", answers: "a")
    )
  }

  @Test("scores of tasks are the checkpoint's only where its files are those that were asked")
  func taskScores() throws {
    let trial = try #require(Self.study.trial(2))
    func text(_ tasks: CardTasks, _ language: CardLanguage = .en) -> String {
      var evidence = ModelCard.Evidence()
      evidence.tasks = tasks
      return ModelCard(Self.facts(trial), subject: Self.subject, evidence: evidence)
        .markdown(language)
    }
    let own = text(CardTasks(Self.tasks(base: true), modelHash: "aa"))
    #expect(
      own.contains("## Tasks\n\nAsked on the checkpoint's files with tenbin 0.9. Prompts: p."))
    let rows = own.split(separator: "\n").map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
    #expect(
      rows.contains([
        "jnli", "exact_match", "2", "100", "0.700 ± 0.046", "0.610 ± 0.050", "-0.090 ± 0.030",
        "worse",
      ]))
    // The Hub's index has them too, those that are numbers.
    #expect(
      own.contains(
        """
        model-index:
        - name: tenbin/demo-model-GPTQ-Int8
          results:
          - task:
              type: text-generation
            dataset:
              name: jnli
              type: jnli
            metrics:
            - type: exact_match
              value: 0.610000
              name: "exact_match (2-shot, 100 questions)"
        ---
        """))
    #expect(
      text(CardTasks(Self.tasks(base: true), modelHash: "aa"), .ja).contains("下回る"))
    let alone = text(CardTasks(Self.tasks(base: false), modelHash: "aa"))
    #expect(
      !alone.contains("difference") && alone.contains("one standard error over the questions"))
    let others = CardTasks(Self.tasks(base: true), modelHash: "ab")
    #expect(others == .others && !text(others).contains("jnli"))
    #expect(!text(others).contains("model-index"))
    #expect(text(others).contains("are of other files than this checkpoint's, and are left out."))
    var results = Self.tasks(base: false)
    results.run = nil
    let unbound = CardTasks(results, modelHash: "aa")
    #expect(unbound == .unbound && text(unbound, .ja).contains("記録されていないため、掲載していません。"))
  }

  @Test("a mixture is called one, with the linears of each width")
  func mixture() throws {
    let trial = try #require(Self.study.trial(2))
    var facts = Self.facts(trial)
    facts.widths = [
      .init(bits: 4, groupSize: 128, modules: 10), .init(bits: 8, groupSize: -1, modules: 2),
    ]
    facts.quantizedLinears = 12
    facts.quantizesHead = true
    let card = ModelCard(facts, subject: Self.subject)
    #expect(
      card.markdown(.en).contains(
        "its decoder linears (12/14) and lm_head quantized to 4 bits in groups of 128 columns"
          + " (10 linears), 8 bits with one scale per row (2 linears):"))
    #expect(
      card.markdown(.ja).contains(
        "デコーダー線形層（12/14 個）と lm_head を 4 ビット（グループサイズ 128、10 個）、8 ビット（行ごとに 1 スケール、2 個）に"))
  }

  @Test("the header keeps its shape, whatever names and texts hold")
  func header() throws {
    var subject = Self.subject
    subject.license = "other: \"mine\"\nbase_model: x"
    let study = Self.study
    let trial = try #require(study.trial(2))
    var scores = CardScores(trial, of: study)
    scores.rows[0].domain = "ウィキ: 評価"
    scores.rows[1].own.perplexity = .infinity
    var evidence = ModelCard.Evidence()
    evidence.scores = [scores]
    let card = ModelCard(Self.facts(trial), subject: subject, evidence: evidence)
    let header = card.markdown(.en).components(separatedBy: "---\n")[1]
    #expect(header.contains("license: \"other: \\\"mine\\\"\\nbase_model: x\"\n"))
    #expect(header.contains("- \"no\"\n"))  // plain `no` is a boolean to YAML
    #expect(header.contains("base_model_relation: quantized\n"))
    #expect(header.contains("datasets:\n- tenbin/sample-corpus\n"))
    #expect(header.contains("      name: \"ウィキ: 評価\"\n      type: text\n"))
    #expect(!header.contains("inf"))
  }

  @Test("the day of a dump is that in its name, and none is invented")
  func dumps() throws {
    func line(_ name: String) throws -> String {
      let trial = try #require(Self.study.trial(2))
      var facts = Self.facts(trial)
      facts.making?.calibrationOrigin?.sources[0].name = name
      return ModelCard(facts, subject: Self.subject).markdown(.en)
    }
    #expect(try line("jawiki-20230720-pages-articles.xml.bz2").contains("dump of 2023-07-20"))
    #expect(try line("jawiki-latest-pages-articles.xml").contains("dump of") == false)
    #expect(try line("wiki-20231399.jsonl").contains("dump of") == false)
    #expect(try line("ja_wiki.jsonl").contains("dump of") == false)
  }

  @Test("a family that loaders do not take as their rules say is not given a recipe")
  func families() throws {
    let trial = try #require(Self.study.trial(2))
    var facts = Self.facts(trial)
    facts.modelType = "gpt_oss"
    var evidence = ModelCard.Evidence()
    evidence.loaders = try JSONDecoder().decode(
      [LoaderReport].self,
      from: Data(
        #"""
        [{"loader": "transformers", "loads": true, "refusals": [], "remarks": [], "source": ""},
         {"loader": "GPTQModel", "loads": false, "refusals": ["bits 9"], "remarks": [], "source": ""}]
        """#.utf8))
    let none = ModelCard(facts, subject: Self.subject, evidence: evidence).markdown(.en)
    #expect(!none.contains("GPTQModel.load") && none.contains("other weights than were meant"))
    facts.modelType = "phi3"
    let phi = ModelCard(facts, subject: Self.subject, evidence: evidence).markdown(.en)
    #expect(phi.contains("from_pretrained(\"tenbin/demo-model-GPTQ-Int8\")\n"))
    #expect(!phi.contains("GPTQModel.load") && phi.contains("| bits 9"))
    facts.making?.names = "gptqmodel"
    let renamed = ModelCard(facts, subject: Self.subject, evidence: evidence).markdown(.en)
    #expect(!renamed.contains("from_pretrained") && renamed.contains("expects the published names"))
  }
}
