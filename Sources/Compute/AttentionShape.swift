/// The heads of an attention: how many, how wide, how scores are scaled, and how far they see.
public struct AttentionShape: Sendable, Hashable {
  /// Query heads.
  public var heads: Int
  /// Key-value heads; divides `heads`.
  public var keyValueHeads: Int
  /// The width of one head.
  public var headDimension: Int
  /// What scores are multiplied with, 1/√d.
  public var scale: Float
  /// How many of the latest tokens a query sees, itself included; nil is all of them.
  public var slidingWindow: Int?
  /// c of c·tanh(s/c), which scaled scores s are bounded by; nil leaves them as they are.
  public var softCap: Float?

  /// Creates a shape with the usual scale 1/√d and no cap.
  public init(heads: Int, keyValueHeads: Int, headDimension: Int, slidingWindow: Int? = nil) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.scale = 1 / Float(headDimension).squareRoot()
    self.slidingWindow = slidingWindow
  }
}

/// Consecutive rows of which each stands one position after the row before.
public struct TokenRun: Sendable, Hashable {
  /// The rows.
  public var rows: Range<Int>
  /// The position of the first one.
  public var firstPosition: Int

  /// Rows whose first has the position `firstPosition`.
  public init(rows: Range<Int>, firstPosition: Int = 0) {
    self.rows = rows
    self.firstPosition = firstPosition
  }
}

/// One sequence's queries, and the keys among which they stand: query i, counted from 0, has the
/// position firstPosition + i among `keys` and sees those up to it.
public struct AttentionWindow: Sendable, Hashable {
  /// Rows of Q, and of the result.
  public var queries: Range<Int>
  /// Rows of K and V.
  public var keys: Range<Int>
  /// The position of the first query among the keys: 0 where both are the same tokens, more where the
  /// keys of earlier tokens were kept.
  public var firstPosition: Int

  /// Queries among `keys`.
  public init(queries: Range<Int>, keys: Range<Int>, firstPosition: Int) {
    self.queries = queries
    self.keys = keys
    self.firstPosition = firstPosition
  }

  /// A whole sequence, whose queries, keys and values stand in the same rows.
  public init(_ rows: Range<Int>) {
    self.init(queries: rows, keys: rows, firstPosition: 0)
  }
}
