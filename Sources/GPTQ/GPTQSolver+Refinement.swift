import Compute

extension GPTQSolver {
  /// `solved` with its scales solved again for `target`, the weight that its codes were found for, where
  /// `config` asks for it: `refine_scales`. Its error is measured anew; where float32 has made it worse
  /// than it was, it stays as it was.
  func refined(
    _ solved: Solution, _ meter: ReconstructionMeter, target: EngineBuffer, hessian: EngineBuffer,
    _ config: QuantizeConfig
  ) -> Solution {
    guard config.refineScales, solved.losses?.isFinite != false else { return solved }
    var refined = solved
    refined.linear.codes.grids = engine.refineScales(
      solved.linear.codes, weight: target, hessian: hessian, scalesDtype: config.scalesDtype)
    func error(_ linear: KeptLinear) -> Double {
      meter.norm.squared(engine.subtract(linear.dequantized(), from: target))
    }
    guard error(refined.linear) <= error(solved.linear) else { return solved }
    refined.error = meter.error(of: refined.linear.dequantized())
    return refined
  }
}
