import Tensor

/// The tokens of some windows on their way through the model: the residual stream, and what the
/// next stage reads where that is not the stream itself.
public struct HiddenStates: Sendable {
  /// The rows of each window; a window starts at position 0 and sees nothing outside itself.
  public let windows: [Range<Int>]
  /// The residual stream, (tokens, hidden_size).
  public internal(set) var residual: Matrix<Float>
  /// The attention's or the MLP's inner result, (tokens, in_features of o or down), between the
  /// stage that made it and the one that reads it.
  var inner: Matrix<Float>?

  init(windows: [Range<Int>], residual: Matrix<Float>) {
    self.windows = windows
    self.residual = residual
  }

  /// The number of tokens.
  public var tokens: Int { residual.rows }

  /// Whole windows gathered into chunks of at most `chunkTokens` rows, or one window where it is
  /// longer. The chunks decide the shapes of every product, and depend on the windows alone.
  var chunks: [Chunk] {
    var chunks: [Chunk] = []
    for window in windows {
      if let last = chunks.last, last.rows.count + window.count <= chunkTokens {
        chunks[chunks.count - 1].append(window)
      } else {
        chunks.append(Chunk(window))
      }
    }
    return chunks
  }
}

private let chunkTokens = 2048

/// Consecutive whole windows that are computed together.
struct Chunk {
  /// Its rows among all tokens.
  private(set) var rows: Range<Int>
  /// Its windows, counted from its own first row.
  private(set) var windows: [Range<Int>]

  init(_ window: Range<Int>) {
    rows = window
    windows = [0..<window.count]
  }

  mutating func append(_ window: Range<Int>) {
    windows.append(rows.count..<rows.count + window.count)
    rows = rows.lowerBound..<window.upperBound
  }

  /// The position of each row in its window.
  var positions: [Int] { windows.flatMap { Array(0..<$0.count) } }
}
