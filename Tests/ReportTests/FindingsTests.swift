import Analysis
import Foundation
import GPTQ
import Report
import Results
import Testing

/// Hand-made studies with known verdicts.
@Suite struct FindingsTests {
  /// A complete trial `delta` nats worse than a base of perplexity 40.
  static func trial(
    _ number: Int, bits: Int = 4, bitsPerWeight: Double = 4.16, delta: Double,
    stderr: Double = 0.002,
    companion: Int? = nil, packer: Packer = .exact,
    _ configure: (inout QuantizeConfig) -> Void = { _ in }
  ) -> TrialResult {
    var quantize = QuantizeConfig()
    quantize.bits = bits
    configure(&quantize)
    var config = TrialConfig(quantize: quantize)
    (config.packer, config.propagation) = (packer, .shared)
    var trial = TrialResult(number: number, config: config, companion: companion)
    trial.state = .complete
    trial.bitsPerWeight = bitsPerWeight
    trial.evaluations = [evaluation(delta: delta, stderr: stderr)]
    return trial
  }

  static func evaluation(delta: Double, stderr: Double) -> Evaluation {
    var evaluation = Evaluation(domain: "wiki")
    evaluation.nllPerToken = log(40) + delta
    evaluation.nllStderr = 0.02
    evaluation.perplexity = exp(evaluation.nllPerToken)
    evaluation.perplexityStderr = 0.8
    evaluation.nllDelta = delta
    evaluation.nllDeltaStderr = stderr
    return evaluation
  }

  static func study(_ trials: [TrialResult], hasBase: Bool = true) -> StudyResults {
    var environment = StudyEnvironment()
    environment.domains = ["wiki"]
    return StudyResults(
      environment: environment, base: hasBase ? [evaluation(delta: 0, stderr: 0)] : [],
      trials: trials)
  }

  @Test(
    arguments: [
      (0.050, 0.030, 0.002, Comparison.Verdict.worse),
      (0.030, 0.050, 0.002, .better),
      (0.050, 0.046, 0.002, .tie),  // inside the 95 % interval
      (0.0049, 0.0, 0.0, .tie),  // inside float noise, however sharp
      (0.0051, 0.0, 0.0, .worse),
      (0.050, 0.030, 0.02, .tie),
      (0.050, 0.030, .nan, .tie),  // no error, no verdict
    ] as [(Double, Double, Double, Comparison.Verdict)])
  func onlyDifferencesBeyondNoiseCount(
    first: Double, second: Double, stderr: Double, verdict: Comparison.Verdict
  ) {
    let trials = [
      Self.trial(0, delta: first, stderr: stderr),
      Self.trial(1, bits: 8, delta: second, stderr: stderr),
    ]
    let comparison = Standings(Self.study(trials)).compare(trials[0], trials[1])
    #expect(comparison?.verdict == verdict)
  }

  @Test func aMissingNumberIsNoComparison() {
    let trials = [
      Self.trial(0, delta: .nan, stderr: .nan), Self.trial(1, bits: 8, delta: 0, stderr: 0),
    ]
    #expect(Standings(Self.study(trials)).compare(trials[0], trials[1]) == nil)
  }

  @Test func sizesReachThreePercentFromTheirMiddle() {
    let study = Self.study([
      Self.trial(0, bitsPerWeight: 4.00, delta: 0.10),
      Self.trial(1, bitsPerWeight: 4.24, delta: 0.05),
      Self.trial(2, bitsPerWeight: 4.26, delta: 0.047),
      Self.trial(3, bitsPerWeight: 8.2, delta: 0.0),
    ])
    let findings = Findings(study)
    #expect(findings.sizes.map(\.trials) == [[1, 0], [2], [3]])
    #expect(findings.sizes.map(\.best) == [1, 2, 3])
    // 4.26 is no better than 4.24 beyond noise: more room buys nothing there.
    #expect(findings.front == [1, 3])
  }

  @Test func tiesWithTheBestAreNamed() {
    let study = Self.study([
      Self.trial(0, delta: 0.050) { $0.dampPercent = 0.01 },
      Self.trial(1, delta: 0.048) { $0.dampPercent = 0.05 },
      Self.trial(2, delta: 0.090) { $0.dampPercent = 0.1 },
    ])
    let findings = Findings(study)
    // They tie in all that is measured: the usual damp is the simpler recipe.
    #expect(findings.sizes.first?.best == 0)
    #expect(findings.sizes.first?.ties == [1])
    #expect(findings.sentences.first?.contains("#1 ties with it.") == true)
    let damp = findings.sentences.first { $0.hasPrefix("damp_percent") }
    #expect(
      damp
        == "damp_percent: 0.01 (with 0.05 no worse) beats 0.1 (+0.0400 ± 0.0028 nats per token) "
        + "on int4 g128.")
  }

  @Test func dampInsideNoiseIsATie() {
    let trials = [0.0, 0.01, 0.1].enumerated().map { index, damp in
      Self.trial(index, delta: 0.05 + Double(index) / 1000) { $0.dampPercent = damp }
    }
    let sentences = Findings(Self.study(trials)).sentences
    #expect(
      sentences.contains(
        "damp_percent: 0, 0.01 and 0.1 make no measurable difference on int4 g128."))
  }

  @Test func aSpoilingPackerIsNamedWithItsNumbers() {
    var damaged = Self.trial(
      2, bits: 8, bitsPerWeight: 8.38, delta: 0.088, packer: .autogptqBF16)
    var module = ModuleResult(layer: 3, module: "mlp.down_proj")
    module.packerChangedCodes = 0.081
    damaged.modules = [module]
    let study = Self.study([
      Self.trial(0, delta: 0.05), Self.trial(1, bits: 8, bitsPerWeight: 8.38, delta: 0.0002),
      damaged,
    ])
    let findings = Findings(study)
    guard
      case .packerRegressions(let regressions) = findings.all.first(where: {
        if case .packerRegressions = $0 { true } else { false }
      })
    else {
      Issue.record("no packer finding")
      return
    }
    #expect(regressions.count == 1)
    #expect(regressions[0].trial == 2)
    #expect(regressions[0].twin == 1)
    #expect(regressions[0].beatenBy == 0)
    let sentence = findings.sentences.first { $0.hasPrefix("Packing defect: ") } ?? ""
    #expect(sentence.contains("8.1 % of the codes"))
    #expect(sentence.contains("up to 8.1 % in layers.3.mlp.down_proj"))
    #expect(sentence.contains("That is worse than Int4 (#0 int4 g128"))
    // Its exact twin keeps the 8-bit class in order: no inversion is reported beside it.
    #expect(!findings.sentences.contains { $0.contains("bigger than") })
  }

  @Test func aHarmlessPackerIsNoRegression() {
    let study = Self.study([
      Self.trial(1, bits: 8, delta: 0.0002),
      Self.trial(2, bits: 8, delta: 0.0010, packer: .autogptqBF16),
    ])
    #expect(Findings(study).all.contains(.packerHarmless([2])))
  }

  @Test func roundToNearestMayWin() {
    let rtn = Self.trial(0, delta: 0.03) { $0.algorithm = .rtn }
    let study = Self.study([rtn, Self.trial(1, delta: 0.08, companion: 0)])
    let findings = Findings(study)
    #expect(findings.sizes.first?.best == 0)
    let sentence = findings.sentences.first { $0.hasPrefix("GPTQ beats") } ?? ""
    #expect(
      sentence.hasPrefix(
        "GPTQ beats round-to-nearest (RTN) on the same grid in 0 of 1 trial"))
    #expect(sentence.contains("Round-to-nearest is better than #1"))
  }

  @Test func aBiggerFileThatIsWorseIsReported() {
    let study = Self.study([
      Self.trial(0, delta: 0.05), Self.trial(1, bits: 8, bitsPerWeight: 8.2, delta: 0.09),
    ])
    let findings = Findings(study)
    #expect(findings.front == [0])
    #expect(
      findings.sentences.contains { $0.hasPrefix("#1 int8 g128 is bigger than #0 int4 g128") })
  }

  @Test func withoutABaseOnlyWideDifferencesCount() {
    let trials = [Self.trial(0, delta: 0.05), Self.trial(1, delta: 0.09) { $0.sym = false }]
    let unpaired = Findings(Self.study(trials, hasBase: false))
    #expect(unpaired.all.contains(.noBase))
    #expect(unpaired.sizes.first?.ties == [1])
    #expect(Findings(Self.study(trials)).sizes.first?.ties == [])
    #expect(unpaired.sentences.first?.contains("base") == false)
  }

  @Test func rescuedModulesAreCounted() {
    var trial = Self.trial(0, delta: 0.05)
    for (layer, path) in [SolverPath.direct, .damped, .rtn, .failed].enumerated() {
      var module = ModuleResult(layer: layer, module: "mlp.down_proj")
      module.solverPath = path
      trial.modules.append(module)
    }
    let finding = Findings(Self.study([trial])).all.first { finding in
      if case .rescued = finding { true } else { false }
    }
    guard case .rescued(let summary) = finding else {
      Issue.record("no rescue finding")
      return
    }
    #expect(summary.counts == [.damped: 1, .rtn: 1, .failed: 1])
    #expect(summary.places.map(\.module).first == "layers.1.mlp.down_proj")
    #expect(finding?.tone == .warning)
  }

  @Test func lossesFarAboveTheExpectedAreFound() {
    var trial = Self.trial(3, delta: 0.05)
    for (layer, loss) in [1.0, 3.9, 4.1, 40, .infinity].enumerated() {
      var module = ModuleResult(layer: layer, module: "mlp.down_proj")
      (module.loss, module.expectedLoss) = (2 * loss, 2)
      trial.modules.append(module)
    }
    // What has no loss, or expects none, says nothing.
    trial.modules.append(ModuleResult(layer: 5, module: "mlp.down_proj"))
    var exact = ModuleResult(layer: 6, module: "mlp.down_proj")
    (exact.loss, exact.expectedLoss) = (1, 0)
    trial.modules.append(exact)
    let findings = Findings(Self.study([trial]))
    let found = findings.all.filter { if case .unexpectedLoss = $0 { true } else { false } }
    #expect(found.map(\.tone) == [.warning])
    let words = findings.sentences
    #expect(
      words.contains(
        """
        3 of 5 solves lost more than 4 times what rounding explains (expected_loss): \
        layers.4.mlp.down_proj of #3 (∞ times), layers.3.mlp.down_proj of #3 (40.0 times), \
        layers.2.mlp.down_proj of #3 (4.10 times). Their grids clip much, or their Hessians are \
        nearly singular: try more damp or calibration text, or leave them out with dynamic.
        """), "\(words)")
    trial.modules.removeLast(5)
    #expect(
      !Findings(Self.study([trial])).all.contains {
        if case .unexpectedLoss = $0 { true } else { false }
      })
  }

  @Test func anEmptyStudySaysSo() {
    let findings = Findings(Self.study([]))
    #expect(findings.all == [.nothingToRank])
    #expect(findings.sizes.isEmpty)
  }

  @Test func whatCannotBeRankedIsLeftOut() {
    var infinite = Self.trial(0, delta: 0.05)
    infinite.evaluations[0].perplexity = .infinity
    var failed = Self.trial(1, delta: 0.05)
    failed.state = .failed
    let findings = Findings(Self.study([infinite, failed, Self.trial(2, delta: 0.1)]))
    #expect(findings.sizes.map(\.trials) == [[2]])
    #expect(findings.all.contains(.notScored([0])))
    #expect(findings.all.contains(.unfinished(running: [], failed: [1])))
  }

  @Test func namesTellOnlyWhatDiffers() {
    let trials = [
      Self.trial(0, delta: 0.05) { $0.descAct = true }, Self.trial(1, delta: 0.05),
      Self.trial(2, delta: 0.05) { $0.algorithm = .rtn },
    ]
    let names = TrialNames(trials)
    #expect(
      trials.map(names.label) == ["#0 int4 g128 desc_act", "#1 int4 g128", "#2 int4 g128 RTN"])
    #expect(names.shared.contains("damp_percent 0.01"))
  }

  @Test func differencesInsideTheSpreadOfCalibrationDrawsAreTies() throws {
    var repeats = [0.020, 0.044].enumerated().map { index, delta in
      Self.trial(2 + index, delta: delta, stderr: 0.001)
    }
    for index in repeats.indices {
      repeats[index].draw = index + 1
      repeats[index].role = .repeat
    }
    let trials = [
      Self.trial(0, delta: 0.030, stderr: 0.001),
      Self.trial(1, delta: 0.050, stderr: 0.001) { $0.dampPercent = 0.1 },
    ]
    #expect(Standings(Self.study(trials)).compare(trials[1], trials[0])?.verdict == .worse)
    let study = Self.study(trials + repeats)
    let noise = try #require(study.drawNoises.first)
    #expect(noise.trial == 0 && noise.repeats == [2, 3])
    #expect(abs(noise.spread - 0.024) < 1e-12)
    #expect(Standings(study).compare(trials[1], trials[0])?.verdict == .tie)
    let findings = Findings(study)
    #expect(findings.sizes.map(\.best) == [0])
    #expect(findings.sizes[0].ties == [1])
    #expect(findings.sentences.contains { $0.contains("Noise floor: 2 other calibration draws") })
    // Another size has noise of its own.
    let larger = Self.trial(4, bits: 8, bitsPerWeight: 8.16, delta: 0.010, stderr: 0.001)
    let other = Self.trial(5, bits: 8, bitsPerWeight: 8.16, delta: 0.020, stderr: 0.001) {
      $0.dampPercent = 0.1
    }
    #expect(
      Standings(Self.study(trials + repeats + [larger, other])).compare(other, larger)?.verdict
        == .worse)
  }

  @Test func screeningIsJudgedByWhatWasConfirmed() throws {
    let screened = [
      Self.trial(0, delta: 0.030), Self.trial(1, delta: 0.040) { $0.dampPercent = 0.1 },
    ]
    var confirmed = [
      Self.trial(2, delta: 0.035), Self.trial(3, delta: 0.015) { $0.dampPercent = 0.1 },
    ]
    for index in confirmed.indices {
      confirmed[index].config.propagation = .quantized
      confirmed[index].role = .confirm
    }
    let findings = Findings(Self.study(screened + confirmed))
    #expect(findings.sizes.map(\.best) == [3])
    let sentence = try #require(findings.sentences.first { $0.hasPrefix("Run again") })
    #expect(sentence.contains("#0 int4 g128") && sentence.contains("overtakes it"))
    confirmed[1].evaluations = [Self.evaluation(delta: 0.045, stderr: 0.002)]
    #expect(
      Findings(Self.study(screened + confirmed)).sentences.contains {
        $0.contains("stays the best of 2")
      })
  }
}
