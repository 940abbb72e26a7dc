import Analysis

extension StudyResults {
  /// The domain by which trials are ranked: the metric's, or the first of sweep.yaml.
  public var mainDomain: String? {
    if environment.domains.contains(environment.metricDomain) { return environment.metricDomain }
    return environment.domains.first ?? base.first?.domain
      ?? trials.lazy.compactMap { $0.evaluations.first?.domain }.first
  }

  /// Every domain, in the order of sweep.yaml, then as met.
  public var allDomains: [String] {
    var seen = environment.domains
    for evaluation in base + trials.flatMap(\.evaluations) where !seen.contains(evaluation.domain) {
      seen.append(evaluation.domain)
    }
    return seen
  }

  /// The least and the greatest number of its trials, as errors name them; nil without trials.
  public var numberRange: String? {
    let numbers = trials.map(\.number)
    return numbers.min().flatMap { least in numbers.max().map { "\(least) to \($0)" } }
  }

  /// The trial of that number.
  public func trial(_ number: Int) -> TrialResult? {
    trials.first { $0.number == number }
  }

  /// The base model's scores on the main domain.
  public var mainBase: Evaluation? {
    base.first { $0.domain == mainDomain && $0.perplexity.isFinite && $0.perplexity > 0 }
  }

  /// A trial's scores on the main domain.
  public func mainEvaluation(_ trial: TrialResult) -> Evaluation? {
    mainDomain.flatMap { trial.evaluation(on: $0) }
  }

  /// Complete trials with a size and a finite perplexity on the main domain: those that can be
  /// ranked, by number. Repeats on other calibration draws only show the noise.
  public var ranked: [TrialResult] {
    trials.filter { trial in
      guard trial.state == .complete, trial.draw == 0, trial.bitsPerWeight > 0,
        trial.bitsPerWeight.isFinite,
        let evaluation = mainEvaluation(trial)
      else { return false }
      return evaluation.perplexity.isFinite && evaluation.perplexity > 0
        && evaluation.nllPerToken.isFinite
    }.sorted { $0.number < $1.number }
  }
}

extension TrialResult {
  /// The mean of a module error over the modules that have one; nil where none has.
  public func mean(_ error: KeyPath<ModuleResult, Double>) -> Double? {
    var sum = 0.0
    var count = 0
    for module in modules where !module[keyPath: error].isNaN {
      sum += module[keyPath: error]
      count += 1
    }
    return count == 0 ? nil : sum / Double(count)
  }

  /// The accumulated error after each layer, by layer.
  public var errorsByDepth: [(layer: Int, error: Double)] {
    hiddenErrors.enumerated().filter { !$0.element.isNaN }.map { ($0.offset, $0.element) }
  }

  /// The modules whose solve did not go as asked.
  public var rescued: [ModuleResult] {
    modules.filter { module in
      switch module.solverPath {
      case .direct: false
      case .rtn, .noTokens: !isRTN
      case .pooled, .double, .damped, .failed: true
      }
    }
  }
}
