import Analysis
import Compute
import GPTQ
import Tensor
import Testing

@Suite("Verdicts, ranking and hypotheses")
struct HypothesisJudgementTests {
  private func estimate(_ value: Double, _ stderr: Double = 0.001) -> Estimate {
    Estimate(
      value: value, stderr: stderr, freedom: 15, draws: [value, value + stderr, value - stderr])
  }

  private func ranking(_ nll: Double, _ stderr: Double = 0.001, kld: Double = 0.05)
    -> CauseRanking
  {
    CauseRanking(
      nll: estimate(nll, stderr), kld: estimate(kld, 0.001), divergences: (0.09, 0.05))
  }

  private func cause(_ kind: CauseKind, _ nll: Double) -> Cause {
    Cause(
      kind: kind, factors: [kind.rawValue], nll: estimate(nll), kld: estimate(nll),
      reverted: (nll, nll))
  }

  @Test("a difference is a regression, noise, or seen in KL divergence alone")
  func verdicts() {
    #expect(ranking(0.05).verdict == .regression)
    #expect(ranking(-0.05).verdict == .improvement)
    #expect(ranking(0.004).verdict == .fartherFromBase)
    #expect(ranking(0.004).metric == .kld)
    #expect(ranking(0.05, 0.05, kld: 0.0001).verdict == .noise)
    for stderr in [0, .nan] {
      let nothing = Estimate(value: 0, stderr: stderr, freedom: 0)
      #expect(
        CauseRanking(nll: nothing, kld: nothing, divergences: (0.1, 0.1)).verdict == .identical)
    }
  }

  @Test(
    "no verdict and no confirmation rests on one window or one draw, however far they lie apart")
  func withoutScatter() {
    let cases = [
      Estimate(value: 0.5, stderr: .nan, freedom: 0, draws: [0.5, 0.51, 0.49]),
      Estimate(value: 0.5, stderr: 0.001, freedom: 15, draws: [0.5]),
    ]
    for (number, unsure) in cases.enumerated() {
      let ranking = CauseRanking(nll: unsure, kld: unsure, divergences: (1, 0.5))
      #expect(ranking.verdict == .noise)
      var cause = cause(.damping, 0.5)
      (cause.nll, cause.kld) = (unsure, unsure)
      var evidence = HypothesisEvidence(
        difference: unsure, ranking: ranking,
        causes: ranking.rank([cause], difference: unsure.value))
      evidence.probes.moreDamp = unsure
      evidence.probes.floatScales = unsure
      evidence.probes.staticGroups = unsure
      let findings = HypothesisRules.judge(evidence)
      #expect(findings.allSatisfy { $0.status != .confirmed })
      let noise = findings.first { $0.hypothesis == .evaluationNoise }
      #expect(noise?.status == .undecided)
      #expect(noise?.next == (number == 0 ? .moreHeldoutText : .moreDraws))
    }
  }

  @Test("what is assumed of other draws widens an interval, and only a difference beyond it is one")
  func assumedSpread() {
    func verdict(_ value: Double) -> DiagnosisVerdict {
      let estimate = Estimate(value: value, stderr: 0.01, freedom: 15, assumedSpread: 0.05)
      #expect(estimate.draws == 1 && estimate.drawSpread == nil && estimate.hasInterval)
      return CauseRanking(nll: estimate, kld: estimate, divergences: (0.2, 0.1)).verdict
    }
    #expect(verdict(0.09) == .noise)
    #expect(verdict(0.12) == .regression)
    #expect(verdict(-0.12) == .improvement)
  }

  @Test("beside the verdict noise no hypothesis explains the difference")
  func noiseExplainsNothing() {
    let noise = ranking(0.002, 0.002, kld: 0.0001)
    #expect(noise.verdict == .noise)
    var evidence = HypothesisEvidence(
      difference: estimate(0.002, 0.002), ranking: noise, causes: [])
    evidence.suspect.changedModules = 3
    evidence.probes.exactPacker = estimate(0.05)
    evidence.probes.moreDamp = estimate(0.03)
    let found = statuses(evidence)
    #expect(found[.packingOverflow] == .undecided && found[.damping] == .undecided)
  }

  @Test("a probe must take off more than twice what a change that cannot matter moves")
  func control() {
    let ranking = ranking(0.05)
    var evidence = HypothesisEvidence(difference: estimate(0.05), ranking: ranking, causes: [])
    evidence.suspect.modules = 42
    evidence.probes.moreDamp = estimate(0.03)
    evidence.probes.control = 0.014
    #expect(statuses(evidence)[.damping] == .confirmed)
    evidence.probes.control = 0.016
    #expect(statuses(evidence)[.damping] == .refuted)
  }

  @Test("causes are ranked by the part that pushes the way of the difference")
  func ranked() {
    let causes = [cause(.bits, -0.08), cause(.groupSize, 0.01), cause(.packing, 0.12)]
    let worse = ranking(0.05).rank(causes, difference: 0.05)
    #expect(worse.map(\.kind) == [.packing, .groupSize, .bits])
    #expect(abs(worse[0].share - 2.4) < 1e-9 && worse[0].isBeyondNoise)
    let better = ranking(-0.05).rank(causes, difference: -0.05)
    #expect(better.map(\.kind) == [.bits, .groupSize, .packing])
  }

  private func statuses(_ evidence: HypothesisEvidence) -> [Hypothesis: HypothesisStatus] {
    Dictionary(
      HypothesisRules.judge(evidence).map { ($0.hypothesis, $0.status) },
      uniquingKeysWith: { a, _ in a })
  }

  @Test("overflow: changed codes alone are no proof, a loss that an exact packer undoes is")
  func packing() {
    let ranking = ranking(0.05)
    var evidence = HypothesisEvidence(
      difference: estimate(0.05), ranking: ranking,
      causes: ranking.rank([cause(.packing, 0.05)], difference: 0.05))
    #expect(statuses(evidence)[.packingOverflow] == .refuted)
    evidence.suspect.changedModules = 3
    evidence.suspect.changedCodes = 0.08
    #expect(statuses(evidence)[.packingOverflow] == .undecided)
    evidence.probes.exactPacker = estimate(0.0001)
    #expect(statuses(evidence)[.packingOverflow] == .refuted)
    evidence.probes.exactPacker = estimate(0.05)
    #expect(statuses(evidence)[.packingOverflow] == .confirmed)
    #expect(HypothesisRules.judge(evidence)[0].next == .exactPacker)
    #expect(statuses(evidence)[.damping] != .confirmed)
  }

  @Test("damping: confirmed by what more damp takes off")
  func damping() {
    let ranking = ranking(0.05)
    var evidence = HypothesisEvidence(
      difference: estimate(0.05), ranking: ranking, causes: [])
    evidence.suspect.modules = 42
    evidence.suspect.dampUsed = 1e-6
    evidence.probes.moreDamp = estimate(0.03)
    #expect(statuses(evidence)[.damping] == .confirmed)
    evidence.probes.moreDamp = estimate(-0.03)
    #expect(statuses(evidence)[.damping] == .refuted)
  }

  @Test("the others: noise, activations, domains, checkpoints")
  func others() {
    let noise = ranking(0.002, 0.002, kld: 0.0001)
    var evidence = HypothesisEvidence(
      difference: estimate(0.002, 0.002), ranking: noise, causes: [])
    evidence.largestActivation = 70_000
    evidence.domains = 2
    evidence.suspect.mainOverRTN = 0.6
    evidence.suspect.worstOverRTN = 1.4
    var found = statuses(evidence)
    #expect(found[.evaluationNoise] == .confirmed)
    #expect(found[.activationOverflow] == .confirmed)
    #expect(found[.calibrationBias] == .undecided)
    #expect(found[.kernel] == .undecided)
    #expect(found[.tokenizer] == .notApplicable && found[.moduleSets] == .notApplicable)
    evidence.largestActivation = 400
    evidence.suspect.worstOverRTN = 0.7
    var folders = HypothesisEvidence.Folders()
    folders.sameTokenizer = false
    folders.modulesInOne = 2
    evidence.folders = folders
    found = statuses(evidence)
    #expect(found[.activationOverflow] == .refuted)
    #expect(found[.calibrationBias] == .refuted)
    #expect(found[.tokenizer] == .confirmed && found[.moduleSets] == .confirmed)
    #expect(found[.zeroPoint] == .refuted)
  }

  @Test("bias on another domain needs an interval that leaves the limit behind")
  func biasNeedsAnInterval() {
    let ranking = ranking(0.05)
    var evidence = HypothesisEvidence(difference: estimate(0.05), ranking: ranking, causes: [])
    evidence.domains = 2
    evidence.suspect.mainOverRTN = 0.6
    evidence.suspect.worstOverRTN = 1.4
    for (low, status) in [(nil, HypothesisStatus.undecided), (0.9, .undecided), (1.1, .confirmed)] {
      evidence.suspect.worstOverRTNLow = low
      #expect(statuses(evidence)[.calibrationBias] == status)
    }
  }

  @Test("the condition number of a matrix with known eigenvalues")
  func condition() throws {
    let engine = CPUEngine()
    // Eigenvalues 1 and 100 with a dead column between.
    let h = Matrix<Float>(
      rows: 3, columns: 3, elements: [50.5, 0, 49.5, 0, 0, 0, 49.5, 0, 50.5])
    let condition = try #require(HessianCondition(engine.upload(h), engine: engine))
    #expect(abs(condition.number - 100) < 1e-6)
    #expect(abs(condition.damped(1) - 150.5 / 51.5) < 1e-6)
    let singular = Matrix<Float>(rows: 2, columns: 2, elements: [1, 1, 1, 1])
    #expect(try #require(HessianCondition(engine.upload(singular), engine: engine)).number > 1e15)
    #expect(HessianCondition(engine.zeros(rows: 2, columns: 2), engine: engine) == nil)
  }
}
