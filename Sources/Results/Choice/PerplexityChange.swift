import Analysis
import Foundation

/// How much a trial raises the base's perplexity, in per cent, paired on the same tokens.
public struct PerplexityChange: Sendable, Equatable {
  /// 100·(perplexity over the base's − 1); negative: better than the base.
  public let percent: Double
  /// Its standard error over windows of text, per cent; NaN where none is known.
  public let stderr: Double

  /// The change that `evaluation` measured.
  public init(_ evaluation: Evaluation) {
    percent = Self.percent(evaluation.nllDelta)
    stderr = 100 * exp(evaluation.nllDelta) * evaluation.nllDeltaStderr
  }

  /// A difference in nats per token as a change of perplexity, per cent.
  public static func percent(_ nats: Double) -> Double { 100 * expm1(nats) }
}
