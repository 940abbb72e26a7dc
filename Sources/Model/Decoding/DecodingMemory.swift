import Compute

/// What greedy decoding holds in memory at its peak.
public struct DecodingMemory: Sendable {
  /// All weights, as the engine keeps them.
  public let weights: Int
  /// The largest layer, or tile of lm_head: what is in memory of weights that are read in each step.
  public let largestPart: Int
  /// Keys and values.
  public let cache: Int
  /// Tokens of prompts that are read together, on their way through a layer, and all else.
  public let work: Int

  /// The memory of a model that continues `prompts`, one list a run, by up to `newTokens` tokens each.
  public init(
    _ decoder: Decoder, prompts: [(prompts: [[Int32]], newTokens: Int)], batch: Int
  ) {
    let config = decoder.config
    func bytes(_ names: [(name: String, weights: Int)]) -> Int {
      names.reduce(0) { $0 + $1.weights * decoder.source.keptBytes(of: $1.name) }
    }
    let layers = config.description.layers.enumerated().map { index, layer in
      bytes(
        layer.linears.map { ("\($0.name.tensorPrefix(layer: index)).weight", $0.weights) })
    }
    let head =
      config.vocabularySize * config.hiddenSize
      * decoder.source.keptBytes(of: (try? config.headTensor(in: decoder.source)) ?? "")
    weights = layers.reduce(head, +)
    largestPart = max(
      layers.max() ?? 0, head / max(1, config.vocabularySize) * min(config.vocabularySize, 8192))
    let extents = prompts.map {
      CacheExtent(
        config, prompts: $0.prompts, newTokens: $0.newTokens, batch: batch, isShared: true)
    }
    cache =
      extents.map {
        KeyValueCache.bytes(config, shared: $0.shared, slots: $0.slots, room: $0.room)
      }.max() ?? 0
    let read = extents.map { max($0.shared, $0.slots * $0.room) }.max() ?? 0
    let chunk = max(2048, prompts.map(\.prompts.longest).max() ?? 0)
    // One weight as float32 beside the tokens' numbers, and their residual stream.
    let largest = config.description.layers.flatMap(\.linears).map(\.weights).max() ?? 0
    work =
      4 * largest + 4 * min(chunk, read) * 3 * (config.widestInner + config.hiddenSize)
      + 4 * read * (config.hiddenSize + config.widestInner) + 300_000_000
  }

  /// The peak, with all weights in memory or with a part of them at a time.
  public func total(isKept: Bool) -> Int { (isKept ? weights : largestPart) + cache + work }
}
