import Analysis

/// A number of an `Evaluation` under its public name. Formulas: docs/metrics.md.
public struct EvaluationMetric: Sendable {
  /// The name in CSV and JSON.
  public let name: String
  /// How an evaluation has it.
  public let value: @Sendable (Evaluation) -> Double
  /// Its standard error, where one is measured.
  public let stderr: (@Sendable (Evaluation) -> Double)?
  /// The standard error's name where it has a column of its own.
  public let stderrName: String
  /// Whether more of it is better.
  public var isMaximized: Bool { ["same_top_p", "accuracy"].contains(name) }
  /// Whether it is of questions alone, and a text has none.
  public var isOfQuestions: Bool { name == "accuracy" }
  /// Whether it is of a text alone, and questions have none.
  public var isOfText: Bool { name == "bits_per_character" }

  /// Every metric, in the order in which it is printed.
  public static let all: [EvaluationMetric] = [
    Self("perplexity", { $0.perplexity }, "perplexity_stderr", { $0.perplexityStderr }),
    Self("nll_per_token", { $0.nllPerToken }, "nll_stderr", { $0.nllStderr }),
    Self("nll_delta", { $0.nllDelta }, "nll_delta_stderr", { $0.nllDeltaStderr }),
    Self("bits_per_character", { $0.bitsPerCharacter }),
    Self("kld_mean", { $0.kldMean }, "kld_stderr", { $0.kldStderr }),
    Self("kld_median", { $0.kldMedian }),
    Self("kld_p99", { $0.kldP99 }),
    Self("same_top_p", { $0.sameTopP }, "same_top_p_stderr", { $0.sameTopPStderr }),
    Self("delta_p_rms", { $0.deltaPRms }),
    Self(
      "accuracy", { $0.accuracy ?? .nan }, "accuracy_stderr", { $0.accuracyStderr ?? .nan }),
  ]

  /// Those that `evaluation` has: some are of questions alone.
  public static func all(of evaluation: Evaluation) -> [EvaluationMetric] {
    all.filter { evaluation.accuracy == nil ? !$0.isOfQuestions : !$0.isOfText }
  }

  private init(
    _ name: String, _ value: @escaping @Sendable (Evaluation) -> Double,
    _ stderrName: String = "", _ stderr: (@Sendable (Evaluation) -> Double)? = nil
  ) {
    self.name = name
    self.value = value
    self.stderr = stderr
    self.stderrName = stderrName
  }
}

extension EvaluationMetric {
  /// The metric of that name; nil where there is none.
  public static func named(_ name: String) -> EvaluationMetric? { all.first { $0.name == name } }
}
