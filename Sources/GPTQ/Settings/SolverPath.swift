/// How a solve ended up with its result.
public enum SolverPath: String, Sendable, Codable, CaseIterable {
  /// The factorisation asked for, in float32.
  case direct
  /// The same, with the Hessian of all tokens of the layer: too few were sent to the expert.
  case pooled
  /// The damp asked for, factorised in Double.
  case double
  /// More damp than asked for.
  case damped
  /// Round-to-nearest: asked for, or the last resort of `rescue: auto`.
  case rtn
  /// Round-to-nearest: no calibration token was sent to the expert.
  case noTokens = "no_tokens"
  /// The factorisation failed and `rescue` is off: no result but round-to-nearest.
  case failed
}
