import Compute
import Tensor

/// How one linear is quantized. Names and meanings are those of `quantize_config.json`; what else
/// tenbin says of each setting, from its flag to its column, is declared below.
public struct QuantizeConfig: Sendable, Hashable, Codable {
  /// The rule that chooses the codes.
  public var algorithm = Algorithm.gptq
  /// Bits per weight: 2 to 8.
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
  /// Where a symmetric grid lies.
  public var gridSpan = GridSpan.minmax
  /// What errors are weighted by where grids are searched for.
  public var scaleSearch = ScaleSearch.none
  /// The widest range that a search tries, as a multiple of the weights' range.
  public var scaleSearchRange = 1.0
  /// Whether scales are solved again once all codes are known.
  public var refineScales = false
  /// The share of the error of the layers before that the weight makes up for before it is quantized:
  /// QEP's α (arXiv 2504.09629). Needs the base model's inputs beside the quantized model's.
  public var errorPropagation = 0.0
  /// The type in which scales are stored, and to which they are rounded before quantizing.
  public var scalesDtype = FloatFormat.f16
  /// Which weights a group's scale is fitted to inside a block.
  public var groupTiming = GroupTiming.blockStart
  /// What happens when a solve fails, or ends worse than round-to-nearest.
  public var rescue = Rescue.auto

  /// Int4, group 128, damp 0.01: the usual starting point.
  public init() {}

  /// Decodes what is there; what an older version did not know has its usual value.
  public init(from decoder: any Decoder) throws {
    self.init()
    try decodeSettings(Self.settings, from: decoder)
  }

  /// Encodes the settings under their names.
  public func encode(to encoder: any Encoder) throws {
    try encodeSettings(Self.settings, to: encoder)
  }
}

extension QuantizeConfig: SettingOwner {
  /// The settings of a linear. To add one: a property above, an entry here, the arithmetic.
  public static let settings: [Setting<QuantizeConfig>] = [
    Setting(
      "algorithm", \.algorithm, column: 10, cause: .algorithm, scope: .run, isJudged: true,
      help: """
        `gptq`, `gptaq` (makes up for what the layers before did, too; needs `propagation` \
        `quantized`), or `rtn`, round to nearest
        """,
      word: { $0 == .gptq ? "" : $0.rawValue }),
    Setting(
      "error_propagation", \.errorPropagation, column: 122, cause: .propagation, scope: .run,
      isJudged: true,
      range: SettingRange(
        found: "it is the share of an error, from 0 to 1",
        hint: "0.5 is the usual one; 0 is plain", contains: { (0...1).contains($0) }),
      help: """
        the share of the error of the layers before that each weight makes up for before it is \
        quantized, 0 to 1 (QEP's α); needs `propagation` `quantized`
        """,
      word: { $0 == 0 ? "" : "makes up for \($0.settingText)" }),
    Setting(
      "bits", \.bits, column: 20, cause: .bits, scope: .storage, stored: .top, isPerModule: true,
      range: SettingRange(
        found: "the GPTQ formats store 2 to 8 bits per weight",
        hint: "choose one of those; 4 is the usual one", contains: allowedBits.contains),
      help: "bits per weight: 2 to 8", word: { _ in "" }),
    Setting(
      "group_size", \.groupSize, column: 30, cause: .groupSize, scope: .storage, stored: .top,
      isPerModule: true,
      range: SettingRange(
        found: "allowed are positive multiples of 8, and -1 for one group a row",
        hint: "128 is the usual one; 32 and 64 are finer, and larger in the file",
        contains: { $0 == -1 || ($0 > 0 && $0 % 8 == 0 && $0 <= 0x7FFF_FFFF) }),
      help: "columns that share a scale: a multiple of 8, or -1 for the whole row",
      word: { _ in "" }),
    Setting(
      "sym", \.sym, column: 80, cause: .symmetry, scope: .storage, stored: .top,
      isPerModule: true, isJudged: true, isAlwaysNamed: true,
      help: "a grid symmetric about zero", word: { $0 ? "" : "asym" }),
    Setting(
      "grid", \.gridSpan, column: 84, cause: .groupScales, scope: .storage, isPerModule: true,
      isJudged: true,
      help: """
        `minmax`, or `full_range`: the larger end of a symmetric group is code 0 and exact, its \
        scale negative where that end is positive
        """,
      word: { $0 == .fullRange ? "full range" : "" }),
    Setting(
      "desc_act", \.descAct, column: 50, cause: .columnOrder, stored: .top, isPerModule: true,
      isJudged: true, isAlwaysNamed: true, excludes: ["act_group_aware"],
      help: "columns in descending order of activation"),
    Setting(
      "act_group_aware", \.actGroupAware, column: 60, cause: .columnOrder, stored: .topAndMeta,
      isPerModule: true, isJudged: true, excludes: ["desc_act"],
      help: """
        columns in descending order of activation inside and among groups, which keeps g_idx \
        trivial (GPTQModel's GAR); not with `desc_act`
        """),
    Setting(
      "static_groups", \.staticGroups, column: 70, cause: .groupScales, stored: .topAndMeta,
      isPerModule: true, isJudged: true, isAlwaysNamed: true,
      help: "the scales of all groups are fixed before the column loop"),
    Setting(
      "scale_search", \.scaleSearch, column: 72, cause: .groupScales, scope: .run,
      isPerModule: true, isJudged: true,
      help: """
        which of 80 narrower ranges a group's scale spans: `none`, or the one with the least error, \
        weighted by nothing (`mse`), by each input's mean square (`activation`), or by the group's \
        block of the Hessian (`hessian`)
        """,
      word: { $0 == .none ? "" : "\($0.rawValue) scales" }),
    Setting(
      "scale_search_range", \.scaleSearchRange, column: 74, cause: .groupScales, scope: .run,
      isPerModule: true, isJudged: true,
      range: SettingRange(
        found: "it is a multiple of the weights' range, from 1 to 4",
        hint: "1 tries narrower ranges only; 1.2 tries 20 wider ones, too",
        contains: { (1...4).contains($0) }),
      help: "the widest range that `scale_search` tries, in steps of 0.01 of the weights' range",
      word: { $0 == 1 ? "" : "scales to \($0.settingText)" }),
    Setting(
      "refine_scales", \.refineScales, column: 76, cause: .groupScales, scope: .run,
      isPerModule: true, isJudged: true,
      help: """
        whether scales are solved again for the least error on the calibration Hessian once all \
        codes are known
        """,
      word: { $0 ? "refined scales" : "" }),
    Setting(
      "group_timing", \.groupTiming, column: 100, cause: .groupScales, isJudged: true,
      isAlwaysNamed: true,
      help: """
        `stale` (as every other tool has it) or `fresh` weights for a group that starts inside a \
        block
        """,
      word: { "\($0.rawValue) groups" }),
    Setting(
      "scales_dtype", \.scalesDtype, column: 90, cause: .scalePrecision, scope: .storage,
      isJudged: true, isAlwaysNamed: true,
      help: "`f16`, `bf16` or `f32`: scales are rounded to it before quantizing",
      word: { "scales \($0.rawValue)" }),
    Setting(
      "damp_percent", \.dampPercent, column: 40, cause: .damping, stored: .topAndMeta,
      isPerModule: true, isJudged: true, isAlwaysNamed: true,
      range: SettingRange(
        found: "it is a fraction of the mean of diag H, 0 or more",
        hint: "0.01 is the usual one (that is 1 %)", contains: { $0 >= 0 && $0.isFinite }),
      help: "damping as a fraction of mean(diag H), 0 or more",
      word: { "damp \($0.settingText)" }),
    Setting(
      "rescue", \.rescue, column: 110, cause: .damping, isAlwaysNamed: true,
      help: """
        `auto`: Double, then more damp, where a solve fails or ends worse than round-to-nearest; \
        `off`: exactly what was asked
        """,
      word: { $0 == .off ? "no rescue" : "" }),
  ]
}

extension FloatFormat: SettingType {}
