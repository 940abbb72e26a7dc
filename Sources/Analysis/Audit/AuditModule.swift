import Basics
import Compute
import GPTQ
import Tensor

/// One quantized linear as the checks see it: its parts, and what one pass over them yields for all.
public struct AuditModule: Sendable {
  /// Its name, such as `model.layers.0.mlp.up_proj`.
  public let name: String
  /// What the settings say of it.
  public let settings: QuantizationConfigFile
  /// Codes, scales, zeros and groups as a reader finds them.
  public let linear: QuantizedLinear
  /// What was measured against the base model, where it is at hand.
  public let comparison: BaseComparison?
  /// The same, where the codes are those of the base's weights at all: what they are otherwise says
  /// nothing of scales, zeros and groups.
  public var base: BaseComparison? { comparison.flatMap { $0.isRelated ? $0 : nil } }
  /// Its columns, group by group.
  let layout: GroupLayout
  let codes: GroupCodes
  /// Whether its grids are symmetric ones in full range: the larger end of each group is the code 0,
  /// so that scales of groups that reach farther up are negative, and codes counted against them.
  let isFullRange: Bool
  let coupling: ScaleCoupling

  /// Takes the codes through once. `original` gives rows of the original weight, (rows, in); `norm`
  /// is what output errors are measured with.
  public init(
    name: String, settings: QuantizationConfigFile, linear: QuantizedLinear,
    original: BaseRows? = nil, norm: HessianNorm? = nil, engine: any Engine
  ) throws(InputError) {
    self.name = name
    self.settings = settings
    self.linear = linear
    layout = GroupLayout(index: linear.groupIndex, groups: linear.grids.scales.columns)
    codes = GroupCodes(linear, layout: layout)
    let negative = linear.grids.scales.elements.count { $0 < 0 }
    isFullRange =
      linear.sym && negative > 0
      && abs(2 * negative - linear.grids.scales.elements.count) * 5
        <= 3 * linear.grids.scales.elements.count
    coupling = ScaleCoupling(linear, codes)
    guard let original else {
      comparison = nil
      return
    }
    comparison = try BaseComparison(
      linear, settings: settings, layout: layout, original: original, norm: norm, engine: engine)
  }

  /// Its largest code.
  var maxCode: Int { 1 << linear.bits - 1 }

  /// Whether columns stand in their groups run by run.
  var hasPlainGroups: Bool {
    let size = settings.groupSize == -1 ? max(linear.groupIndex.count, 1) : settings.groupSize
    return linear.groupIndex.enumerated().allSatisfy { Int($1) == $0 / size }
  }
}
