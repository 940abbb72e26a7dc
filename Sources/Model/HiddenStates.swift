import Tensor

/// The tokens of some windows on their way through the model: the residual stream, and what the
/// next stage reads where that is not the stream itself. Both are kept chunk by chunk.
public struct HiddenStates: Sendable {
  /// The rows of each window; a window starts at position 0 and sees nothing outside itself.
  public let windows: [Range<Int>]
  /// Whole windows gathered into chunks of at most 2048 rows, or one window where it is longer. The
  /// chunks decide the shapes of every product, and depend on the windows alone.
  let chunks: [Chunk]
  /// Where chunks are kept.
  let store: MatrixStore
  /// The residual stream of each chunk, (tokens, hidden_size).
  var stream: [StoredMatrix]
  /// What a stage has made of each chunk for the next one, by its groups: (tokens, in_features of a
  /// group) each; empty where the next stage reads the stream.
  var inner: [[StoredMatrix]] = []

  /// States whose stream, one matrix a chunk of `chunks(of: windows)`, is `stream`.
  init(windows: [Range<Int>], stream: [StoredMatrix], store: MatrixStore) {
    self.windows = windows
    chunks = Self.chunks(of: windows)
    self.stream = stream
    self.store = store
  }

  /// The number of tokens.
  public var tokens: Int { windows.last?.upperBound ?? 0 }

  /// The residual stream of all tokens, (tokens, hidden_size): a copy.
  public var residual: Matrix<Float> {
    if stream.count == 1 { return stream[0].matrix }
    return Matrix(
      rows: tokens, columns: stream.first?.columns ?? 0,
      elements: stream.flatMap { $0.matrix.elements })
  }

  /// ‖h‖² of the residual stream.
  public var squaredNorm: Double { stream.reduce(0) { $0 + $1.matrix.squaredNorm } }

  /// ‖h − h'‖² of the residual streams of the same windows.
  public func squaredDistance(to other: HiddenStates) -> Double {
    zip(stream, other.stream).reduce(0) { $0 + $1.0.matrix.squaredDistance(to: $1.1.matrix) }
  }

  /// Some rows of the residual stream, given in ascending order.
  func rows(_ wanted: ArraySlice<Int>) -> Matrix<Float> {
    let columns = stream.first?.columns ?? 0
    var elements: [Float] = []
    elements.reserveCapacity(wanted.count * columns)
    var rest = wanted
    for (chunk, part) in zip(chunks, stream) {
      let here = rest.prefix { $0 < chunk.rows.upperBound }
      if here.isEmpty { continue }
      let matrix = part.matrix
      for row in here { elements += matrix.row(row - chunk.rows.lowerBound) }
      rest = rest.dropFirst(here.count)
    }
    return Matrix(rows: wanted.count, columns: columns, elements: elements)
  }

  static func chunks(of windows: [Range<Int>]) -> [Chunk] {
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
}

extension [[Int32]] {
  /// The tokens of the longest window.
  public var longest: Int { map(\.count).max() ?? 0 }
}
