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
  private let engine: any Engine

  /// Opens the Hugging Face folder `directory`.
  public init(directory: URL, engine: any Engine) throws(InputError) {
    try self.init(
      config: ModelConfig(directory: directory), source: SafetensorsDirectory(directory),
      engine: engine)
  }

  /// A model of `config` whose tensors come from `source`.
  public init(
    config: ModelConfig, source: any WeightSource, engine: any Engine
  ) throws(InputError) {
    self.config = config
    self.source = source
    self.engine = engine
  }

  /// The embedded tokens of `windows`, ready for layer 0.
  public func embed(_ windows: [[Int32]]) throws(InputError) -> HiddenStates {
    let table = try source.matrix(
      "model.embed_tokens.weight", rows: config.vocabularySize, columns: config.hiddenSize)
    var elements: [Float] = []
    elements.reserveCapacity(windows.reduce(0) { $0 + $1.count } * config.hiddenSize)
    var ranges: [Range<Int>] = []
    var row = 0
    for window in windows {
      for id in window {
        guard id >= 0, id < config.vocabularySize else {
          throw InputError(
            .badData, asked: "embed the token \(id)",
            found: "a vocabulary of \(config.vocabularySize)",
            hint: "the tokens come from another tokenizer: build the set with this model's")
        }
        elements.append(contentsOf: table.row(Int(id)))
      }
      ranges.append(row..<row + window.count)
      row += window.count
    }
    let residual = Matrix(rows: row, columns: config.hiddenSize, elements: elements)
    return HiddenStates(windows: ranges, residual: residual)
  }

  /// Loads layer `index`, whose rotary table reaches `positions` tokens.
  public func layer(_ index: Int, positions: Int) throws(InputError) -> DecoderLayer {
    try DecoderLayer(
      index, config: config, source: source,
      rotary: config.rope.table(headDimension: config.headDimension, positions: positions),
      engine: engine)
  }

  /// Loads the final norm and lm_head.
  public func head() throws(InputError) -> DecoderHead {
    let name = "lm_head.weight"
    let tied = config.tiesEmbeddings || !source.contains(name)
    return DecoderHead(
      norm: try source.vector("model.norm.weight", count: config.hiddenSize),
      weight: try source.matrix(
        tied ? "model.embed_tokens.weight" : name, rows: config.vocabularySize,
        columns: config.hiddenSize),
      epsilon: config.normEpsilon, engine: engine)
  }

  /// The logits of every token of `windows`, (tokens, vocabulary): for small inputs and tests.
  public func logits(_ windows: [[Int32]]) throws(InputError) -> Matrix<Float> {
    var states = try embed(windows)
    let longest = windows.map(\.count).max() ?? 0
    for index in 0..<config.layers {
      try layer(index, positions: longest).advance(&states)
    }
    return try head().logits(states.residual)
  }
}
