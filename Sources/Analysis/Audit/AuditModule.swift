import Compute
import GPTQ
import Tensor

/// One quantized linear as the checks see it: its parts, and what one pass over them yields for all.
public struct AuditModule: Sendable {
  /// Its name, such as `model.layers.0.mlp.up_proj`.
  public let name: String
  /// What quantize_config.json says.
  public let settings: QuantizationConfigFile
  /// Codes, scales, zeros and groups as a reader finds them.
  public let linear: QuantizedLinear
  /// What was measured against the base model, where it is at hand.
  public let base: BaseComparison?
  let codes: GroupCodes

  /// Takes the codes through once. `base` is the original weight, (out, in), and what output errors
  /// are measured with.
  public init(
    name: String, settings: QuantizationConfigFile, linear: QuantizedLinear,
    base: (weight: Matrix<Float>, norm: HessianNorm?)? = nil, engine: any Engine
  ) {
    self.name = name
    self.settings = settings
    self.linear = linear
    codes = GroupCodes(linear)
    self.base = base.map {
      BaseComparison(
        linear, settings: settings, weight: $0.weight, norm: $0.norm, engine: engine)
    }
  }

  /// Its largest code.
  var maxCode: Int { 1 << linear.bits - 1 }

  /// Whether columns stand in their groups run by run.
  var hasPlainGroups: Bool {
    let size = settings.groupSize == -1 ? max(linear.groupIndex.count, 1) : settings.groupSize
    return linear.groupIndex.enumerated().allSatisfy { Int($1) == $0 / size }
  }
}
