import Basics
import GPTQ
import Model

/// What is asked of `tenbin allocate`.
public struct AllocationRequest: Sendable {
  /// How much a mixed model may take.
  public enum Budget: Sendable, Equatable {
    /// Bits per weight of the linears, scales, zeros and g_idx counted.
    case bitsPerWeight(Double)
    /// Bytes of the checkpoint.
    case size(Int)
    /// Bytes of a device's memory that hold the checkpoint and the keys and values of so many tokens.
    case memory(Int, context: Int)
  }

  /// A mixed model is made for each.
  public var budgets: [Budget]
  /// The trials whose settings are the options; empty: the best of each grid.
  public var options: [Int] = []
  /// Patterns of modules that stay as they are, as those of `dynamic` behind `-:`.
  public var keep: [String] = []
  /// Whether linears that loaders fuse may take different options.
  public var isFree = false
  /// How many parts are measured at most; the others are interpolated between layers.
  public var probes = 128
  /// Held-out tokens of each domain that the parts are measured on.
  public var probeTokens = 4096

  /// A request for these mixed models.
  public init(_ budgets: [Budget]) {
    self.budgets = budgets
  }
}

extension ModelConfig {
  /// Bytes of the keys and values of `context` tokens, 16 bits each; a sliding window keeps no more
  /// than itself.
  func cacheBytes(context: Int) -> Int {
    description.layers.reduce(0) { sum, layer in
      guard let shape = layer.attention?.shape else { return sum }
      let tokens = min(context, shape.slidingWindow ?? context)
      return sum + 4 * tokens * shape.keyValueHeads * shape.headDimension
    }
  }
}
