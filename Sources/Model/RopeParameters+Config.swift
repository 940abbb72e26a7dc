import Basics
import Foundation

extension RopeParameters {
  /// What a family allows in its config.json.
  struct Options: Sendable {
    /// rope_theta where it is not given.
    var theta = 10_000.0
    /// The parameters, as JSON, where config.json has none at all.
    var absent = "{}"
    /// The types, as transformers runs them.
    var types = ["default", "linear", "dynamic", "llama3", "yarn"]
    /// Names of older files for a type.
    var aliases: [String: String] = [:]
    /// original_max_position_embeddings where it is not given; nil: max_position_embeddings.
    var originalPositions: Int?
    /// Whether `partial_rotary_factor` may be less than 1.
    var isPartial = false
  }

  /// Reads `rope_scaling` with `rope_theta`, or `rope_parameters` (transformers 5): one set for all
  /// layers.
  init(
    _ reader: ConfigReader, _ sizes: ModelSizes, _ options: Options = Options()
  ) throws(InputError) {
    let older = try reader.object("rope_scaling")
    let newer = try reader.object("rope_parameters")
    // As in transformers, rope_scaling goes first where both say something.
    let stated = older?.isEmpty == false ? older : newer
    let absent = try ConfigReader(json: Data(options.absent.utf8), name: reader.name)
    let parameters = stated ?? absent
    for key in layerKinds where !parameters.isUnset(key) {
      throw reader.unsupported(
        "rope_parameters", "one set for \(key)", allowed: "one set for all layers")
    }
    try self.init(
      parameters, of: reader, sizes, options,
      theta: reader.positive("rope_theta", default: options.theta))
  }

  /// Reads one set of `parameters` of the config.json `reader`; `theta` stands in for the base.
  init(
    _ parameters: ConfigReader, of reader: ConfigReader, _ sizes: ModelSizes,
    _ options: Options = Options(), theta: Double
  ) throws(InputError) {
    let partial = try parameters.number(
      "partial_rotary_factor", default: reader.number("partial_rotary_factor", default: 1))
    let width = try Self.width(parameters, partial, sizes, options)
    let theta = try parameters.positive("rope_theta", default: theta)
    let (scaling, magnitude) = try Self.scaling(
      parameters, of: reader, sizes, options, theta: theta, width: width)
    self.init(theta: theta, headDimension: width, scaling: scaling, magnitude: magnitude)
  }

  /// The rotated width of a head.
  private static func width(
    _ reader: ConfigReader, _ factor: Double, _ sizes: ModelSizes, _ options: Options
  ) throws(InputError) -> Int {
    let whole = sizes.headDimension
    if factor == 1 { return whole }
    guard options.isPartial else {
      throw reader.unsupported("partial_rotary_factor", "\(factor)", allowed: "1")
    }
    let width = factor > 0 && factor < 1 ? Int(Double(whole) * factor) : 0
    guard width > 0, width % 2 == 0 else {
      throw reader.unsupported(
        "partial_rotary_factor", "\(factor) of head_dim \(whole)",
        allowed: "a share up to 1 that is an even number of channels")
    }
    return width
  }

  private static func scaling(
    _ parameters: ConfigReader, of reader: ConfigReader, _ sizes: ModelSizes, _ options: Options,
    theta: Double, width: Int
  ) throws(InputError) -> (Scaling, magnitude: Double) {
    let stated = try parameters.string(
      "rope_type", default: parameters.string("type", default: "default"))
    let type = options.aliases[stated] ?? stated
    guard options.types.contains(type) else {
      throw parameters.unsupported(
        "rope_type", stated, allowed: options.types.joined(separator: ", "))
    }
    switch type {
    case "linear": return (.linear(factor: try parameters.positive("factor")), 1)
    case "dynamic":
      guard width > 2 else {
        throw parameters.unsupported("rope_type", "dynamic with head_dim 2", allowed: "default")
      }
      return (
        .dynamic(
          factor: try factor(parameters, default: nil), maxPositions: Double(sizes.maxPositions)),
        1
      )
    case "llama3":
      let (low, high) = (
        try parameters.positive("low_freq_factor"), try parameters.positive("high_freq_factor")
      )
      guard low < high else {
        throw parameters.unsupported(
          "low_freq_factor", "\(low)", allowed: "less than high_freq_factor \(high)")
      }
      let positions = try originalPositions(parameters, reader, sizes, options)
      return (
        .llama3(
          factor: try parameters.positive("factor"), low: low, high: high,
          originalPositions: positions), 1
      )
    case "yarn":
      let positions = try originalPositions(parameters, reader, sizes, options)
      return try yarn(parameters, sizes, theta: theta, width: width, originalPositions: positions)
    case "longrope":
      let positions = try originalPositions(parameters, reader, sizes, options)
      return try longrope(parameters, sizes, width: width, originalPositions: positions)
    default: return (.none, 1)
    }
  }

  /// The length that the model was trained on before it was stretched: as in transformers, the key at
  /// the top goes first.
  private static func originalPositions(
    _ parameters: ConfigReader, _ reader: ConfigReader, _ sizes: ModelSizes, _ options: Options
  ) throws(InputError) -> Double {
    let key = "original_max_position_embeddings"
    let usual = Double(options.originalPositions ?? sizes.maxPositions)
    let positions = try reader.positive(key, default: parameters.positive(key, default: usual))
    guard positions <= Double(1 << 30) else {
      throw reader.unsupported(key, "\(positions)", allowed: "a number of tokens")
    }
    return positions
  }

  /// YaRN (arXiv 2309.00071).
  static func yarn(
    _ parameters: ConfigReader, _ sizes: ModelSizes, theta: Double, width: Int,
    originalPositions: Double
  ) throws(InputError) -> (Scaling, magnitude: Double) {
    guard theta > 1 else {
      throw parameters.unsupported("rope_theta", "\(theta) with yarn", allowed: "more than 1")
    }
    let factor = try factor(
      parameters, default: max(1, Double(sizes.maxPositions) / originalPositions))
    let fast = try parameters.nonNegative("beta_fast", default: 32)
    let slow = try parameters.nonNegative("beta_slow", default: 1)
    // The place of the frequency that turns so many times in the original length.
    func place(_ turns: Double) -> Double {
      Double(width) * log(originalPositions / (turns * 2 * .pi)) / (2 * log(theta))
    }
    // As in transformers, 0 stands for the usual number.
    var (low, high) = (place(fast > 0 ? fast : 32), place(slow > 0 ? slow : 1))
    if try parameters.flag("truncate", default: true) {
      (low, high) = (low.rounded(.down), high.rounded(.up))
    }
    (low, high) = (max(low, 0), min(high, Double(width - 1)))
    if low == high { high += 0.001 }
    func growth(_ scale: Double) -> Double { factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1 }
    let (scale, scaleOfAll) = (
      try parameters.nonNegative("mscale", default: 0),
      try parameters.nonNegative("mscale_all_dim", default: 0)
    )
    let usual = scale > 0 && scaleOfAll > 0 ? growth(scale) / growth(scaleOfAll) : growth(1)
    return (
      .yarn(factor: factor, low: low, high: high),
      try parameters.positive("attention_factor", default: usual)
    )
  }

  /// LongRoPE (arXiv 2402.13753).
  private static func longrope(
    _ parameters: ConfigReader, _ sizes: ModelSizes, width: Int, originalPositions: Double
  ) throws(InputError) -> (Scaling, magnitude: Double) {
    guard originalPositions > 1 else {
      throw parameters.unsupported(
        "original_max_position_embeddings", "\(originalPositions)", allowed: "more than 1")
    }
    func divisors(_ key: String) throws(InputError) -> [Double] {
      let divisors = try parameters.numbers(key) ?? []
      guard divisors.count == width / 2, divisors.allSatisfy({ $0 > 0 }) else {
        throw parameters.unsupported(
          key, "\(divisors.count) numbers",
          allowed: "\(width / 2) numbers above 0, one for each rotated pair of a head")
      }
      return divisors
    }
    let factor = try parameters.positive(
      "factor", default: Double(sizes.maxPositions) / originalPositions)
    let usual = factor <= 1 ? 1 : (1 + log(factor) / log(originalPositions)).squareRoot()
    return (
      .longrope(
        short: try divisors("short_factor"), long: try divisors("long_factor"),
        originalPositions: originalPositions),
      try parameters.positive("attention_factor", default: usual)
    )
  }

  /// A factor of at least 1, below which the NTK base could turn negative.
  private static func factor(
    _ parameters: ConfigReader, default fallback: Double?
  ) throws(InputError) -> Double {
    let factor = try parameters.positive("factor", default: fallback)
    guard factor >= 1 else {
      throw parameters.unsupported("factor", "\(factor)", allowed: "1 or more")
    }
    return factor
  }
}

/// Kinds of layers that may have sets of their own.
private let layerKinds = ["full_attention", "sliding_attention"]
