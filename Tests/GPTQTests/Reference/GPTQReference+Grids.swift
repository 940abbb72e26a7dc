import Compute
import GPTQ
import Tensor

extension GPTQReference {
  /// The grid of one group of one row, whose scale is rounded to the storage type, and whose search is
  /// weighted with `hessian`, the group's block of H.
  static func parameters(
    _ values: [Double], _ hessian: [[Double]], _ config: QuantizeConfig
  ) -> (scale: Float, zero: Int32) {
    let low = min(values.min() ?? 0, 0)
    let high = max(values.max() ?? 0, 0)
    if config.scaleSearch == .none { return parameters(low: low, high: high, config) }
    var shares = (0..<80).map { 1 - Double($0) / 100 }
    var step = 1
    while Double(step) <= (config.scaleSearchRange - 1) * 100 + 0.5 {
      shares.append(1 + Double(step) / 100)
      step += 1
    }
    var best = (scale: Float(0), zero: Int32(0))
    var least = Double.infinity
    for share in shares {
      let grid = parameters(low: share * low, high: share * high, config)
      let error = weightedError(values, hessian, config, grid)
      if error < least { (least, best) = (error, grid) }
    }
    return best
  }

  /// What `scale_search` lowers.
  private static func weightedError(
    _ values: [Double], _ hessian: [[Double]], _ config: QuantizeConfig,
    _ grid: (scale: Float, zero: Int32)
  ) -> Double {
    let (scale, zero) = (Double(grid.scale), Double(grid.zero))
    let errors = values.map { value in
      let code = (value / scale).rounded(.toNearestOrEven) + zero
      return scale * (min(max(code, 0), Double(1 << config.bits - 1)) - zero) - value
    }
    var sum = 0.0
    for i in errors.indices {
      switch config.scaleSearch {
      case .none, .mse: sum += errors[i] * errors[i]
      case .activation: sum += max(hessian[i][i], 0) * errors[i] * errors[i]
      case .hessian: for j in errors.indices { sum += errors[i] * hessian[i][j] * errors[j] }
      }
    }
    return sum
  }

  /// `find_params` of IST-DASLab's quant.py for a range of weights, or auto-round's full range.
  private static func parameters(
    low: Double, high: Double, _ config: QuantizeConfig
  ) -> (scale: Float, zero: Int32) {
    let maxCode = Double(1 << config.bits - 1)
    let middle = (maxCode + 1) / 2
    var (low, high) = (low, high)
    if config.gridSpan == .fullRange {
      let end = -low > high ? -low : -high
      return (config.scalesDtype.round(Float((end == 0 ? 1 : end) / middle)), Int32(middle))
    }
    if config.sym {
      high = max(abs(low), high)
      if low < 0 { low = -high }
    }
    if low == 0 && high == 0 {
      low = -1
      high = 1
    }
    let scale = config.scalesDtype.round(Float((high - low) / maxCode))
    if config.sym { return (scale, Int32(middle)) }
    let zero = (-low / Double(scale)).rounded(.toNearestOrEven)
    return (scale, Int32(min(max(zero, 0), maxCode)))
  }
}
