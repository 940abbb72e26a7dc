import Basics
import Compute
import Tensor

/// Weight + Hessian + configuration → codes, with the safety net of `rescue: auto`.
public struct GPTQSolver: Sendable {
  /// A successful solve whose ‖ΔW‖ is beyond this many times that of round-to-nearest came from a
  /// near-singular H. (Healthy ones reach 2.7 at damp 0.001; the measured failures, 150.)
  public static let explosionFactor = 5.0

  /// What computes.
  public let engine: any Engine
  /// Columns between two updates of the rest of the matrix. Dynamic groups smaller than this are
  /// fitted to the weights of the block's beginning, so it is part of the result; other tools have 128.
  public let blockSize: Int

  /// Solves on `engine`.
  public init(engine: any Engine, blockSize: Int = 128) {
    self.engine = engine
    self.blockSize = blockSize
  }

  /// Quantizes one weight, (out, in), with its calibration Hessian, (in, in): the short form, which
  /// shares nothing.
  public func quantize(
    weight: Matrix<Float>, hessian: Matrix<Float>, config: QuantizeConfig
  ) throws(InputError) -> SolvedLinear {
    let hessian = engine.upload(hessian)
    var factors = HessianFactors(hessian, engine: engine)
    let meter = try ReconstructionMeter(
      weight: engine.upload(weight), norm: HessianNorm(hessian, engine: engine))
    return try quantize(meter, factors: &factors, config: config).downloaded()
  }

  /// Quantizes the weight of `meter`, which measures with the Hessian that `factors` holds.
  /// `companion` is `roundToNearest` of the same grid, where the caller has it already. Where
  /// `factors` has no shift of the inputs, `gptaq` and `error_propagation` have nothing to make up for.
  public func quantize(
    _ meter: ReconstructionMeter, factors: inout HessianFactors, config: QuantizeConfig,
    companion: Solution? = nil
  ) throws(InputError) -> Solution {
    try config.validate()
    precondition(factors.hessian.rows == meter.weight.columns, "H has a row for each input of W")
    guard factors.isFinite else {
      throw InputError(
        .badData, asked: "quantize with a Hessian of \(factors.hessian.rows) inputs",
        found: "it holds NaN or infinity",
        hint: "look at the calibration activations of the layers before this one")
    }
    let rtn = { companion ?? roundToNearest(meter, config: config) }
    switch (config.algorithm, config.rescue) {
    case (.rtn, _) where config.errorPropagation > 0 && factors.shift != nil:
      return roundPropagated(meter, &factors, config, companion: rtn())
    case (.rtn, _):
      let search = config.gridSearch(factors.hessian, diagonal: factors.diagonal)
      let plain = search == nil ? rtn() : roundToNearest(meter, config: config, search: search)
      return refined(plain, meter, target: meter.weight, hessian: factors.hessian, config)
    case (.gptq, .off), (.gptaq, .off):
      if let solved = solveDirectly(meter, &factors, config) { return solved }
      var failed = rtn()
      failed.path = .failed
      failed.rescueReason = .notPositiveDefinite
      return failed
    case (.gptq, .auto), (.gptaq, .auto):
      return rescue(meter, &factors, config, companion: rtn())
    }
  }

  /// Round to nearest on the grid of `config`, of the weight or of `target` in its place: the companion
  /// of other solves without a `search`.
  public func roundToNearest(
    _ meter: ReconstructionMeter, config: QuantizeConfig, search: GridSearch? = nil,
    target: EngineBuffer? = nil
  ) -> Solution {
    let (linear, clipped) = RoundToNearest.quantize(
      target ?? meter.weight, config: config, search: search, engine: engine)
    return Solution(
      linear: linear, error: meter.error(of: linear.dequantized()), path: .rtn,
      dampPercentUsed: nil, rescueReason: nil, losses: nil, clipped: clipped,
      deadColumns: [])
  }

  /// One run of the column loop on one factor, nothing second-guessed.
  public func solve(
    _ meter: ReconstructionMeter, factor: FactoredHessian, config: QuantizeConfig,
    path: SolverPath = .direct
  ) -> Solution {
    let share = config.errorPropagation
    let target = factor.propagating(meter.weight, share: share, engine)
    let weight = factor.clearingDeadColumns(target, engine)
    let columns = engine.gptqColumns(
      weight, order: factor.permutation, factor: factor.factor,
      correction: config.algorithm == .gptaq ? factor.correction : nil, grid: config.grid,
      groups: groups(of: weight, target, factor, config),
      blockSize: blockSize)
    let linear = KeptLinear(
      columns.kept, grid: config.grid, regroupedSize: config.actGroupAware ? config.groupSize : nil,
      engine: engine)
    let solved = Solution(
      linear: linear,
      error: config.usesShift
        ? meter.error(of: linear.dequantized())
        : error(of: linear, meter, factor, loss: columns.loss), path: path,
      dampPercentUsed: factor.dampPercent, rescueReason: nil, losses: columns.loss,
      clipped: columns.clipped, deadColumns: factor.deadColumns,
      squaredPivots: factor.squaredPivots)
    return measuringPropagation(
      refined(solved, meter, target: target, hessian: factor.hessian, config), meter, target,
      share: share)
  }

  /// `solved` with how far `target`, which error_propagation made, is from the weight and its codes.
  func measuringPropagation(
    _ solved: Solution, _ meter: ReconstructionMeter, _ target: EngineBuffer, share: Double
  ) -> Solution {
    guard share > 0 else { return solved }
    var solved = solved
    solved.propagated = PropagatedWeight(
      squaredMove: engine.squaredDistance(target, meter.weight),
      squaredWeightError: engine.squaredDistance(target, solved.linear.dequantized()))
    return solved
  }

  /// Whole-row grids are fitted before dead columns are cleared and static ones after, as in
  /// IST-DASLab/gptq.
  private func groups(
    of weight: EngineBuffer, _ target: EngineBuffer, _ factor: FactoredHessian,
    _ config: QuantizeConfig
  ) -> ColumnGroups {
    let search = config.gridSearch(factor.hessian, diagonal: factor.diagonal)
    let size = config.columnsPerGroup(inFeatures: weight.columns)
    guard config.staticGroups || config.groupSize == -1 else {
      return .runs(size: size, fresh: config.groupTiming == .current, search: search)
    }
    let source = config.groupSize == -1 ? target : weight
    return .fixed(
      engine.fitGrids(source, groupSize: size, grid: config.grid, search: search),
      index: factor.permutation.map { Int32($0 / size) })
  }

  /// The calibration error, from the loss where that is safe: tr(ΔW H ΔWᵀ) = 2·ΣLosses − λ‖ΔW‖²
  /// over the columns that are not dead. Not where the difference cancels, and not where the
  /// backward error of the factor, some ulps of tr H, may matter; then by a product with H.
  private func error(
    of linear: KeptLinear, _ meter: ReconstructionMeter, _ factor: FactoredHessian, loss: Double
  ) -> ReconstructionError {
    let difference = meter.difference(to: linear.dequantized())
    let squaredWeightError = engine.squaredNorm(difference)
    let live =
      factor.deadColumns.isEmpty
      ? squaredWeightError
      : engine.squaredNorm(factor.clearingDeadColumns(difference, engine))
    let dampShare = factor.lambda * live
    let squaredError = 2 * loss - dampShare
    let doubt = factor.unitInLastPlace * factor.trace * live
    let isSafe = squaredError > dampShare && doubt < 0.02 * squaredError
    return meter.error(
      squaredError: isSafe ? squaredError : meter.norm.squared(difference),
      squaredWeightError: squaredWeightError)
  }
}
