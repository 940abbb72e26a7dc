import Model

/// A set of linears that is swapped as one between the sides of a diagnosis.
public struct SwapUnit: Sendable {
  /// `layers.3.mlp.down_proj`, `layers.3`, `layers.3, experts`, `layers.3, experts 16 to 31`, or
  /// `mlp.down_proj`.
  public let name: String
  /// The layer; nil is all of them.
  private let layer: Int?
  /// Which of its linears; nil is all of them.
  private let choice: Choice?

  /// Linears by what they are.
  private enum Choice: Sendable {
    case one(LinearName)
    /// Those of one kind, of all experts.
    case kind(String)
    /// Those of some experts.
    case experts(ClosedRange<Int>)
  }

  /// In a layer looked at in detail, linears of experts are swapped one by one up to as many experts; of
  /// more, so many groups of consecutive experts are.
  static let expertGroups = 8

  /// Whether `linear` of `layer` is one of them.
  public func contains(_ layer: Int, _ linear: LinearName) -> Bool {
    guard (self.layer ?? layer) == layer else { return false }
    return switch choice {
    case nil: true
    case .one(let name): name == linear
    case .kind(let kind): kind == linear.kind
    case .experts(let experts): linear.expert.map(experts.contains) ?? false
    }
  }

  /// Whether it may be more than one linear.
  public var isGroup: Bool { if case .one = choice { layer == nil } else { true } }

  /// The layer that the linears of one of `layers(of:)` or `detail(of:layer:)` are in.
  var place: Int? { layer }

  /// How many linears of a model it has.
  public func size(_ model: ModelConfig) -> Int {
    model.linears.count { contains($0.layer, $0.linear.name) }
  }

  /// Every layer whole.
  public static func layers(of model: ModelConfig) -> [SwapUnit] {
    (0..<model.layers).map { SwapUnit(name: "layers.\($0)", layer: $0, choice: nil) }
  }

  /// Every kind of linears in all layers, then all experts of each layer that has some.
  public static func kinds(of model: ModelConfig) -> [SwapUnit] {
    model.linearKinds.map { SwapUnit(name: $0, layer: nil, choice: .kind($0)) }
      + (0..<model.layers).filter { model.layer($0).routed != nil }.map {
        SwapUnit(name: "layers.\($0), experts", layer: $0, choice: .experts(0...Int.max - 1))
      }
  }

  /// The linears of a layer one by one.
  public static func linears(of model: ModelConfig, layer: Int) -> [SwapUnit] {
    model.layer(layer).linears.map { one(layer, $0.name) }
  }

  /// The linears of a layer one by one; of many experts, groups.
  public static func detail(of model: ModelConfig, layer: Int) -> [SwapUnit] {
    let count = model.layer(layer).routed?.router?.experts ?? 0
    guard count > expertGroups else { return linears(of: model, layer: layer) }
    let size = (count + expertGroups - 1) / expertGroups
    let groups = stride(from: 0, to: count, by: size).map { first in
      let last = min(first + size, count) - 1
      return SwapUnit(
        name: "layers.\(layer), experts \(first) to \(last)", layer: layer,
        choice: .experts(first...last))
    }
    let others = model.layer(layer).linears.filter { $0.name.expert == nil }
    return others.map { one(layer, $0.name) } + groups
  }

  private static func one(_ layer: Int, _ linear: LinearName) -> SwapUnit {
    SwapUnit(name: "layers.\(layer).\(linear.rawValue)", layer: layer, choice: .one(linear))
  }
}
