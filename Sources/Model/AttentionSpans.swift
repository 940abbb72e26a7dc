import Basics

/// How many of the latest tokens each layer's attention sees.
public struct AttentionSpans: Sendable, Equatable {
  /// Which layers slide a window over their keys; the others see everything.
  private enum SlidingLayers: Sendable, Equatable {
    case none
    case from(Int)
    case listed([Bool])
  }

  private let window: Int
  private let layers: SlidingLayers

  /// The span of layer `index`, its own token included; nil is all of them.
  public func span(ofLayer index: Int) -> Int? {
    switch layers {
    case .none: nil
    case .from(let first): index >= first ? window : nil
    case .listed(let slides): slides.indices.contains(index) && slides[index] ? window : nil
    }
  }

  /// Reads `sliding_window` and, for the Qwen families, `use_sliding_window`, `max_window_layers`
  /// and `layer_types`.
  init(_ reader: ConfigReader, family: ModelFamily, layers count: Int) throws(InputError) {
    var window: Int?
    var first = 0
    switch family {
    case .llama: break
    case .mistral:
      window = try reader.optionalSize("sliding_window", default: 4096)
    case .qwen2, .qwen3:
      if try reader.flag("use_sliding_window") {
        window = try reader.optionalSize("sliding_window", default: 4096)
        first = try reader.size("max_window_layers", in: 0...1 << 20, default: 28)
      }
    }
    self.window = window ?? 0
    guard let types = try reader.strings("layer_types") else {
      layers = window == nil ? .none : .from(first)
      return
    }
    let slides = types.map { $0 == "sliding_attention" }
    guard types.count == count, zip(types, slides).allSatisfy({ $1 || $0 == "full_attention" })
    else {
      throw reader.unsupported(
        "layer_types", "\(Set(types).sorted().joined(separator: ", ")) for \(types.count) layers",
        allowed: "full_attention or sliding_attention, one for each of num_hidden_layers \(count)")
    }
    // Llama and Mistral treat all layers alike, and sliding layers need a window.
    let alike = [Bool](repeating: window != nil, count: slides.count)
    let mayMix = family == .qwen2 || family == .qwen3
    guard slides == alike || mayMix && (window != nil || !slides.contains(true)) else {
      throw reader.unsupported(
        "layer_types", "\(slides.count { $0 }) sliding layers of \(slides.count)",
        allowed: mayMix
          ? "sliding_attention with use_sliding_window and sliding_window"
          : "what model_type \(family.rawValue) does with this sliding_window")
    }
    layers = .listed(slides)
  }
}
