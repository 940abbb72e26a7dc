import Compute

/// A moment of a decoder layer at which linears read their input. Quantizing stage after stage is
/// GPTQ's true-sequential order.
public struct Stage: Sendable, Hashable {
  /// What the linears read.
  public enum Input: Sendable, Hashable {
    /// The residual stream, normed.
    case stream(Norm)
    /// What the stage before has made.
    case previous
  }

  /// What is made of the linears' outputs.
  public enum Outcome: Sendable, Hashable {
    /// Attention over query, key and value.
    case attention(Attention)
    /// act(gate)·up.
    case gated(Activation)
    /// The output, normed where a norm is given, is added to the residual stream.
    case residual(Norm?)
  }

  /// Which tokens a group of linears reads.
  public enum Tokens: Sendable, Hashable {
    case all
    /// Those that the router sends to this expert; its outputs are multiplied with their weights.
    case expert(Int)
    /// All; what goes back to the stream is multiplied with σ(w·x) of each, x being what the router
    /// reads and w, (1, in), the tensor of this name in the layer.
    case shared(gate: String)
  }

  /// Linears that read the same input, and so share one Hessian.
  public struct Group: Sendable, Hashable {
    /// Whose input they read.
    public let tokens: Tokens
    /// The linears, in the order in which they are quantized.
    public internal(set) var linears: [Linear]

    /// A group of at least one linear.
    public init(_ linears: [Linear], tokens: Tokens = .all) {
      self.tokens = tokens
      precondition(
        !linears.isEmpty && linears.allSatisfy { $0.columns == linears[0].columns }, "one input")
      self.linears = linears
    }

    /// The width of the input.
    public var columns: Int { linears[0].columns }

    /// The expert whose linears they are; nil where all tokens pass through.
    public var expert: Int? { if case .expert(let expert) = tokens { expert } else { nil } }
  }

  /// What the linears read.
  public let input: Input
  /// Who sends tokens to the experts of this stage and of those after it; nil: the router of the stage
  /// before, where there are experts.
  public let router: Router?
  /// The linears, by what they read.
  public internal(set) var groups: [Group]
  /// What is made of their outputs.
  public let outcome: Outcome
  /// The share of the tokens that an expert reads where all are chosen alike: k of E; 1 without a
  /// choice.
  public let expertShare: Double

  /// A stage whose linears all read the same.
  public init(_ input: Input, _ linears: [Linear], then outcome: Outcome) {
    self.init(input, groups: [Group(linears)], then: outcome)
  }

  /// A stage of several groups, such as the experts that `router` chooses from.
  public init(
    _ input: Input, router: Router? = nil, groups: [Group], expertShare: Double = 1,
    then outcome: Outcome
  ) {
    self.input = input
    self.router = router
    self.groups = groups
    self.expertShare = expertShare
    self.outcome = outcome
  }

  /// Whether some of its groups read what a router sends them.
  public var hasExperts: Bool { groups.contains { $0.expert != nil } }

  /// The tensors of the gates of its groups of shared experts.
  var gates: [String] {
    groups.compactMap { if case .shared(let gate) = $0.tokens { gate } else { nil } }
  }

  /// All its linears, group after group.
  public var linears: [Linear] { groups.flatMap(\.linears) }

  /// The names of its linears, without what they have in common with others, each once:
  /// `q_proj k_proj v_proj`.
  public var label: String {
    var names: [Substring] = []
    for linear in linears {
      let name = linear.name.rawValue.split(separator: ".").last ?? ""
      if !names.contains(name) { names.append(name) }
    }
    return names.joined(separator: " ")
  }
}

/// What chooses the experts of each token. It reads what they read, and is never quantized.
public struct Router: Sendable, Hashable {
  /// Its weight's tensor in the layer, (experts, in).
  public let tensor: String
  /// How many experts there are.
  public let experts: Int
  /// How it chooses.
  public let rule: RoutingRule
  /// Its bias' tensor in the layer, (experts); nil: none.
  public let bias: String?

  /// A router whose weight is `tensor`.
  public init(_ tensor: String, bias: String? = nil, experts: Int, rule: RoutingRule) {
    self.tensor = tensor
    self.bias = bias
    self.experts = experts
    self.rule = rule
  }
}

/// A root mean square norm: x / √(mean(x²) + ε) times a weight.
public struct Norm: Sendable, Hashable {
  /// The weight's tensor: its name in the layer, or in the model for the final norm.
  public let tensor: String
  /// The width of what is normed: a row, or a head.
  public let width: Int
  /// What is added to the mean square.
  public let epsilon: Float
  /// What is added to the stored weight: 0, or 1 where checkpoints store the difference from 1.
  public let offset: Float

  /// A norm whose weight is `tensor`.
  public init(_ tensor: String, width: Int, epsilon: Float, offset: Float = 0) {
    self.tensor = tensor
    self.width = width
    self.epsilon = epsilon
    self.offset = offset
  }
}

/// The attention of one layer.
public struct Attention: Sendable, Hashable {
  /// Heads, scale, sliding window and soft cap.
  public var shape: AttentionShape
  /// How positions rotate queries and keys.
  public var rope: RopeParameters
  /// The norm of each query head before it is rotated.
  public var queryNorm: Norm?
  /// The norm of each key head before it is rotated.
  public var keyNorm: Norm?
  /// The tensor in the layer, (heads), of one more score a head, whose share goes nowhere; nil: none.
  public var sinks: String?

  /// Attention of `shape` with positions from `rope`.
  public init(
    _ shape: AttentionShape, rope: RopeParameters, queryNorm: Norm? = nil, keyNorm: Norm? = nil
  ) {
    self.shape = shape
    self.rope = rope
    self.queryNorm = queryNorm
    self.keyNorm = keyNorm
  }
}
