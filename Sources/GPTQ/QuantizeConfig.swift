import Tensor

/// How one linear is quantized. Names and meanings are those of `quantize_config.json`.
public struct QuantizeConfig: Sendable, Hashable, Codable {
  /// The rule that chooses the codes.
  public enum Algorithm: String, Sendable, Codable, CaseIterable {
    /// Frantar et al., arXiv 2210.17323.
    case gptq
    /// Li et al., arXiv 2504.02692: GPTQ whose updates also make up for what the layers before did to
    /// the inputs. Needs the base model's inputs beside the quantized model's.
    case gptaq
    /// Round to nearest: the baseline that stands beside every GPTQ result.
    case rtn
  }

  /// What happens when a solve fails, or ends worse than round-to-nearest.
  public enum Rescue: String, Sendable, Codable, CaseIterable {
    /// Repeat in Double, then with more damp; the path taken is recorded.
    case auto
    /// Exactly the damp asked for; a failure is recorded as one.
    case off
  }

  /// Which weights a group's scale is fitted to, when several groups start inside one block of the
  /// column loop.
  public enum GroupTiming: String, Sendable, Codable, CaseIterable {
    /// The weights as they stood when the block began: what IST-DASLab, AutoGPTQ and GPTQModel do.
    case stale
    /// The weights with every update so far.
    case fresh
  }

  /// The rule that chooses the codes.
  public var algorithm = Algorithm.gptq
  /// Bits a weight: 2, 3, 4 or 8.
  public var bits = 4
  /// Columns that share a scale; −1 is the whole row.
  public var groupSize = 128
  /// λ / mean(diag H): a fraction, not a percentage, for all its name.
  public var dampPercent = 0.01
  /// Whether columns are taken in descending order of diag H.
  public var descAct = false
  /// Whether columns are taken in descending order of diag H inside each group, and groups by their
  /// largest: GPTQModel's group-aware reordering (Gafni et al., arXiv 2505.14638), which leaves
  /// g_idx as in natural order.
  public var actGroupAware = false
  /// Whether the scales of all groups, in original column order, are fixed before the loop.
  public var staticGroups = false
  /// Whether the grid is symmetric about zero.
  public var sym = true
  /// The type in which scales are stored, and to which they are rounded before quantizing.
  public var scalesDtype = FloatFormat.f16
  /// Which weights a group's scale is fitted to inside a block.
  public var groupTiming = GroupTiming.stale
  /// What happens when a solve fails, or ends worse than round-to-nearest.
  public var rescue = Rescue.auto

  /// Int4, group 128, damp 0.01: the usual starting point.
  public init() {}

  enum CodingKeys: String, CodingKey, CaseIterable {
    case algorithm
    case bits
    case groupSize = "group_size"
    case dampPercent = "damp_percent"
    case descAct = "desc_act"
    case actGroupAware = "act_group_aware"
    case staticGroups = "static_groups"
    case sym
    case scalesDtype = "scales_dtype"
    case groupTiming = "group_timing"
    case rescue
  }

  /// Decodes what is there; a setting that an older version did not know has its usual value.
  public init(from decoder: any Decoder) throws {
    self.init()
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
      value = try values.decodeIfPresent(Value.self, forKey: key) ?? value
    }
    try read(.algorithm, into: &algorithm)
    try read(.bits, into: &bits)
    try read(.groupSize, into: &groupSize)
    try read(.dampPercent, into: &dampPercent)
    try read(.descAct, into: &descAct)
    try read(.actGroupAware, into: &actGroupAware)
    try read(.staticGroups, into: &staticGroups)
    try read(.sym, into: &sym)
    try read(.scalesDtype, into: &scalesDtype)
    try read(.groupTiming, into: &groupTiming)
    try read(.rescue, into: &rescue)
  }
}

/// How a solve ended up with its result.
public enum SolverPath: String, Sendable, Codable, CaseIterable {
  /// The factorisation asked for, in float32.
  case direct
  /// The damp asked for, factorised in Double.
  case double
  /// More damp than asked for.
  case damped
  /// Round-to-nearest: asked for, or the last resort of `rescue: auto`.
  case rtn
  /// The factorisation failed and `rescue` is off: no result but round-to-nearest.
  case failed
}

/// How codes reach the file.
public enum Packer: String, Sendable, Codable, CaseIterable {
  /// The codes of the column loop, as they are.
  case exact
  /// As AutoGPTQ 0.7 packs a bfloat16 model: scales and weights rounded to bfloat16, codes derived
  /// again from them without a clamp, so that 256 wraps to 0 and carries into the next code.
  case autogptqBF16 = "autogptq-bf16"
}
