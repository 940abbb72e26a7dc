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
