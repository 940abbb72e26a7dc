import Compute
import Tensor

/// The tokens of some windows on their way through the model: the residual stream, and what the
/// next stage reads where that is not the stream itself. Both are kept by the engine, chunk by chunk.
public struct HiddenStates: Sendable {
  /// The rows of each window; a window starts at position 0 and sees nothing outside itself.
  public let windows: [Range<Int>]
  /// Where the windows' tokens stand in a cache of earlier ones; empty: each window is a whole sequence.
  var places: [CachePlace] = []
  /// Whole windows gathered into chunks of at most 2048 rows, or one window where it is longer. The
  /// chunks decide the shapes of every product, and depend on the windows alone.
  let chunks: [Chunk]
  /// Who keeps them.
  let engine: any Engine
  /// The residual stream of each chunk, (tokens, hidden_size).
  var stream: [EngineBuffer]
  /// What a stage has made of each chunk for the next one, by its groups: (tokens, in_features of a
  /// group) each; empty where the next stage reads the stream.
  var inner: [[EngineBuffer]] = []
  /// How the next stage's input is made again from the stream, chunk by chunk, where it was too large
  /// to be kept.
  var recipe: Recipe?
  /// What was decided of each chunk's tokens, between the stage whose router chose their experts and
  /// the end of the MLP; empty otherwise.
  var choices: [ExpertChoice] = []
  /// The experts of each chunk's tokens in the last layer that had a choice.
  var routing: [Routing] = []

  /// States whose stream, one matrix a chunk of `chunks(of: windows)`, is `stream`.
  init(windows: [Range<Int>], stream: [EngineBuffer], engine: any Engine) {
    self.windows = windows
    chunks = Self.chunks(of: windows)
    self.stream = stream
    self.engine = engine
  }

  /// The number of tokens.
  public var tokens: Int { windows.last?.upperBound ?? 0 }

  /// The residual stream of all tokens, (tokens, hidden_size): a copy.
  public var residual: Matrix<Float> {
    if stream.count == 1 { return engine.download(stream[0]) }
    return Matrix(
      rows: tokens, columns: stream.first?.columns ?? 0,
      elements: stream.flatMap { engine.download($0).elements })
  }

  /// ‖h‖² of the residual stream.
  public var squaredNorm: Double { stream.reduce(0) { $0 + engine.squaredNorm($1) } }

  /// ‖h − h'‖² of the residual streams of the same windows.
  public func squaredDistance(to other: HiddenStates) -> Double {
    zip(stream, other.stream).reduce(0) { $0 + engine.squaredDistance($1.0, $1.1) }
  }

  /// How many tokens the last router that they passed sent to other experts than those that the same
  /// tokens of another model took; nil where there was none.
  public func routingDifference(from other: HiddenStates) -> Int? {
    guard !routing.isEmpty, routing.count == other.routing.count else { return nil }
    return zip(routing, other.routing).reduce(0) { $0 + $1.0.difference(from: $1.1) }
  }

  /// Some rows of the residual stream, given in ascending order.
  func rows(_ wanted: ArraySlice<Int>) -> EngineBuffer {
    var parts: [(buffer: EngineBuffer, rows: [Int32])] = []
    var rest = wanted
    for (chunk, part) in zip(chunks, stream) {
      let here = rest.prefix { $0 < chunk.rows.upperBound }
      if here.isEmpty { continue }
      parts.append((part, here.map { Int32($0 - chunk.rows.lowerBound) }))
      rest = rest.dropFirst(here.count)
    }
    return engine.gatherRows(parts)
  }

  /// Changes the stream of one chunk.
  package mutating func updateStream(_ index: Int, _ body: (inout EngineBuffer) -> Void) {
    body(&stream[index])
    stream[index] = engine.keep(stream[index])
  }

  static func chunks(of windows: [Range<Int>]) -> [Chunk] {
    var chunks: [Chunk] = []
    for window in windows {
      if let last = chunks.last, last.rows.count + window.count <= chunkTokens {
        chunks[chunks.count - 1].append(window)
      } else {
        chunks.append(Chunk(window, place: chunks.last?.places.upperBound ?? 0))
      }
    }
    return chunks
  }
}

private let chunkTokens = 2048

/// A stage, and the weights with which it is applied where they are not the base model's.
struct Recipe: Sendable {
  var stage: Stage
  var weights: StageWeights
}

/// Consecutive whole windows that are computed together.
struct Chunk {
  /// Its rows among all tokens.
  private(set) var rows: Range<Int>
  /// Its windows, counted from its own first row.
  private(set) var windows: [Range<Int>]
  /// The places of these among all windows.
  var places: Range<Int> { firstPlace..<firstPlace + windows.count }
  private let firstPlace: Int

  init(_ window: Range<Int>, place: Int) {
    rows = window
    windows = [0..<window.count]
    firstPlace = place
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
