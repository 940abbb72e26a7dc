import Analysis
import GPTQ
import Results
import Sweep
import Testing

/// A study of one domain whose window scores are given.
struct ScoredStudy {
  var trials: [TrialResult] = []
  var context = 512

  /// Adds a trial whose windows score `nll` and `kld`, nats per token; returns its number.
  @discardableResult
  mutating func add(
    nll: [Double], kld: [Double] = [], draw: Int = 0, size: Int = 1000,
    bitsPerWeight: Double = 4.2, _ configure: (inout TrialConfig) -> Void = { _ in }
  ) -> Int {
    var config = TrialConfig(quantize: QuantizeConfig())
    config.propagation = .shared
    configure(&config)
    var trial = TrialResult(
      number: trials.count, config: config, companion: nil,
      role: draw > 0 ? .repeat : .search, draw: draw)
    trial.state = .complete
    trial.bitsPerWeight = bitsPerWeight
    trial.sizeBytes = size
    trial.evaluations = [Self.evaluation(nll: nll, kld: kld.isEmpty ? nll : kld)]
    trials.append(trial)
    return trial.number
  }

  static func evaluation(nll: [Double], kld: [Double]) -> Evaluation {
    let tokens = [Double](repeating: 511, count: nll.count)
    var evaluation = Evaluation(domain: "wiki")
    let mean = { (values: [Double]) in
      WindowedMean(sums: zip(values, tokens).map { $0 * $1 }, tokens: tokens)
    }
    evaluation.tokensScored = 511 * nll.count
    evaluation.nllPerToken = mean(nll).mean
    evaluation.nllStderr = mean(nll).stderr
    evaluation.perplexity = 10 + evaluation.nllPerToken
    evaluation.nllDelta = evaluation.nllPerToken
    evaluation.kldMean = mean(kld).mean
    evaluation.kldStderr = mean(kld).stderr
    evaluation.windows = WindowScores(
      tokens: tokens, nll: nll.map { $0 * 511 }, kld: kld.map { $0 * 511 })
    return evaluation
  }

  var results: StudyResults {
    var environment = StudyEnvironment()
    environment.domains = ["wiki"]
    environment.context = context
    let flat = [Double](
      repeating: 0, count: trials.first?.evaluations.first?.windows?.nll.count ?? 1)
    return StudyResults(
      environment: environment, base: [Self.evaluation(nll: flat, kld: flat)], trials: trials)
  }
}

@Suite("The one rule of choice")
struct StandingsTests {
  private let hard = [0.1, 0.9, 0.4, 0.6, 0.2, 0.8, 0.3, 0.7]

  /// `hard` text on which a trial is `worse` by about so much in every window.
  private func windows(_ worse: Double) -> [Double] {
    hard.enumerated().map { $1 + worse + ($0.isMultiple(of: 2) ? 0.001 : -0.001) }
  }

  private func best(_ study: ScoredStudy) throws -> SizeClass {
    try #require(Standings(study.results).sizes.first)
  }

  @Test("what is hard for both trials drops out of their difference")
  func paired() throws {
    var study = ScoredStudy()
    study.add(nll: hard)
    study.add(nll: windows(0.05)) { $0.quantize.dampPercent = 0.1 }
    let standings = Standings(study.results)
    let comparison = try #require(standings.compare(study.trials[1], study.trials[0]))
    #expect(abs(comparison.difference - 0.05) < 1e-12)
    #expect(comparison.stderr < 0.0005 && comparison.verdict == .worse)
    // Alone each of them is as uncertain as the text is uneven.
    #expect(study.trials[0].evaluations[0].nllStderr > 0.09)
  }

  @Test("one window is no verdict")
  func oneWindow() throws {
    var study = ScoredStudy()
    study.add(nll: [1])
    study.add(nll: [2]) { $0.quantize.dampPercent = 0.1 }
    let comparison = try #require(
      Standings(study.results).compare(study.trials[1], study.trials[0]))
    #expect(comparison.verdict == .tie && comparison.stderr.isNaN && comparison.noise == .infinity)
    #expect(try best(study).ties == [1])
  }

  @Test("among trials that tie in perplexity the lowest divergence is chosen, and no tie is left")
  func divergence() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0), kld: windows(0.9)) { $0.quantize.dampPercent = 0.1 }
    study.add(nll: windows(0.003), kld: windows(0.4))
    let size = try best(study)
    #expect(size.best == 1 && size.ties == [])
    study.add(nll: windows(0.003), kld: windows(0.402)) { $0.quantize.dampPercent = 0.05 }
    #expect(try best(study).ties == [2])
  }

  @Test("then the smaller file, then the simpler recipe, then the first")
  func roomAndRecipe() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0)) { $0.quantize.descAct = true }
    study.add(nll: windows(0.001))
    #expect(try best(study).best == 1)
    study.add(nll: windows(0.001), size: 999) {
      $0.quantize.descAct = true
      $0.quantize.sym = false
    }
    #expect(try best(study).best == 2)
  }

  @Test("any setting that is not as usual makes a recipe less simple", arguments: recipeSettings)
  func simplest(_ setting: TrialSetting) throws {
    let sample = try SettingTableTests.sample(of: setting)
    var plain = sample.config
    setting.reset(&plain)
    var study = ScoredStudy()
    study.add(nll: windows(0)) { $0 = sample.config }
    study.add(nll: windows(0.001)) { $0 = plain }
    #expect(try best(study).best == 1)
    #expect(try best(study).ties == [0])
  }

  private static let recipeSettings = TrialConfig.settings.filter {
    $0.column != nil && !["bits", "group_size"].contains($0.key)
  }

  @Test("one choice for all: findings, the best of each size, what is repeated, a judgement")
  func everywhere() throws {
    var study = ScoredStudy()
    // Int8: round-to-nearest has the lowest perplexity, within noise, and twice the divergence.
    study.add(nll: windows(0), kld: windows(0.8), bitsPerWeight: 8.2) {
      $0.quantize.algorithm = .rtn
    }
    study.add(nll: windows(0.002), kld: windows(0.4), bitsPerWeight: 8.2) {
      $0.quantize.dampPercent = 0.1
    }
    study.add(nll: windows(0.001), kld: windows(0.401), bitsPerWeight: 8.2)
    study.add(nll: windows(0.0005), kld: windows(0.6), size: 900, bitsPerWeight: 8.2) {
      $0.quantize.sym = false
    }
    let findings = Findings(study.results)
    #expect(findings.sizes.map(\.best) == [2])
    #expect(findings.sizes.first?.ties == [1])
    #expect(findings.standings.choices(2, among: study.trials).map(\.number) == [2, 1])
    #expect(findings.standings.judge([study.trials[1], study.trials[2]])?.best == 2)
  }

  @Test("round-to-nearest is chosen only where it wins beyond noise")
  func roundToNearest() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0.004), kld: windows(0.4))
    study.add(nll: windows(0), kld: windows(0.4), size: 900) { $0.quantize.algorithm = .rtn }
    #expect(try best(study).best == 0)
    study.trials[1].evaluations = [
      ScoredStudy.evaluation(nll: windows(0), kld: windows(0.3))
    ]
    #expect(try best(study).best == 1)
  }

  @Test("a repeated trial stands by the mean of its repeats, and its scatter is everyone's")
  func repeats() throws {
    var study = ScoredStudy()
    let (lucky, other) = (
      study.add(nll: windows(0)),
      study.add(nll: windows(0.06)) {
        $0.quantize.dampPercent = 0.1
      }
    )
    #expect(
      Standings(study.results).compare(study.trials[other], study.trials[lucky])?.verdict
        == .worse)
    for (draw, worse) in [0.05, 0.02, 0.03].enumerated() {
      study.add(nll: windows(worse), draw: draw + 1)
    }
    let standings = Standings(study.results)
    #expect(abs((standings.evaluation(study.trials[lucky])?.nllDelta ?? 0) - 0.5333333) < 1e-6)
    let comparison = try #require(
      standings.compare(study.trials[other], study.trials[lucky]))
    #expect(abs(comparison.difference - (0.06 - 0.1 / 3)) < 1e-9)
    #expect(comparison.verdict == .tie)
    #expect(try best(study).best == lucky && best(study).ties == [other])
  }

  @Test("a trial that was repeated stays the choice until another is better beyond noise")
  func incumbent() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0.02))
    study.add(nll: windows(0.019), size: 900) { $0.quantize.dampPercent = 0.1 }
    for draw in 1...3 { study.add(nll: windows(0.02 + Double(draw) / 1000), draw: draw) }
    #expect(try best(study).best == 0)
    study.trials[1].evaluations = [ScoredStudy.evaluation(nll: windows(-0.2), kld: windows(0.02))]
    #expect(try best(study).best == 1)
  }

  @Test("another packing of the same codes is moved alike by the draw")
  func twins() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0))
    study.add(nll: windows(0.02)) { $0.packer = .autogptqBF16 }
    for draw in 1...3 { study.add(nll: windows(Double(draw) / 20), draw: draw) }
    #expect(
      Standings(study.results).compare(study.trials[1], study.trials[0])?.verdict == .worse)
  }

  @Test("a metric of divergence looks at divergence first")
  func leading() throws {
    var study = ScoredStudy()
    study.add(nll: windows(0), kld: windows(0.9))
    study.add(nll: windows(0.1), kld: windows(0.4)) { $0.quantize.dampPercent = 0.1 }
    let kld = try #require(EvaluationMetric.all.first { $0.name == "kld_mean" })
    #expect(Standings(study.results).choice(among: study.trials)?.number == 0)
    #expect(Standings(study.results, metric: kld).choice(among: study.trials)?.number == 1)
  }

  @Test("importance is beyond noise exactly where the judgement of the setting is")
  func importance() throws {
    var study = ScoredStudy()
    for act in [false, true] {
      for damp in [0.01, 0.05, 0.1, 1] {
        study.add(nll: windows((damp == 1 ? 0.1 : 0) + (act ? 0.001 : 0))) {
          $0.quantize.dampPercent = damp
          $0.quantize.descAct = act
        }
      }
    }
    let results = study.results
    let found = ParameterImportance.all(of: SearchedStudy(results), in: Standings(results))
    let beyond = Dictionary(uniqueKeysWithValues: found.map { ($0.setting.key, $0.isBeyondNoise) })
    #expect(beyond == ["damp_percent": true, "desc_act": false])
  }
}
