import Model
import Results

extension LiveTrial {
  /// ‖h_trial − h_base‖² / ‖h_base‖² over the evaluation tokens of all domains, `norm` being the
  /// denominator.
  mutating func recordHiddenError(of layer: DecoderLayer, against base: Tokens, norm: Double) {
    guard isRunning else { return }
    let difference = zip(tokens.evaluation, base.evaluation).reduce(0) {
      $0 + $1.0.squaredDistance(to: $1.1)
    }
    let error = norm > 0 ? difference / norm : 0
    let drift = layer.description.routed == nil ? nil : routingDrift(from: base)
    trial.result.hiddenErrors.append(error)
    trial.result.routingDrifts.append(drift)
    for index in trial.result.modules.indices
    where trial.result.modules[index].layer == layer.index {
      trial.result.modules[index].hiddenError = error
      trial.result.modules[index].routingDrift = drift
    }
  }

  /// The share of evaluation tokens that the layer sent to other experts than the base's.
  private func routingDrift(from base: Tokens) -> Double? {
    var (different, all) = (0, 0)
    for (mine, theirs) in zip(tokens.evaluation, base.evaluation) {
      guard let count = mine.routingDifference(from: theirs) else { return nil }
      different += count
      all += mine.tokens
    }
    return all > 0 ? Double(different) / Double(all) : nil
  }
}
