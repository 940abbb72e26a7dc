import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import TestSupport
import Testing

@Suite("Questions that a sweep asks")
struct TaskTests {
  private static let task = Repository.root.appendingPathComponent(
    "Tests/AnalysisTests/Fixtures/tasks/colours.json")

  private func text(_ metric: String = "", tasks: String? = nil) -> String {
    """
    \(metric.isEmpty ? "" : "metric: {name: \(metric)}")
    parameters:
      algorithm: {value: rtn}
      bits: {values: [3, 8]}
      calibration_draws: {value: 0}
      model: {value: \(Repository.demoModel.path)}
      calibration: {value: \(Repository.corpus.path)/jawiki-sample.xml}
      heldout: {value: \(Repository.corpus.path)/heldout-wiki.jsonl}
      heldout_tokens: {value: 512}
      context: {value: 256}
      \(tasks.map { "tasks: {value: \($0)}" } ?? "task_samples: {value: 4}")
    """
  }

  @Test("tasks, their shots and samples are read, and their metrics named")
  func file() throws {
    let file = try SweepFile(
      text: text("colours.accuracy", tasks: "[a/colours.json, b.jsonl]")
        + "\n  task_shots: {value: 2}\n  task_samples: {value: 30}", name: "sweep.yaml")
    #expect(file.tasks.files == ["a/colours.json", "b.jsonl"])
    #expect(file.tasks.shots == 2 && file.tasks.samples == 30)
    #expect(file.metric.domain == "colours" && file.metric.name == "accuracy")
    let usual = try SweepFile(text: text(), name: "sweep.yaml")
    #expect(usual.tasks.files.isEmpty && usual.tasks.samples == 4)
    #expect(usual.metric.domain == nil)
  }

  @Test(
    "a text has no right answers, and questions no characters",
    arguments: [
      ("heldout.accuracy", "[colours.json]", "colours.accuracy"),
      (
        "accuracy", nil,
        "of a text perplexity, nll_per_token, nll_delta, bits_per_character, kld_mean, kld_median,"
          + " kld_p99, same_top_p, delta_p_rms, or questions to be right about: name their files"
          + " under tasks"
      ),
      (
        "colours.bits_per_character", "[colours.json]",
        "of questions perplexity, nll_per_token, nll_delta, kld_mean, kld_median, kld_p99,"
          + " same_top_p, delta_p_rms, accuracy"
      ),
    ] as [(String, String?, String)])
  func wrongMetric(name: String, tasks: String?, allowed: String) {
    #expect(
      throws: InputError(
        .usage, asked: "metric.name in sweep.yaml", found: name,
        hint: "metric.name is \(allowed)")
    ) { try SweepFile(text: text(name, tasks: tasks), name: "sweep.yaml") }
  }

  @Test("each trial answers them in the pass, as it does alone")
  func pass() throws {
    try withTemporaryDirectory { folder in
      let file = try SweepFile(
        text: text("colours.accuracy", tasks: Self.task.path), name: "sweep.yaml")
      let run = try SweepRun(file, engine: CPUEngine())
      #expect(run.inputs.domains.map(\.name) == ["heldout-wiki", "colours"])
      #expect(run.inputs.texts.map(\.name) == ["heldout-wiki"])
      let study = try Study(folder.appendingPathComponent("study.sqlite"))
      try run.run(into: study)
      let results = try study.results()
      #expect(results.environment.domains == ["heldout-wiki", "colours"])
      #expect(results.mainDomain == "colours")
      let base = try #require(results.mainBase)
      let alone = try Scoring(Decoder(directory: Repository.demoModel, engine: CPUEngine()))
        .evaluate([run.inputs.domains[1]])[0]
      #expect(base.tokensScored == 4 && base.accuracy == alone.accuracy)
      #expect(abs(base.nllPerToken - alone.nllPerToken) < 1e-4)
      for trial in results.trials {
        let found = try #require(trial.evaluation(on: "colours"))
        #expect(found.accuracy != nil && found.divergence == nil)
        #expect(found.windows?.tokens == [1, 1, 1, 1])
        #expect(trial.evaluation(on: "heldout-wiki")?.accuracy == nil)
        #expect(trial.evaluation(on: "heldout-wiki")?.divergence != nil)
      }
      let losses = results.trials.map { file.metric.loss(of: $0) }
      #expect(losses.allSatisfy { (-1...0).contains($0) })
      let csv = EvaluationsCSV.text(results)
      #expect(csv.contains("base,colours,accuracy,\(NumberText.shortest(base.accuracy ?? 9)),"))
      #expect(!csv.contains("heldout-wiki,accuracy") && !csv.contains("colours,bits_per_character"))
      let page = HTMLReport.text(results)
      #expect(page.contains("Scored on 4 questions of colours"))
      #expect(page.contains("right answers"))
      let card = CardScores(results.trials[0], of: results)
      #expect(card.rows.map(\.domain) == ["heldout-wiki"])
    }
  }

  @Test("two domains of one name are refused")
  func sameName() throws {
    try withTemporaryDirectory { folder in
      let twin = folder.appendingPathComponent("heldout-wiki.json")
      try FileManager.default.copyItem(at: Self.task, to: twin)
      let file = try SweepFile(text: text(tasks: twin.path), name: "sweep.yaml")
      #expect(
        throws: InputError(
          .usage, asked: "evaluate on \(twin.path)", found: "two domains named heldout-wiki",
          hint: "a domain is named after its file: rename one, or leave it out")
      ) { try SweepRun(file, engine: CPUEngine()) }
    }
  }
}
