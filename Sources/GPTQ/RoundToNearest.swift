import Compute
import Tensor

/// Every weight to the nearest point of its group's grid, columns in original order: no Hessian, no
/// compensation. The companion against which every GPTQ result is held.
public enum RoundToNearest {
  /// Quantizes `weight`, (out, in), on the grid of `config` (bits, group_size, sym, scales_dtype).
  /// Also returns how many weights lay more than half a step outside their grid.
  public static func quantize(
    _ weight: EngineBuffer, config: QuantizeConfig, engine: any Engine
  ) -> (linear: KeptLinear, clipped: Int) {
    let columns = engine.gptqColumns(
      weight, order: Array(0..<weight.columns), factor: nil, correction: nil, grid: config.grid,
      groups: .runs(size: config.columnsPerGroup(inFeatures: weight.columns), fresh: false),
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
    QuantizationGrid(bits: bits, sym: sym, scalesDtype: scalesDtype)
  }
}
