import GPTQ

/// What the Hessian of an expert's inputs is measured on.
public enum ExpertCalibration: String, Sendable, Codable, CaseIterable, SettingType {
  /// The tokens that the router sends to it.
  case routed
  /// All tokens, as if each were sent to every expert.
  case all
  /// The tokens that the router sends to it, or all where those are fewer than `expert_min_tokens`.
  case fallback
}
