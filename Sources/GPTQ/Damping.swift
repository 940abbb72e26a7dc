/// λ, what is added to the diagonal of H so that it can be factorised and its small eigenvalues are
/// not trusted beyond what the calibration tokens can tell.
public struct Damping: Sendable, Hashable {
  /// λ / mean(diag H): a fraction.
  public let dampPercent: Double

  /// Wraps a fraction of the mean of diag H.
  public init(dampPercent: Double) {
    self.dampPercent = dampPercent
  }

  /// λ for a Hessian with this diagonal, the 1s put on dead columns included, as other tools count it.
  public func lambda(diagonal: [Double]) -> Double {
    dampPercent * diagonal.reduce(0, +) / Double(max(diagonal.count, 1))
  }
}
