/// How codes reach the file.
public enum Packer: String, Sendable, Codable, CaseIterable {
  /// The codes of the column loop, as they are.
  case exact
  /// As AutoGPTQ 0.7 packs a bfloat16 model: scales and weights rounded to bfloat16, codes derived
  /// again from them without a clamp, so that 256 wraps to 0 and carries into the next code.
  case autogptqBF16 = "autogptq-bf16"
}

extension Packer: SettingType {}
