import Basics

/// How many of the latest tokens the attention of each layer sees, its own included; nil is all.
extension ConfigReader {
  /// One window for all layers, which `layer_types` may say once more but not change.
  func slidingWindows(alike window: Int?, layers count: Int) throws(InputError) -> [Int?] {
    let slidingWindows = [Int?](repeating: window, count: count)
    guard let slides = try slidingLayers(count) else { return slidingWindows }
    guard slides.allSatisfy({ $0 == (window != nil) }) else {
      throw mixed(
        slides, allowed: "what model_type \(try string("model_type")) does with this sliding_window"
      )
    }
    return slidingWindows
  }

  /// Qwen's: `use_sliding_window` with `sliding_window`, from layer `max_window_layers` on or where
  /// `layer_types` says so.
  func qwenSlidingWindows(layers count: Int) throws(InputError) -> [Int?] {
    var window: Int?
    var first = 0
    if try flag("use_sliding_window") {
      window = try optionalSize("sliding_window", default: 4096)
      first = try size("max_window_layers", in: 0...1 << 20, default: 28)
    }
    guard let slides = try slidingLayers(count) else {
      return (0..<count).map { $0 >= first ? window : nil }
    }
    guard window != nil || !slides.contains(true) else {
      throw mixed(slides, allowed: "sliding_attention with use_sliding_window and sliding_window")
    }
    return slides.map { $0 ? window : nil }
  }

  /// Those of Qwen's models with experts: every other one of the first `max_window_layers`, or as
  /// `layer_types` says.
  func qwenMoESlidingWindows(layers count: Int) throws(InputError) -> [Int?] {
    let slide = try flag("use_sliding_window")
    let window = slide ? try optionalSize("sliding_window", default: 4096) : nil
    let first = try size("max_window_layers", in: 0...1 << 20, default: 28)
    let slides =
      try slidingLayers(count) ?? (0..<count).map { slide && $0 < first && $0 % 2 == 0 }
    guard window != nil || !slides.contains(true) else {
      throw mixed(slides, allowed: "sliding_attention with use_sliding_window and sliding_window")
    }
    return slides.map { $0 ? window : nil }
  }

  /// Layers that slide beside layers that do not: as `layer_types` says, else all but every
  /// `period`-th one.
  func slidingWindows(
    alternating window: Int?, period: Int, layers count: Int
  ) throws(InputError) -> [Int?] {
    let slides = try slidingLayers(count) ?? (1...count).map { $0 % period != 0 }
    guard window != nil || !slides.contains(true) else {
      throw unsupported(
        "sliding_window", "null", allowed: "a number where layers are of sliding_attention")
    }
    return slides.map { $0 ? window : nil }
  }

  /// Which layers `layer_types` lets slide; nil without it.
  func slidingLayers(_ count: Int) throws(InputError) -> [Bool]? {
    guard let types = try strings("layer_types") else { return nil }
    let slides = types.map { $0 == "sliding_attention" }
    guard types.count == count, zip(types, slides).allSatisfy({ $1 || $0 == "full_attention" })
    else {
      throw unsupported(
        "layer_types", "\(Set(types).sorted().joined(separator: ", ")) for \(types.count) layers",
        allowed: "full_attention or sliding_attention, one for each of num_hidden_layers \(count)")
    }
    return slides
  }

  private func mixed(_ slides: [Bool], allowed: String) -> InputError {
    unsupported(
      "layer_types", "\(slides.count { $0 }) sliding layers of \(slides.count)", allowed: allowed)
  }
}
