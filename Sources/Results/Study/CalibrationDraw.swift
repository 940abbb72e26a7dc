/// Other calibration tokens of the same kind: how much the draw alone moves a result.
public struct CalibrationDraw: Sendable, Codable, Equatable {
  /// How a draw is made.
  public enum Method: String, Sendable, Codable {
    /// Other rows of the same sources, by the set's own recipe.
    case rows
    /// The set's own windows, drawn with replacement.
    case bootstrap
  }

  /// Its number, from 1.
  public var draw: Int
  /// How it was made.
  public var method: Method
  /// The seed it was made with.
  public var seed: Int
  /// SHA-256 over its token ids.
  public var hash: String
  /// Its windows.
  public var samples: Int
  /// Their tokens.
  public var tokens: Int

  /// Creates draw number `draw`.
  public init(draw: Int, method: Method, seed: Int, hash: String, samples: Int, tokens: Int) {
    self.draw = draw
    self.method = method
    self.seed = seed
    self.hash = hash
    self.samples = samples
    self.tokens = tokens
  }
}
