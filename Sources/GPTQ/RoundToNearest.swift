import Compute
import Tensor

/// Every weight to the nearest point of its group's grid, columns in original order: no Hessian, no
/// compensation. The companion against which every GPTQ result is held.
public enum RoundToNearest {
  /// Quantizes `weight`, (out, in), on the grid of `config` (bits, group_size, sym, grid,
  /// scales_dtype), fitted by `search` where it is given. Also returns how many weights lay more than
  /// half a step outside their grid.
  public static func quantize(
    _ weight: EngineBuffer, config: QuantizeConfig, search: GridSearch? = nil, engine: any Engine
  ) -> (linear: KeptLinear, clipped: Int) {
    let columns = engine.gptqColumns(
      weight, order: Array(0..<weight.columns), factor: nil, correction: nil, grid: config.grid,
      groups: .runs(
        size: config.columnsPerGroup(inFeatures: weight.columns), fresh: false, search: search),
      blockSize: 128)
    return (KeptLinear(columns.kept, grid: config.grid, engine: engine), columns.clipped)
  }

  /// The same for a weight of the host.
  public static func quantize(
    _ weight: Matrix<Float>, config: QuantizeConfig, engine: any Engine
  ) -> (linear: QuantizedLinear, clipped: Int) {
    let (linear, clipped) = quantize(engine.upload(weight), config: config, engine: engine)
    return (linear.downloaded(), clipped)
  }
}

extension QuantizeConfig {
  /// The rule of this configuration's grids.
  var grid: QuantizationGrid {
    QuantizationGrid(bits: bits, sym: sym, scalesDtype: scalesDtype, span: gridSpan)
  }

  /// How grids are searched for with a Hessian, (in, in), whose diagonal is `diagonal`.
  func gridSearch(_ hessian: EngineBuffer, diagonal: [Float]) -> GridSearch? {
    switch scaleSearch {
    case .none: nil
    case .mse: GridSearch(.none, widest: scaleSearchRange)
    case .activation: GridSearch(.diagonal(diagonal), widest: scaleSearchRange)
    case .hessian: GridSearch(.hessian(hessian), widest: scaleSearchRange)
    }
  }
}
