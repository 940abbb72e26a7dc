import Basics
import Compute
import Tensor

/// The final norm and lm_head, which turn the residual stream into logits.
///
/// lm_head is never in memory as a whole: tiles of `vocabularyTile` rows are read from the source,
/// and each is applied to all tokens before the next.
public struct DecoderHead: Sendable {
  private let norm: [Float]
  private let epsilon: Float
  private let cap: Float?
  private let tensor: String
  private let vocabularySize: Int
  private let source: any WeightSource
  private let engine: any Engine

  /// lm_head's weight for some rows of the vocabulary, (rows, hidden), as another model has it.
  public typealias Tiles = @Sendable (Range<Int>) -> Matrix<Float>

  init(config: ModelConfig, source: any WeightSource, engine: any Engine) throws(InputError) {
    let final = config.description.finalNorm
    cap = config.description.logitCap
    norm = try source.weight(of: final)
    epsilon = final.epsilon
    tensor = try config.headTensor(in: source)
    vocabularySize = config.vocabularySize
    self.source = source
    self.engine = engine
  }

  /// Whether lm_head is the embedding table.
  public var isTied: Bool { tensor == TensorName.embedding }

  /// The name of lm_head's module in a checkpoint.
  public static let module = "lm_head"

  /// (vocabulary, hidden).
  public var shape: (rows: Int, columns: Int) { (vocabularySize, norm.count) }

  /// lm_head's weight for some rows of the vocabulary, (rows, hidden).
  public func weight(rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    try source.finiteMatrix(tensor, rows: rows)
  }

  /// Calls `body` with lm_head's input, (tokens, hidden), chunk after chunk.
  public func forEachInput(in states: HiddenStates, _ body: (Matrix<Float>) -> Void) {
    for part in states.stream {
      body(engine.rmsNorm(part.matrix, gain: norm, epsilon: epsilon))
    }
  }

  /// The logits of each row of `residual`, (tokens, vocabulary).
  public func logits(_ residual: Matrix<Float>) throws(InputError) -> Matrix<Float> {
    let input = engine.rmsNorm(residual, gain: norm, epsilon: epsilon)
    var logits = Matrix<Float>(rows: residual.rows, columns: vocabularySize)
    try forEachTile { first, tile in
      let part = self.logits(input, tile)
      for row in 0..<part.rows {
        let start = row * vocabularySize + first
        logits.elements.replaceSubrange(start..<start + part.columns, with: part.row(row))
      }
    }
    return logits
  }

  /// Predicts tokens 2..N of each window with the base's and each trial's hidden states, and
  /// compares: one array of statistics a trial, a value a scored token, in window order.
  ///
  /// Logits exist for `tokenTile` tokens and `vocabularyTile` entries at a time. `heads` holds the
  /// tiles of trials whose lm_head is not the base's, by the trial's place.
  public func compare(
    base: HiddenStates, trials: [HiddenStates], windows: [[Int32]], heads: [Int: Tiles] = [:]
  ) throws(InputError) -> [[TokenStatistics]] {
    let rows = base.windows.flatMap { Array($0.dropLast()) }
    let targets = windows.flatMap { Array($0.dropFirst()) }
    let chunks = stride(from: 0, to: rows.count, by: tokenTile).map {
      $0..<min(rows.count, $0 + tokenTile)
    }
    var statistics = trials.map { _ in
      chunks.map { [TokenStatistics](repeating: TokenStatistics(), count: $0.count) }
    }
    try forEachTile { first, tile in
      let own = heads.mapValues { $0(first..<first + tile.rows) }
      for (chunk, range) in chunks.enumerated() {
        let baseLogits = logits(base, rows[range], tile)
        for (index, trial) in trials.enumerated() {
          engine.accumulate(
            baseLogits: baseLogits, trialLogits: logits(trial, rows[range], own[index] ?? tile),
            firstToken: first,
            targets: Array(targets[range]), into: &statistics[index][chunk])
        }
      }
    }
    return statistics.map { Array($0.joined()) }
  }

  /// As `compare(base:trials:windows:)`, for one other model with a final norm and lm_head of its
  /// own.
  public func compare(
    base: HiddenStates, other: HiddenStates, otherHead: DecoderHead, windows: [[Int32]]
  ) throws(InputError) -> [TokenStatistics] {
    guard vocabularySize == otherHead.vocabularySize else {
      throw InputError(
        .badData, asked: "compare two models token by token",
        found: "vocabularies of \(vocabularySize) and \(otherHead.vocabularySize)",
        hint: "compare a model with the one it was made from")
    }
    let rows = base.windows.flatMap { Array($0.dropLast()) }
    let targets = windows.flatMap { Array($0.dropFirst()) }
    var statistics = [TokenStatistics](repeating: TokenStatistics(), count: rows.count)
    for first in stride(from: 0, to: vocabularySize, by: vocabularyTile) {
      let entries = first..<min(vocabularySize, first + vocabularyTile)
      let tile = try source.finiteMatrix(tensor, rows: entries)
      let otherTile = try otherHead.source.finiteMatrix(otherHead.tensor, rows: entries)
      for start in stride(from: 0, to: rows.count, by: tokenTile) {
        let range = start..<min(rows.count, start + tokenTile)
        var part = Array(statistics[range])
        engine.accumulate(
          baseLogits: logits(base, rows[range], tile),
          trialLogits: otherHead.logits(other, rows[range], otherTile), firstToken: first,
          targets: Array(targets[range]), into: &part)
        statistics.replaceSubrange(range, with: part)
      }
    }
    return statistics
  }

  /// The logits of some rows for one tile of the vocabulary.
  private func logits(
    _ states: HiddenStates, _ rows: ArraySlice<Int>, _ tile: Matrix<Float>
  ) -> Matrix<Float> {
    logits(engine.rmsNorm(states.rows(rows), gain: norm, epsilon: epsilon), tile)
  }

  /// The logits of normed rows for one tile of the vocabulary.
  private func logits(_ input: Matrix<Float>, _ tile: Matrix<Float>) -> Matrix<Float> {
    var logits = engine.linear(input, weight: tile, rows: 0..<tile.rows, bias: nil)
    if let cap { engine.softCap(&logits, limit: cap) }
    return logits
  }

  /// Calls `body` with the vocabulary index of each tile's first row, and the tile.
  private func forEachTile(_ body: (Int, Matrix<Float>) -> Void) throws(InputError) {
    for first in stride(from: 0, to: vocabularySize, by: vocabularyTile) {
      let rows = first..<min(vocabularySize, first + vocabularyTile)
      body(first, try source.finiteMatrix(tensor, rows: rows))
    }
  }
}

private let tokenTile = 512
private let vocabularyTile = 8192
