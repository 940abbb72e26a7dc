import Basics
import Compute
import Tensor

/// The rows of the embedding table that some tokens need, each once, as an engine keeps them.
struct EmbeddingRows {
  private let table: EngineBuffer
  private let places: [Int32: Int32]
  private let engine: any Engine

  /// Reads the rows of `tokens`, and nothing else of the table.
  init(
    of tokens: ArraySlice<Int32>, config: ModelConfig, source: any WeightSource,
    engine: any Engine
  ) throws(InputError) {
    let distinct = Set(tokens).sorted()
    var elements: [Float] = []
    elements.reserveCapacity(distinct.count * config.hiddenSize)
    for token in distinct {
      guard token >= 0, token < config.vocabularySize else {
        throw InputError(
          .badData, asked: "embed the token \(token)",
          found: "vocab_size is \(config.vocabularySize)",
          hint: "check that tokenizer.json and config.json belong to the same model")
      }
      let entry = Int(token)..<Int(token) + 1
      elements += try source.finiteMatrix(config.names.embedding, rows: entry).elements
    }
    let scale = config.description.embeddingScale
    if scale != 1 { for index in elements.indices { elements[index] *= scale } }
    table = engine.upload(
      Matrix(rows: distinct.count, columns: config.hiddenSize, elements: elements))
    places = Dictionary(
      uniqueKeysWithValues: zip(distinct, distinct.indices.map(Int32.init)))
    self.engine = engine
  }

  /// What `tokens` become, (tokens, hidden_size).
  /// - Precondition: they are among those whose rows were read.
  func states(of tokens: ArraySlice<Int32>) -> EngineBuffer {
    engine.gatherRows([(table, tokens.compactMap { places[$0] })])
  }
}
