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

/// One sequence's queries, and the keys among which they stand: those of `shared`, then those of `keys`.
/// Query i, counted from 0, has the position firstPosition + i among them and sees those up to it.
public struct AttentionWindow: Sendable, Hashable {
  /// Rows of Q, and of the result.
  public var queries: Range<Int>
  /// Rows of K and V at which several sequences begin.
  public var shared: Range<Int>
  /// Rows of K and V after them.
  public var keys: Range<Int>
  /// The position of the first query among the keys: 0 where both are the same tokens, more where the
  /// keys of earlier tokens were kept.
  public var firstPosition: Int

  /// Queries among `shared` and `keys`.
  public init(
    queries: Range<Int>, shared: Range<Int> = 0..<0, keys: Range<Int>, firstPosition: Int
  ) {
    self.queries = queries
    self.shared = shared
    self.keys = keys
    self.firstPosition = firstPosition
  }

  /// How many keys there are.
  public var keyCount: Int { shared.count + keys.count }

  /// The rows of K and V that have the keys `positions`: one run, or one of `shared` and one of `keys`.
  func runs(of positions: Range<Int>) -> [Range<Int>] {
    let border = shared.count
    let common = positions.clamped(to: 0..<border)
    let own = positions.clamped(to: border..<max(border, positions.upperBound))
    func moved(_ range: Range<Int>, by distance: Int) -> Range<Int> {
      range.lowerBound + distance..<range.upperBound + distance
    }
    return [moved(common, by: shared.lowerBound), moved(own, by: keys.lowerBound - border)]
      .filter { !$0.isEmpty }
  }

  /// A whole sequence, whose queries, keys and values stand in the same rows.
  public init(_ rows: Range<Int>) {
    self.init(queries: rows, keys: rows, firstPosition: 0)
  }
}
