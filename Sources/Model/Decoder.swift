import Basics
import Compute
import Foundation
import Tensor

/// A decoder-only language model read from a folder, one layer at a time.
public struct Decoder: Sendable {
  /// The keys of config.json.
  public let config: ModelConfig
  /// Where its tensors come from.
  public let source: any WeightSource
  /// Who does the arithmetic.
  public let engine: any Engine

  /// Opens the Hugging Face folder `directory`, whose linears are stored as they are; with a
  /// `convention`, under the names that it gives them.
  public init(
    directory: URL, convention: ModelNames.Convention? = nil, engine: any Engine
  ) throws(InputError) {
    let config = try ModelConfig(directory: directory, convention: convention)
    let source = try ModelWeights(SafetensorsDirectory(directory), names: config.names)
    guard !config.isQuantized, !source.tensorNames.contains(where: { $0.hasSuffix(".qweight") })
    else {
      throw InputError(
        .badData, asked: "open the base model \(directory.path)",
        found: "linears that are quantized already (\(config.quantizationMethod ?? "gptq"))",
        hint: "give the model that it was made from")
    }
    try self.init(config: config, source: source, engine: engine)
  }

  /// A model of `config` whose tensors come from `source`, which must have all of them in the
  /// shapes that `config` tells.
  public init(
    config: ModelConfig, source: any WeightSource, engine: any Engine
  ) throws(InputError) {
    try config.check(source)
    self.config = config
    self.source = source
    self.engine = engine
  }

  /// The embedded tokens of `windows`, ready for layer 0. Only their rows of the table are read.
  public func embed(_ windows: [[Int32]]) throws(InputError) -> HiddenStates {
    var ranges: [Range<Int>] = []
    for window in windows {
      let row = ranges.last?.upperBound ?? 0
      ranges.append(row..<row + window.count)
    }
    let tokens = Array(windows.joined())
    let chunks = HiddenStates.chunks(of: ranges)
    var stream: [EngineBuffer] = []
    for first in stride(from: 0, to: chunks.count, by: Self.chunksOfOneTable) {
      let part = chunks[first..<min(first + Self.chunksOfOneTable, chunks.count)]
      guard let start = part.first?.rows.lowerBound, let end = part.last?.rows.upperBound else {
        continue
      }
      let table = try EmbeddingRows(
        of: tokens[start..<end], config: config, source: source, engine: engine)
      for chunk in part { stream.append(engine.keep(table.states(of: tokens[chunk.rows]))) }
    }
    return HiddenStates(windows: ranges, stream: stream, engine: engine)
  }

  /// Chunks whose tokens look into one table: text repeats itself, so that the table is far smaller
  /// than what comes of it, and it is in memory beside nothing of a layer.
  private static let chunksOfOneTable = 32

  /// Loads layer `index`, whose rotary table reaches `positions` tokens.
  public func layer(_ index: Int, positions: Int) throws(InputError) -> DecoderLayer {
    try DecoderLayer(
      index, config.layer(index), names: config.names, source: source, positions: positions,
      engine: engine)
  }

  /// The walk that every use of the model shares: layer after layer, from `first` on, is loaded, and
  /// each of its stages is visited in the order in which tokens meet them. `visit` moves its tokens
  /// through the stage before it returns; `finished` follows a layer's last stage. Rotary tables
  /// reach `positions` tokens. A failure of the engine ends the walk.
  public func walk(
    from first: Int = 0, through last: Int? = nil, positions: Int,
    finished: (DecoderLayer) throws(InputError) -> Void = { _ in },
    visit: (DecoderLayer, Stage) throws(InputError) -> Void
  ) throws(InputError) {
    let end = last.map { $0 + 1 } ?? config.layers
    var ahead: LayerAhead?
    // Nothing reads weights any more when the walk has ended.
    defer { ahead?.wait() }
    for index in first..<end {
      let layer =
        if let ahead { try ahead.layer() } else { try layer(index, positions: positions) }
      // The next layer is on its way while this one is computed: to the engine, or from the disk.
      ahead = nil
      if index + 1 < end {
        if engine.loadsAhead {
          ahead = LayerAhead { () throws(InputError) in
            try self.layer(index + 1, positions: positions)
          }
        } else {
          for name in config.layer(index + 1).tensors.map(\.name) {
            source.willRead(config.names.layer(index + 1, name))
          }
        }
      }
      for stage in layer.description.stages { try visit(layer, stage) }
      if let failure = engine.failure { throw failure }
      try finished(layer)
    }
  }

  /// Loads the final norm; lm_head is read tile by tile as it is used.
  public func head() throws(InputError) -> DecoderHead {
    try DecoderHead(config: config, source: source, engine: engine)
  }

  /// The logits of every token of `windows`, (tokens, vocabulary): for small inputs and tests.
  public func logits(_ windows: [[Int32]]) throws(InputError) -> Matrix<Float> {
    var states = try embed(windows)
    try walk(positions: windows.longest) { layer, stage in
      layer.advance(&states, through: stage)
    }
    return try head().logits(states)
  }
}
