/// A linear of a decoder layer by its name in the layer, such as `self_attn.q_proj`.
public struct LinearName: RawRepresentable, Hashable, Sendable, Codable, ExpressibleByStringLiteral
{
  /// The name, as in a checkpoint.
  public let rawValue: String
  /// Where the model keeps its layers: no part of which linear it is.
  private var layers = ModelNames().layers

  /// The linear called `rawValue`.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// The linear called `value`.
  public init(stringLiteral value: String) { rawValue = value }

  /// The same linear of a model that keeps its layers elsewhere.
  func within(_ layers: String) -> LinearName {
    var name = self
    name.layers = layers
    return name
  }

  /// The name without the number of an expert: `mlp.experts.*.up_proj`. Linears of one kind do the
  /// same in every layer and expert.
  public var kind: String {
    rawValue.split(separator: ".").map { $0.allSatisfy(\.isNumber) ? "*" : $0 }
      .joined(separator: ".")
  }

  /// The number of its expert; nil where it belongs to none.
  public var expert: Int? {
    rawValue.split(separator: ".").lazy.compactMap { Int($0) }.first
  }

  /// The prefix of its tensors in a checkpoint.
  public func tensorPrefix(layer: Int) -> String { "\(layers).\(layer).\(rawValue)" }

  /// Names are told apart by what they are in the layer.
  public static func == (one: LinearName, other: LinearName) -> Bool {
    one.rawValue == other.rawValue
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(rawValue) }
}

/// A linear of a decoder layer, y = W·x + b: its name, its shape, and what its outputs are.
public struct Linear: Sendable, Hashable {
  /// What outputs of a linear are used as.
  public enum Role: Sendable, Hashable {
    case query, key, value, gate, up
    /// What goes back to the residual stream.
    case output
  }

  /// Consecutive rows of the weight with one role: all of them, or a part of a fused projection.
  public struct Part: Sendable, Hashable {
    /// What the outputs are used as.
    public let role: Role
    /// The rows of the weight that make them.
    public let rows: Range<Int>
  }

  /// Its name in the layer.
  public internal(set) var name: LinearName
  /// out_features.
  public let rows: Int
  /// in_features.
  public let columns: Int
  /// Whether it adds a bias.
  public let hasBias: Bool
  /// What its outputs are, in the order of the rows.
  public let parts: [Part]

  /// A linear of `rows` outputs with one role.
  public init(_ name: LinearName, _ role: Role, rows: Int, columns: Int, bias: Bool = false) {
    self.init(fused: name, [(role, rows)], columns: columns, bias: bias)
  }

  /// A linear that makes several things from one input, one after another along its rows.
  public init(
    fused name: LinearName, _ parts: [(role: Role, rows: Int)], columns: Int, bias: Bool = false
  ) {
    self.name = name
    self.columns = columns
    hasBias = bias
    var end = 0
    self.parts = parts.map { part in
      defer { end += part.rows }
      return Part(role: part.role, rows: end..<end + part.rows)
    }
    rows = end
  }

  /// Numbers in its weight.
  public var weights: Int { rows * columns }
}
