import Foundation

/// What a checkpoint computes on some text, beside what its base computes and what rounding its
/// base's weights to the nearest would.
public struct FunctionReport: Sendable, Codable, Equatable {
  /// What the residual stream is after a layer, beside the base's.
  public struct Layer: Sendable, Codable, Equatable {
    /// ‖h − h_base‖²/‖h_base‖² of the checkpoint.
    public let error: Double
    /// The same of round-to-nearest.
    public let rtnError: Double

    enum CodingKeys: String, CodingKey {
      case error
      case rtnError = "rtn_error"
    }
  }

  /// The languages of the text, or the file's stem.
  public let texts: [String]
  /// Tokens that were predicted.
  public let tokens: Int
  /// The checkpoint's perplexity, of the text that it scores best where there are several.
  public let perplexity: Double
  /// The base's, of the same text.
  public let basePerplexity: Double?
  /// Mean KL divergence of the checkpoint from the base, nats per token.
  public let divergence: Double?
  /// The same of round-to-nearest on grids of the checkpoint's bits and groups.
  public let rtnDivergence: Double?
  /// The residual stream, layer after layer.
  public let layers: [Layer]
  /// What is gained by reading a checkpoint that is alone otherwise than it says, the most first.
  public let readings: [ReadingGain]

  enum CodingKeys: String, CodingKey {
    case texts, tokens, perplexity, layers, readings
    case basePerplexity = "base_perplexity"
    case divergence = "kl_divergence"
    case rtnDivergence = "rtn_kl_divergence"
  }

  /// Whether it computes what its base does, as well as round-to-nearest or better.
  public var isSameFunction: Bool {
    guard let divergence, let rtnDivergence else { return false }
    return divergence <= 1.5 * rtnDivergence + 0.002 && divergence < 1
  }

  /// How far it is from its base beyond what quantization explains: calibration on other text makes
  /// GPTQ up to three times worse than round-to-nearest.
  var level: AuditLevel? {
    guard let divergence, let rtnDivergence else { return nil }
    guard divergence.isFinite else { return .defective }
    if divergence > 5 * rtnDivergence, divergence > rtnDivergence + 0.1 { return .defective }
    if divergence > 3 * rtnDivergence, divergence > rtnDivergence + 0.03 { return .suspect }
    return nil
  }

  /// The first layer after which the stream is farther from the base's than five times what
  /// round-to-nearest makes it.
  var firstBadLayer: Int? {
    layers.firstIndex { !($0.error <= 5 * $0.rtnError + 1e-6) }
  }
}
