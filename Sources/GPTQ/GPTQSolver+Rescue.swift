import Compute
import Tensor

extension GPTQSolver {
  /// `rescue: off`: float32, the damp asked for; nil if H + λI has no usable factor.
  func solveDirectly(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig
  ) -> SolvedLinear? {
    let damping = Damping(dampPercent: config.dampPercent)
    guard
      let factor = try? factors.factor(damping, ColumnOrder(config), engine: engine),
      factor.isFinite
    else { return nil }
    return accept(solve(meter, factor: factor, config: config))
  }

  /// `rescue: auto`: where float32 cannot factorise, Double; where that fails too, or where the
  /// result is not to be trusted, more damp; and where no damp helps, round-to-nearest.
  func rescue(
    _ meter: ReconstructionMeter, _ factors: inout HessianFactors, _ config: QuantizeConfig,
    companion: SolvedLinear
  ) -> SolvedLinear {
    let damping = Damping(dampPercent: config.dampPercent)
    let order = ColumnOrder(config)
    var reason = RescueReason.notPositiveDefinite

    if let solved = solveDirectly(meter, &factors, config) {
      guard let objection = objection(to: solved, config, meter, factors, companion) else {
        return solved
      }
      reason = objection
    } else if let factor = try? factors.doubleFactor(damping, order, engine: engine),
      factor.isFinite
    {
      let solved = solve(meter, factor: factor, config: config, path: .double)
      if objection(to: solved, config, meter, factors, companion) == nil {
        return solved.rescued(from: reason)
      }
    }
    for stronger in damping.stronger {
      var attempt = config
      attempt.dampPercent = stronger.dampPercent
      guard var solved = solveDirectly(meter, &factors, attempt) else { continue }
      solved.path = .damped
      if objection(to: solved, config, meter, factors, companion) == nil {
        return solved.rescued(from: reason)
      }
    }
    return companion.rescued(from: reason)
  }

  /// Why `solved` is not to be trusted, although its factorisation succeeded. Weights of dead
  /// columns are gone on purpose and do not count.
  ///
  /// What GPTAQ lowers is the distance to the base model's output, ‖W·X₀ − Wq·X‖² (times 2/T)
  /// = tr(ΔW H ΔWᵀ) + 2·tr(W D ΔWᵀ) + a part that no Wq changes; so that is what it is judged by.
  private func objection(
    to solved: SolvedLinear, _ config: QuantizeConfig, _ meter: ReconstructionMeter,
    _ factors: HessianFactors, _ companion: SolvedLinear
  ) -> RescueReason? {
    var cleared = 0.0
    for column in solved.deadColumns {
      for row in 0..<meter.weight.rows {
        cleared += Double(meter.weight[row, column]) * Double(meter.weight[row, column])
      }
    }
    let limit = Self.explosionFactor * Self.explosionFactor
    if solved.error.squaredWeightError - cleared > limit * companion.error.squaredWeightError {
      return .weightsExploded
    }
    // Where H is diagonal the two are the same, up to the noise of float32.
    var excess = solved.error.squaredError - 1.001 * companion.error.squaredError
    if let shift = factors.shift, config.algorithm == .gptaq {
      let moved = engine.multiply(meter.weight, transposingA: false, shift, transposingB: false)
      excess +=
        2
        * (product(moved, meter.difference(to: solved.linear.dequantized()))
          - product(moved, meter.difference(to: companion.linear.dequantized())))
    }
    return excess > 0 ? .worseThanRTN : nil
  }

  /// tr(A Bᵀ).
  private func product(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Double {
    var sum = 0.0
    for index in a.elements.indices { sum += Double(a.elements[index]) * Double(b.elements[index]) }
    return sum
  }

  /// nil for a solve whose numbers overflowed on the way.
  private func accept(_ solved: SolvedLinear) -> SolvedLinear? {
    solved.losses?.isFinite == true ? solved : nil
  }
}

extension SolvedLinear {
  fileprivate func rescued(from reason: RescueReason) -> SolvedLinear {
    var solved = self
    solved.rescueReason = reason
    return solved
  }
}
