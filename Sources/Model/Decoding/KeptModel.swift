import Basics
import Compute

/// A model ready for many steps: its weights are in the engine's memory, as they are stored where the
/// engine takes them so, or are read again in each step where there is no room for them.
public struct KeptModel: Sendable {
  /// The model, on the engine that is made for few tokens.
  let decoder: Decoder
  private let layers: [DecoderLayer]?
  private let head: DecoderHead
  private let tiles: [EngineBuffer]?
  /// The most tokens of a sequence.
  public let positions: Int

  /// Loads the model for sequences of up to `positions` tokens; `isKept`: all of it at once.
  public init(
    _ decoder: Decoder, positions: Int, isKept: Bool = true
  ) throws(InputError) {
    let decoder = try Decoder(
      config: decoder.config, source: decoder.source, engine: decoder.engine.forFewTokens)
    self.decoder = decoder
    self.positions = positions
    head = try decoder.head()
    guard isKept else {
      (layers, tiles) = (nil, nil)
      return
    }
    var layers: [DecoderLayer] = []
    for index in 0..<decoder.config.layers {
      layers.append(try decoder.layer(index, positions: positions))
      if let failure = decoder.engine.failure { throw failure }
    }
    self.layers = layers
    var tiles: [EngineBuffer] = []
    try head.forEachTile { _, tile in tiles.append(tile) }
    self.tiles = tiles
    if let failure = decoder.engine.failure { throw failure }
  }

  /// Moves the tokens of `windows` through all layers, behind what `cache` has of their sequences, and
  /// takes their own keys and values in.
  func step(
    _ windows: [[Int32]], at places: [CachePlace], cache: inout KeyValueCache
  ) throws(InputError) -> HiddenStates {
    var states = try decoder.embed(windows)
    states.places = places
    guard let layers else {
      try decoder.walk(positions: positions) { layer, stage in
        layer.advance(&states, through: stage, cache: &cache.layers[layer.index])
      }
      return states
    }
    for layer in layers {
      for stage in layer.description.stages {
        layer.advance(&states, through: stage, cache: &cache.layers[layer.index])
      }
    }
    if let failure = decoder.engine.failure { throw failure }
    return states
  }

  /// The likeliest token behind each window, of equal ones the lowest id.
  func likeliest(_ states: HiddenStates) throws(InputError) -> [Int32] {
    try head.likeliest(behind: states.windows.map { $0.upperBound - 1 }, in: states, tiles: tiles)
  }
}
