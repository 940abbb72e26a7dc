import Compute
import Tensor

/// Every weight to the nearest point of its group's grid, columns in original order: no Hessian, no
/// compensation. The companion against which every GPTQ result is held.
public enum RoundToNearest {
  /// Quantizes `weight`, (out, in), on the grid of `config` (bits, group_size, sym, scales_dtype).
  /// Also returns how many weights lay more than half a step outside their grid.
  public static func quantize(
    _ weight: Matrix<Float>, config: QuantizeConfig, engine: any Engine
  ) -> (linear: QuantizedLinear, clipped: Int) {
    let columns = engine.gptqColumns(
      weight, factor: nil, correction: nil, grid: config.grid,
      groups: .runs(size: config.columnsPerGroup(inFeatures: weight.columns), fresh: false),
      blockSize: 128)
    let linear = QuantizedLinear(
      columns, permutation: Array(0..<weight.columns), grid: config.grid)
    return (linear, columns.clipped)
  }
}

extension QuantizeConfig {
  /// The rule of this configuration's grids.
  var grid: QuantizationGrid {
    QuantizationGrid(bits: bits, sym: sym, scalesDtype: scalesDtype)
  }
}
