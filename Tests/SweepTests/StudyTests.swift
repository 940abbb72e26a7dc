import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Results
import Sweep
import TestSupport
import Testing

@Suite("Studies on disk")
struct StudyTests {
  static func configs(_ bits: [Int], damps: [Double] = [0.01]) -> [TrialConfig] {
    bits.flatMap { bits in
      damps.map { damp in
        var quantize = QuantizeConfig()
        quantize.bits = bits
        quantize.dampPercent = damp
        return TrialConfig(quantize: quantize)
      }
    }
  }

  static func environment(calibration: String = "c") -> StudyEnvironment {
    var environment = StudyEnvironment()
    environment.model = "m"
    environment.modelHash = "m"
    environment.calibrationHash = calibration
    environment.domains = ["wiki"]
    environment.started = "2026-01-02T03:04:05Z"
    environment.sweepYAML = """
      parameters:
        bits: {values: [4, 8]}
        damp_percent: {distribution: log_uniform_values, min: 0.001, max: 1}
        model: {value: m}
        calibration: {value: c.sqlite}
        heldout: {value: wiki.jsonl}
      method: random
      run_cap: 4
      """
    return environment
  }

  /// `trial` as a pass would leave it.
  static func finished(_ trial: TrialResult) -> TrialResult {
    var trial = trial
    trial.state = .complete
    trial.bitsPerWeight = Double(trial.config.quantize.bits) + 0.2
    var evaluation = Evaluation(domain: "wiki")
    evaluation.perplexity =
      40 + 100 / Double(trial.config.quantize.bits)
      + trial.config.quantize.dampPercent
    evaluation.nllPerToken = log(evaluation.perplexity)
    trial.evaluations = [evaluation]
    trial.hiddenErrors = [0.1, 0.2]
    trial.modules = (0..<2).map { layer in
      var module = ModuleResult(layer: layer, module: "self_attn.q_proj")
      module.hiddenError = trial.hiddenErrors[layer]
      return module
    }
    trial.seconds.columns = 1.5
    return trial
  }

  static func run(
    _ plan: TrialPlan, into study: Study, shard: Shard? = nil
  ) throws {
    let waiting = try study.enter(plan, shard: shard)
    try study.save(
      waiting.map(finished), base: [Evaluation(domain: "wiki")], environment: environment())
  }

  @Test("window scores, unknown errors and hashes of codes come back from the file")
  func windowScores() throws {
    try withTemporaryDirectory { folder in
      let study = try Study(folder.appendingPathComponent("study.sqlite"))
      let plan = TrialPlan(Self.configs([4]))
      var trials = try study.enter(plan).map(Self.finished)
      let windows = WindowScores(tokens: [511, 511], nll: [1.5, 2], kld: [0.25, 1e-9])
      trials[0].evaluations[0].windows = windows
      let logits = TokenStatistics.Logits(logSumExp: 0, largest: -0.5, target: -1, top: 1)
      let divergence = DivergenceSummary(
        TokenScores([TokenStatistics(base: logits, trial: logits, meanDifference: 0.25)]),
        of: HeldoutDomain(name: "wiki", windows: [[1, 2]], characters: 1))
      trials[0].evaluations[0].divergence = divergence
      trials[0].evaluations[0].documents = 3
      trials[0].evaluations[0].perplexityStderr = .nan
      trials[0].modules[0].codesHash = "0123"
      trials[0].modules[0].loss = 0.25
      trials[0].modules[0].expectedLoss = 0.5
      trials[0].modules[1].relativeErrorHeldout = .nan
      trials[0].modules[1].sqnrDb = .infinity
      trials[0].modules[1].solverPath = .failed
      try study.save(trials, base: [], environment: Self.environment())
      let read = try study.results().trials
      #expect(read[0].evaluations[0].windows == windows)
      #expect(divergence != nil && read[0].evaluations[0].divergence == divergence)
      #expect(read[1].evaluations[0].divergence == nil)
      #expect(read[0].evaluations[0].documents == 3)
      #expect(read[0].evaluations[0].perplexityStderr.isNaN)
      #expect(read[0].evaluations[0].nllStderr == 0)
      #expect(read[0].modules[0].codesHash == "0123" && read[0].modules[1].codesHash == nil)
      #expect(read[0].modules[0].loss == 0.25 && read[0].modules[0].expectedLoss == 0.5)
      #expect(read[0].modules[1].loss == nil)
      #expect(
        read[0].modules[1].relativeErrorHeldout.isNaN && read[0].modules[1].sqnrDb == .infinity)
      #expect(read[0].modules[1].solverPath == .failed && read[0].modules[1].deadColumns == 0)
      #expect(read[1].evaluations[0].windows == nil)
    }
  }

  @Test("a study of schema 1 opens, with everything in it")
  func schemaOne() throws {
    let fixture = try #require(
      Bundle.module.url(forResource: "Fixtures/study-schema-1", withExtension: "sqlite"))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("old.sqlite")
      try FileManager.default.copyItem(at: fixture, to: url)
      let results = try Study(existing: url).results()
      #expect(results.trials.map(\.role) == [.search, .search, .companion, .companion])
      #expect(results.trials.map(\.companion) == [2, 3, nil, nil])
      #expect(results.trials.map(\.config.quantize.bits) == [4, 8, 4, 8])
      #expect(results.trials.allSatisfy { $0.state == .complete && $0.draw == 0 })
      #expect(results.trials.allSatisfy { $0.modules.count == 42 && $0.evaluations.count == 1 })
      #expect(results.environment.calibrationTokens == 1792)
      for trial in results.trials {
        let ofModules = Dictionary(grouping: trial.modules, by: \.layer).sorted { $0.key < $1.key }
        #expect(trial.hiddenErrors.count == 6)
        #expect(trial.hiddenErrors == ofModules.map { $0.value[0].hiddenError })
      }
      #expect(results.environment.prompts.isEmpty && results.baseNextTokens.isEmpty)
      #expect(results.trials.allSatisfy { $0.nextTokens.isEmpty })
      // Brought up to date once; the second time it is only read.
      #expect(try Study(existing: url).results().trials.count == 4)
    }
  }

  @Test("the metric of an older study is that of its sweep file")
  func metricOfOlderStudy() throws {
    try withTemporaryDirectory { folder in
      let study = try Study(folder.appendingPathComponent("study.sqlite"))
      var environment = Self.environment()
      environment.sweepYAML += "\nmetric: {name: heldout.kld_mean, goal: minimize}\n"
      let trials = try study.enter(TrialPlan(Self.configs([4]))).map(Self.finished)
      try study.save(trials, base: trials[0].evaluations, environment: environment)
      let results = try study.results()
      #expect(results.environment.metric == "kld_mean")
      #expect(Standings(results).criteria == [.kld, .nll])
      environment.metric = "perplexity"
      try study.save(environment)
      #expect(try Standings(study.results()).criteria == [.nll, .kld])
    }
  }

  @Test("the error after a layer without quantized linears keeps its place")
  func hiddenErrors() throws {
    try withTemporaryDirectory { folder in
      let study = try Study(folder.appendingPathComponent("study.sqlite"))
      let plan = TrialPlan(Self.configs([4]))
      var trials = try study.enter(plan).map(Self.finished)
      trials[0].hiddenErrors = [0, 0.1, .nan, .infinity]
      trials[0].modules = [ModuleResult(layer: 1, module: "mlp.up_proj")]
      try study.save(trials, base: [], environment: Self.environment())
      let errors = try study.results().trials[0].hiddenErrors
      #expect(errors.count == 4 && errors[2].isNaN)
      #expect(errors[0] == 0 && errors[1] == 0.1 && errors[3] == .infinity)
    }
  }

  @Test("what is saved is read back, and a rerun has nothing to do")
  func roundTrip() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      let plan = TrialPlan(Self.configs([4, 8]))
      do {
        let study = try Study(url)
        try Self.run(plan, into: study)
        #expect(try study.enter(plan).isEmpty)
        // The same settings on another draw are another trial, under the next number.
        let other = TrialPlan(Self.configs([4]))
        var repeated = other.trials[0]
        repeated.draw = 1
        repeated.role = .repeat
        let waiting = try study.enter(TrialPlan([repeated]))
        #expect(waiting.map(\.number) == [4] && waiting[0].companion == 2)
      }
      let results = try Study(existing: url).results()
      #expect(results.trials.map(\.draw) == [0, 0, 0, 0, 1])
      #expect(results.trials[4].state == .running && results.trials[4].role == .repeat)
      let trial = results.trials[0]
      #expect(trial.hiddenErrors == [0.1, 0.2])
      #expect(trial.seconds.columns == 1.5)
    }
  }

  @Test("a second writer is refused with the first one's pid; a lock left behind is taken over")
  func lock() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      let lock = url.path + ".lock"
      do {
        let first = try Study(url)
        #expect {
          try Study(url)
        } throws: { error in
          (error as? InputError)?.kind == .io && "\(error)".contains("process \(getpid())")
        }
        // Reading goes on meanwhile.
        #expect(try Study(existing: url).results().trials.isEmpty)
        try first.finish()
      }
      #expect(!FileManager.default.fileExists(atPath: lock))
      try Data("1\n".utf8).write(to: URL(fileURLWithPath: lock))
      _ = try Study(url)
      #expect(!FileManager.default.fileExists(atPath: lock))
    }
  }

  @Test("a finished study is one file without a log")
  func finish() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      do {
        let study = try Study(url)
        try Self.run(TrialPlan(Self.configs([4])), into: study)
        try study.finish()
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["study.sqlite"])
    }
  }

  @Test("shards merge into the study of the whole; other calibration is refused")
  func merge() throws {
    try withTemporaryDirectory { folder in
      let plan = TrialPlan(Self.configs([4, 8], damps: [0.01, 0.1]))
      let whole = try Study(folder.appendingPathComponent("whole.sqlite"))
      try Self.run(plan, into: whole)
      var parts: [(name: String, results: StudyResults)] = []
      for index in 1...3 {
        let part = try Study(folder.appendingPathComponent("\(index).sqlite"))
        try Self.run(plan, into: part, shard: Shard("\(index)/3"))
        parts.append(("part \(index)", try part.results()))
      }
      #expect(parts.map(\.results.trials.count) == [2, 2, 2])
      let url = folder.appendingPathComponent("merged.sqlite")
      try StudyMerge.write(try StudyMerge.merged(parts.reversed()), to: url)
      let merged = try Study(existing: url).results()
      let expected = try whole.results()
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      #expect(try encoder.encode(merged.trials) == encoder.encode(expected.trials))
      #expect(merged.trials.map(\.companion) == [4, 4, 5, 5, nil, nil])

      parts[1].results.environment.calibrationHash = "another"
      #expect {
        try StudyMerge.merged(parts)
      } throws: { error in
        "\(error)".contains("calibration was c, now it is another")
      }
      #expect(throws: InputError.self) { try StudyMerge.write(merged, to: url) }
    }
  }

  @Test("importance gives the variance to the setting that has it")
  func importance() throws {
    let plan = TrialPlan(
      [true, false].flatMap { act in
        Self.configs([4], damps: [0.01, 0.1, 1, 2]).map { config in
          var config = config
          config.quantize.descAct = act
          return config
        }
      })
    let results = StudyResults(
      environment: Self.environment(), base: [], trials: plan.trials.map(Self.finished))
    let found = ParameterImportance.all(
      of: SearchedStudy(results), in: Standings(results))
    #expect(found.map(\.setting.key) == ["damp_percent", "desc_act"])
    #expect(found[0].share > 0.999 && found[0].share > found[0].noise)
    #expect(found[0].best == .number(0.01))
    #expect(found[1].share < 1e-9 && found[1].noise > 0.1)
  }

  @Test("an Optuna storage has the search's trials, a W&B file every trial")
  func exports() throws {
    try withTemporaryDirectory { folder in
      let plan = TrialPlan(Self.configs([4, 8], damps: [0.01, 0.1]))
      let results = StudyResults(
        environment: Self.environment(), base: [], trials: plan.trials.map(Self.finished))
      let url = folder.appendingPathComponent("optuna.db")
      try OptunaExport.write(results, to: url)
      let bytes = try Data(contentsOf: url)
      #expect(bytes.count > 10_000)
      // Nothing in it depends on the day.
      try OptunaExport.write(results, to: url)
      #expect(try Data(contentsOf: url) == bytes)
      let lines = WandbExport.text(results).split(separator: "\n")
      #expect(lines.count == 6)
      let run = try #require(
        try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: Any])
      #expect(run["state"] as? String == "finished")
      #expect((run["config"] as? [String: Any])?["bits"] as? Int == 4)
      #expect((run["summary"] as? [String: Any])?["wiki.perplexity"] as? Double == 65.01)
      #expect((run["history"] as? [[String: Any]])?.count == 2)
    }
  }
}
