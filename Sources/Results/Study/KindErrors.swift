import GPTQ

/// The weight errors of all linears of one kind in one trial.
public struct KindErrors: Sendable, Codable, Equatable {
  /// The kind, such as `mlp.experts.*.up_proj` (`ModuleResult.kind`).
  public var kind: String
  /// Their weights, counted by error.
  public var errors: WeightErrors

  /// The `errors` of a `kind`.
  public init(kind: String, errors: WeightErrors) { (self.kind, self.errors) = (kind, errors) }
}

extension [KindErrors] {
  /// Takes in the weights of one more linear of `kind`; kinds stand in the order in which they come.
  public mutating func add(_ errors: WeightErrors, of kind: String) {
    if let place = firstIndex(where: { $0.kind == kind }) {
      self[place].errors.add(errors)
    } else {
      append(KindErrors(kind: kind, errors: errors))
    }
  }
}
