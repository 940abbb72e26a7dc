/// What a gated MLP makes of its gate g and its other half u.
public enum Activation: Sendable, Hashable {
  /// g·σ(g)·u.
  case silu
  /// ½g(1 + tanh(√(2/π)(g + 0.044715g³)))·u: GELU in its tanh form.
  case geluTanh
  /// (u' + 1)·g'·σ(α·g') with g' = min(g, L) and u' = u held within ±L: gpt_oss.
  case clampedSwiGLU(alpha: Float, limit: Float)
}
