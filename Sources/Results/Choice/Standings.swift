import Analysis
import Foundation
import GPTQ

/// The trials of a study held against each other: every comparison, every tie and every best of the
/// report, the command line, the search, the card and a diagnosis is made here.
///
/// A difference of two trials is taken window by window on the text that both were scored on, so
/// that what is hard for both drops out. To the error of the text comes that of the calibration draw,
/// which moves trials nearly independently of each other: as much as it moved the trial of their
/// size that was repeated on other draws. A repeated trial stands by the mean of its repeats: that it
/// was chosen for its own draw was luck in part. Student's t counts the windows and the draws, and
/// comparisons of several trials share one error (Bonferroni).
public struct Standings: Sendable {
  /// The study.
  public let results: StudyResults
  /// What a choice looks at first and, among trials that tie in it, second.
  public let criteria: [DiagnosisMetric]
  /// What the calibration draw moves, by size.
  public let noises: [DrawNoise]
  private let repeats: [Int: [TrialResult]]

  /// Reads the repeats of `results`. A choice goes by likelihood, then by divergence from the base;
  /// the other way round where `metric` is a divergence. Without a metric it is the study's own.
  public init(_ results: StudyResults, metric: EvaluationMetric? = nil) {
    self.results = results
    let leading = (metric ?? results.environment.rankingMetric).criterion
    let known = results.mainBase == nil ? [.nll] : DiagnosisMetric.allCases
    criteria = known.sorted { first, second in first == leading && second != leading }
    noises = results.drawNoises
    var repeats: [Int: [TrialResult]] = [:]
    for noise in noises {
      repeats[noise.trial] = noise.repeats.compactMap { results.trial($0) }
    }
    self.repeats = repeats
  }

  /// Whether a trial was repeated on other calibration draws.
  public func isRepeated(_ trial: TrialResult) -> Bool { repeats[trial.number] != nil }

  /// The trials whose mean a trial stands by: its repeats, or itself.
  func measured(_ trial: TrialResult) -> [TrialResult] {
    repeats[trial.number] ?? [trial]
  }

  /// What a trial scored on the main domain, the mean of its repeats where there are some; nil where
  /// it was not scored.
  public func evaluation(_ trial: TrialResult) -> Evaluation? {
    guard var mean = results.mainEvaluation(trial) else { return nil }
    let all = measured(trial).compactMap { results.mainEvaluation($0) }
    guard isRepeated(trial), !all.isEmpty else { return mean }
    mean.average(all)
    return mean
  }

  /// One metric of a trial; NaN where it was not scored.
  func value(_ trial: TrialResult, _ metric: DiagnosisMetric) -> Double {
    let values = measured(trial).map { results.mainEvaluation($0)?.value(metric) ?? .nan }
    return values.reduce(0, +) / Double(values.count)
  }

  /// Compares two trials on the main domain, one of so many `comparisons`; nil where either was not
  /// scored.
  public func compare(
    _ first: TrialResult, _ second: TrialResult, _ metric: DiagnosisMetric = .nll,
    comparisons: Int = 1
  ) -> Comparison? {
    // The same codes in another packing: what the draw moves, it moves alike.
    let areTwins = first.config.with(packer: .exact) == second.config.with(packer: .exact)
    let sides = [first, second].map { areTwins ? [$0] : measured($0) }
    guard let text = difference(sides[0], sides[1], metric) else { return nil }
    let chance = areTwins ? .none : chance(first, second, metric)
    return Comparison(
      metric, difference: text.value, scatter: text.scatter.adding(chance),
      floor: metric == .nll
        ? FloatNoise.nll
        : FloatNoise.kldShare * max(value(first, .kld), value(second, .kld)),
      comparisons: comparisons)
  }

  /// First minus second, and its error over the held-out text.
  private func difference(
    _ first: [TrialResult], _ second: [TrialResult], _ metric: DiagnosisMetric
  ) -> (value: Double, scatter: Scatter)? {
    let sides = [first, second].map { $0.compactMap { results.mainEvaluation($0) } }
    guard sides.allSatisfy({ !$0.isEmpty }) else { return nil }
    let signed = zip(sides, [1.0, -1.0]).flatMap { side, sign in
      side.map { (coefficient: sign / Double(side.count), evaluation: $0) }
    }
    let windows = signed.compactMap { one in
      one.evaluation.windows.map { (coefficient: one.coefficient, scores: $0) }
    }
    if windows.count == signed.count, let tokens = windows.first?.scores.tokens,
      windows.allSatisfy({ $0.scores.tokens == tokens })
    {
      let paired = LinearContrast(windows, metric)
      guard !paired.value.isNaN else { return nil }
      return (paired.value, Scatter(stderr: paired.stderr, freedom: paired.freedom))
    }
    // A study of an older tenbin: errors are combined as if they were independent, rather too wide.
    let isPaired = results.mainBase != nil
    let value = signed.reduce(0) { sum, one in
      sum + one.coefficient * one.evaluation.value(metric, isPaired: isPaired)
    }
    guard !value.isNaN else { return nil }
    let variances = signed.map { one in
      let stderr = one.evaluation.stderr(metric, isPaired: isPaired)
      return abs(one.coefficient) * stderr * stderr
    }
    return (
      value,
      Scatter(
        stderr: variances.reduce(0, +).squareRoot(), freedom: freedom(signed[0].evaluation))
    )
  }

  /// Degrees of freedom of errors over the windows of an evaluation.
  func freedom(_ evaluation: Evaluation) -> Double {
    if let windows = evaluation.windows { return Double(windows.tokens.count - 1) }
    let scored = results.environment.context - 1
    return scored > 0 && evaluation.tokensScored > 0
      ? Double(evaluation.tokensScored / scored - 1) : .infinity
  }

  /// Whether a trial is worse than the base beyond the noise of the text.
  public func isWorseThanBase(_ trial: TrialResult) -> Bool {
    guard let evaluation = evaluation(trial) else { return false }
    return Comparison.isWorseThanBase(evaluation, freedom: freedom(evaluation))
  }

  /// What the calibration draw may have to do with a difference. Rounding to nearest looks at none; a
  /// mean of n repeats moves by 1/n of a single draw's variance. Nothing where no repeat shows it.
  private func chance(
    _ first: TrialResult, _ second: TrialResult, _ metric: DiagnosisMetric
  ) -> Scatter {
    let sources = [first, second].map { drawNoise($0, metric) }
    if let one = sources[0], one == sources[1] {
      return Scatter(draws: one.values(metric), share: drawShare(first) + drawShare(second))
    }
    return chance(first, metric).adding(chance(second, metric))
  }

  /// What the calibration draw may have to do with one trial's score.
  func chance(_ trial: TrialResult, _ metric: DiagnosisMetric) -> Scatter {
    let share = drawShare(trial)
    guard let noise = drawNoise(trial, metric), share > 0 else { return .none }
    return Scatter(draws: noise.values(metric), share: share)
  }

  private func drawShare(_ trial: TrialResult) -> Double {
    trial.isRTN ? 0 : 1 / Double(measured(trial).count)
  }

  private func drawNoise(_ trial: TrialResult, _ metric: DiagnosisMetric) -> DrawNoise? {
    noises.filter { $0.isOfSize(trial) }
      .max { Scatter.deviation($0.values(metric)) < Scatter.deviation($1.values(metric)) }
  }
}

extension EvaluationMetric {
  /// Whether it is a matter of likelihood or of divergence from the base.
  var criterion: DiagnosisMetric {
    ["perplexity", "nll_per_token", "nll_delta", "bits_per_character", "accuracy"].contains(name)
      ? .nll : .kld
  }
}

extension TrialConfig {
  /// The same with another packer.
  func with(packer: Packer) -> TrialConfig {
    var config = self
    config.packer = packer
    return config
  }
}

extension Evaluation {
  /// One metric, nats per token; the likelihood as the difference to the base where that `isPaired`.
  func value(_ metric: DiagnosisMetric, isPaired: Bool = false) -> Double {
    switch metric {
    case .nll: isPaired && nllDelta.isFinite ? nllDelta : nllPerToken
    case .kld: kldMean
    }
  }

  /// Its standard error.
  func stderr(_ metric: DiagnosisMetric, isPaired: Bool) -> Double {
    switch metric {
    case .nll: isPaired && nllDelta.isFinite ? nllDeltaStderr : nllStderr
    case .kld: kldStderr
    }
  }

  /// Becomes the mean of `all`, on one text. Its errors are the mean of theirs: they are those of the
  /// text, which is the same, and no smaller for it.
  fileprivate mutating func average(_ all: [Evaluation]) {
    func mean(_ value: (Evaluation) -> Double) -> Double {
      all.reduce(0) { $0 + value($1) } / Double(all.count)
    }
    nllPerToken = mean(\.nllPerToken)
    nllStderr = mean(\.nllStderr)
    nllDeltaStderr = mean(\.nllDeltaStderr)
    kldStderr = mean(\.kldStderr)
    sameTopPStderr = mean(\.sameTopPStderr)
    perplexity = exp(nllPerToken)
    perplexityStderr = perplexity * nllStderr
    nllDelta = mean(\.nllDelta)
    bitsPerCharacter = mean(\.bitsPerCharacter)
    kldMean = mean(\.kldMean)
    kldMedian = mean(\.kldMedian)
    kldP99 = mean(\.kldP99)
    sameTopP = mean(\.sameTopP)
    deltaPRms = mean(\.deltaPRms)
  }
}

extension Standings {
  /// Highest minus lowest nll over the calibration draws at the size of a trial, nats per token; nil
  /// where none were made.
  public func drawSpread(_ trial: TrialResult) -> Double? {
    noises.filter { $0.isOfSize(trial) }.map(\.spread).max()
  }
}
