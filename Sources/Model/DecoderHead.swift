import Basics
import Compute
import Tensor

/// The final norm and lm_head, which turn the residual stream into logits.
///
/// lm_head is never in memory as a whole: tiles of `vocabularyTile` rows are read from the source,
/// and each is applied to all tokens before the next.
public struct DecoderHead: Sendable {
  private let norm: EngineBuffer
  private let epsilon: Float
  private let cap: Float?
  private let tensor: String
  /// Whether lm_head is the embedding table.
  public let isTied: Bool
  private let vocabularySize: Int
  private let source: any WeightSource
  let engine: any Engine

  /// lm_head's weight for some rows of the vocabulary, (rows, hidden), as another model has it.
  public typealias Tiles = @Sendable (Range<Int>) -> EngineBuffer

  init(config: ModelConfig, source: any WeightSource, engine: any Engine) throws(InputError) {
    let final = config.description.finalNorm
    cap = config.description.logitCap
    norm = engine.upload(vector: try source.weight(of: final))
    epsilon = final.epsilon
    tensor = try config.headTensor(in: source)
    isTied = tensor == config.names.embedding
    vocabularySize = config.vocabularySize
    self.source = source
    self.engine = engine
  }

  /// The name of lm_head's module in a checkpoint.
  public static let module = "lm_head"

  /// (vocabulary, hidden).
  public var shape: (rows: Int, columns: Int) { (vocabularySize, norm.columns) }

  /// lm_head's weight for some rows of the vocabulary, (rows, hidden).
  public func weight(rows: Range<Int>) throws(InputError) -> EngineBuffer {
    try source.weight(tensor, rows: rows, on: engine)
  }

  /// Calls `body` with lm_head's input, (tokens, hidden), chunk after chunk.
  public func forEachInput(in states: HiddenStates, _ body: (EngineBuffer) -> Void) {
    for part in states.stream { body(normed(part)) }
  }

  /// The logits of every token, (tokens, vocabulary): for small inputs and tests.
  public func logits(_ states: HiddenStates) throws(InputError) -> Matrix<Float> {
    let input = normed(states.rows(Array(0..<states.tokens)[...]))
    var logits = Matrix<Float>(rows: states.tokens, columns: vocabularySize)
    try forEachTile { first, tile in
      let part = engine.download(self.logits(input, tile))
      for row in 0..<part.rows {
        let start = row * vocabularySize + first
        logits.elements.replaceSubrange(start..<start + part.columns, with: part.row(row))
      }
    }
    return logits
  }

  /// The likeliest token behind each of `rows`, given in ascending order; of equal ones the lowest id, as
  /// torch.argmax has it. `tiles` are those of lm_head, where they are in memory.
  package func likeliest(
    behind rows: [Int], in states: HiddenStates, tiles: [EngineBuffer]?
  ) throws(InputError) -> [Int32] {
    let input = normed(states.rows(rows[...]))
    var best: [RowMaximum?] = rows.map { _ in RowMaximum(value: -.infinity, column: 0) }
    func take(_ first: Int, _ tile: EngineBuffer) {
      for (row, maximum) in engine.rowMaxima(logits(input, tile)).enumerated() {
        guard let maximum, let known = best[row] else {
          best[row] = nil
          continue
        }
        if maximum.value > known.value {
          best[row] = RowMaximum(value: maximum.value, column: first + maximum.column)
        }
      }
    }
    if let tiles {
      for (place, tile) in tiles.enumerated() { take(place * vocabularyTile, tile) }
    } else {
      try forEachTile(take)
    }
    if let failure = engine.failure { throw failure }
    return try best.map { maximum throws(InputError) in
      guard let maximum else {
        throw InputError(
          .badData, asked: "choose the likeliest token", found: "logits that are NaN",
          hint: "look for damaged weights: tenbin audit")
      }
      return Int32(maximum.column)
    }
  }

  /// Predicts tokens of each window with the base's and each trial's hidden states, and compares: one
  /// array of statistics a trial, a value a scored token, in window order. `firstScored` is the first
  /// token of each window that is predicted, counted from 0; nil: 1.
  ///
  /// Logits exist for `tokenTile` tokens and `vocabularyTile` entries at a time. `heads` holds the
  /// tiles of trials whose lm_head is not the base's, by the trial's place.
  public func compare(
    base: HiddenStates, trials: [HiddenStates], windows: [[Int32]], firstScored: [Int]? = nil,
    heads: [Int: Tiles] = [:]
  ) throws(InputError) -> [[TokenStatistics]] {
    let (rows, targets) = Self.places(base, windows, firstScored)
    let chunks = Self.chunks(of: rows.count)
    var statistics = trials.map { _ in
      chunks.map { engine.makeTokenStatistics(targets: Array(targets[$0])) }
    }
    try forEachTile { first, tile in
      let own = heads.mapValues { $0(first..<first + tile.rows) }
      for (chunk, range) in chunks.enumerated() {
        let baseLogits = logits(base, rows[range], tile)
        for (index, trial) in trials.enumerated() {
          engine.accumulate(
            base: baseLogits, trial: logits(trial, rows[range], own[index] ?? tile),
            firstToken: first, into: &statistics[index][chunk])
        }
      }
    }
    let scored = statistics.map { $0.flatMap(engine.tokenStatistics) }
    if let failure = engine.failure { throw failure }
    return scored
  }

  /// As `compare(base:trials:windows:)`, for one other model with a final norm and lm_head of its
  /// own. `firstScored` is the first token of each window that is predicted, counted from 0; nil: 1.
  public func compare(
    base: HiddenStates, other: HiddenStates, otherHead: DecoderHead, windows: [[Int32]],
    firstScored: [Int]? = nil
  ) throws(InputError) -> [TokenStatistics] {
    let (rows, targets) = Self.places(base, windows, firstScored)
    let chunks = Self.chunks(of: rows.count)
    var statistics = chunks.map { engine.makeTokenStatistics(targets: Array(targets[$0])) }
    try forEachPair(base, other, otherHead, rows) { chunk, first, mine, theirs in
      engine.accumulate(base: mine, trial: theirs, firstToken: first, into: &statistics[chunk])
    }
    let scored = statistics.flatMap(engine.tokenStatistics)
    if let failure = engine.failure { throw failure }
    return scored
  }

  /// The same with all that `TokenDetail` holds, summed up on the host.
  public func details(
    base: HiddenStates, other: HiddenStates, otherHead: DecoderHead, windows: [[Int32]],
    firstScored: [Int]? = nil
  ) throws(InputError) -> [TokenDetail] {
    let (rows, targets) = Self.places(base, windows, firstScored)
    let chunks = Self.chunks(of: rows.count)
    var details = chunks.map { TokenDetails(targets: Array(targets[$0])) }
    try forEachPair(base, other, otherHead, rows) { chunk, first, mine, theirs in
      details[chunk].accumulate(
        base: engine.download(mine), trial: engine.download(theirs), firstToken: first)
    }
    if let failure = engine.failure { throw failure }
    return details.flatMap(\.tokens)
  }

  /// The rows whose logits predict a scored token, and those tokens.
  private static func places(
    _ states: HiddenStates, _ windows: [[Int32]], _ firstScored: [Int]?
  ) -> (rows: [Int], targets: [Int32]) {
    let starts = firstScored ?? windows.map { _ in 1 }
    return (
      zip(states.windows, starts).flatMap { Array($0.0.dropLast().dropFirst($0.1 - 1)) },
      zip(windows, starts).flatMap { Array($0.0.dropFirst($0.1)) }
    )
  }

  /// Calls `body` with each chunk of `rows` by its place, the vocabulary index of a tile's first row,
  /// and the logits that both models give the chunk for that tile.
  private func forEachPair(
    _ base: HiddenStates, _ other: HiddenStates, _ otherHead: DecoderHead, _ rows: [Int],
    _ body: (Int, Int, EngineBuffer, EngineBuffer) -> Void
  ) throws(InputError) {
    guard vocabularySize == otherHead.vocabularySize else {
      throw InputError(
        .badData, asked: "compare two models token by token",
        found: "vocabularies of \(vocabularySize) and \(otherHead.vocabularySize)",
        hint: "compare a model with the one it was made from")
    }
    for first in stride(from: 0, to: vocabularySize, by: vocabularyTile) {
      let entries = first..<min(vocabularySize, first + vocabularyTile)
      let (tile, otherTile) = (try weight(rows: entries), try otherHead.weight(rows: entries))
      for (chunk, range) in Self.chunks(of: rows.count).enumerated() {
        body(
          chunk, first, logits(base, rows[range], tile),
          otherHead.logits(other, rows[range], otherTile))
      }
    }
  }

  /// Tokens that are scored together.
  private static func chunks(of count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: tokenTile).map { $0..<min(count, $0 + tokenTile) }
  }

  /// The logits of some rows for one tile of the vocabulary.
  func logits(
    _ states: HiddenStates, _ rows: ArraySlice<Int>, _ tile: EngineBuffer
  ) -> EngineBuffer {
    logits(normed(states.rows(rows)), tile)
  }

  private func normed(_ x: EngineBuffer) -> EngineBuffer {
    engine.rmsNorm(x, weight: norm, epsilon: epsilon)
  }

  /// The logits of normed rows for one tile of the vocabulary.
  private func logits(_ input: EngineBuffer, _ tile: EngineBuffer) -> EngineBuffer {
    var logits = engine.linear(input, weight: tile, rows: 0..<tile.rows, bias: nil)
    if let cap { engine.softCap(&logits, limit: cap) }
    return logits
  }

  /// Calls `body` with the vocabulary index of each tile's first row, and the tile.
  func forEachTile(_ body: (Int, EngineBuffer) -> Void) throws(InputError) {
    for first in stride(from: 0, to: vocabularySize, by: vocabularyTile) {
      body(first, try weight(rows: first..<min(vocabularySize, first + vocabularyTile)))
    }
  }
}

private let tokenTile = 512
private let vocabularyTile = 8192
