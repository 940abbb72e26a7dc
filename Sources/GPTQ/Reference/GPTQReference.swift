import Tensor

/// GPTQ in plain loops and Double, following `fasterquant` of IST-DASLab/gptq (gptq.py) line by
/// line. Slow and easy to check by eye: what the fast path is held against.
public enum GPTQReference {
  /// What comes out, columns in original order.
  public struct Result: Sendable {
    /// The codes, (out, in).
    public var codes: Matrix<UInt8>
    /// Rounded scales, (out, groups).
    public var scales: Matrix<Float>
    /// Zero points, (out, groups).
    public var zeros: Matrix<Int32>
    /// The group of each column.
    public var groupIndex: [Int32]
    /// The dequantized weight, (out, in).
    public var quantized: Matrix<Double>
    /// ½·Σ((w − q)/d)².
    public var losses: Double
  }

  /// What the loop needs of a Hessian, (in, in), for one damp and one column order.
  public struct Factor: Sendable {
    fileprivate let order: [Int]
    fileprivate let dead: [Int]
    /// Upper-triangular U with UᵀU = (H + λI)⁻¹, in processing order.
    fileprivate let u: Matrix<Double>

    /// Factorises; nil if H + λI is not positive definite.
    public init?(hessian: Matrix<Double>, dampPercent: Double, descAct: Bool) {
      var h = hessian
      let columns = h.rows
      dead = (0..<columns).filter { hessian[$0, $0] == 0 }
      for column in dead { h[column, column] = 1 }
      var order = Array(0..<columns)
      if descAct {
        order.sort { h[$0, $0] == h[$1, $1] ? $0 < $1 : h[$0, $0] > h[$1, $1] }
        h = h.selectingColumns(order).transposed().selectingColumns(order)
      }
      self.order = order
      let damp = dampPercent * h.diagonal.reduce(0, +) / Double(columns)
      for column in 0..<columns { h[column, column] += damp }
      guard let lower = PlainCholesky.lower(h),
        let upper = PlainCholesky.upper(PlainCholesky.inverse(lower: lower))
      else { return nil }
      u = upper
    }
  }

  /// Quantizes `weight`, (out, in), with `hessian`, (in, in); nil if H + λI has no factor.
  public static func quantize(
    weight: Matrix<Double>, hessian: Matrix<Double>, config: QuantizeConfig, blockSize: Int = 128
  ) -> Result? {
    Factor(hessian: hessian, dampPercent: config.dampPercent, descAct: config.descAct).map {
      quantize(weight: weight, factor: $0, config: config, blockSize: blockSize)
    }
  }

  /// Quantizes `weight`, (out, in), with a factor made for the damp and order of `config`.
  public static func quantize(
    weight: Matrix<Double>, factor: Factor, config: QuantizeConfig, blockSize: Int = 128
  ) -> Result {
    let (rows, columns) = (weight.rows, weight.columns)
    let (order, u) = (factor.order, factor.u)
    let groupSize = config.groupSize == -1 ? columns : config.groupSize
    let groups = (columns + groupSize - 1) / groupSize
    var w = weight
    var scales = Matrix<Float>(rows: rows, columns: groups)
    var zeros = Matrix<Int32>(rows: rows, columns: groups)
    func findParams(_ group: Int, from source: Matrix<Double>) {
      for row in 0..<rows {
        let run = group * groupSize..<min((group + 1) * groupSize, columns)
        (scales[row, group], zeros[row, group]) = parameters(run.map { source[row, $0] }, config)
      }
    }
    if config.groupSize == -1 { findParams(0, from: w) }
    for column in factor.dead {
      for row in 0..<rows { w[row, column] = 0 }
    }
    let isStatic = config.staticGroups || config.groupSize == -1
    if config.staticGroups && config.groupSize != -1 {
      for group in 0..<groups { findParams(group, from: w) }
    }
    w = w.selectingColumns(order)

    var codes = Matrix<UInt8>(rows: rows, columns: columns)
    var quantized = Matrix<Double>(rows: rows, columns: columns)
    var groupIndex = [Int32](repeating: 0, count: columns)
    var losses = 0.0
    let maxCode = Double(1 << config.bits - 1)
    for start in stride(from: 0, to: columns, by: blockSize) {
      let end = min(start + blockSize, columns)
      var block = w
      var errors = Matrix<Double>(rows: rows, columns: columns)
      for i in start..<end {
        if !isStatic && i % groupSize == 0 {
          if config.groupTiming == .fresh {
            // Columns after the block have not yet seen the errors of this one.
            var current = block
            for later in end..<max(end, min(i + groupSize, columns)) {
              for row in 0..<rows {
                for k in start..<i { current[row, later] -= errors[row, k] * u[k, later] }
              }
            }
            findParams(i / groupSize, from: current)
          } else {
            findParams(i / groupSize, from: w)
          }
        }
        let group = (isStatic ? order[i] : i) / groupSize
        groupIndex[order[i]] = Int32(group)
        let d = u[i, i]
        for row in 0..<rows {
          let scale = Double(scales[row, group])
          let zero = Double(zeros[row, group])
          let rounded = (block[row, i] / scale).rounded(.toNearestOrEven) + zero
          let code = min(max(rounded, 0), maxCode)
          let q = scale * (code - zero)
          let error = (block[row, i] - q) / d
          codes[row, order[i]] = UInt8(code)
          quantized[row, order[i]] = q
          errors[row, i] = error
          losses += error * error / 2
          for later in i..<end { block[row, later] -= error * u[i, later] }
        }
      }
      for row in 0..<rows {
        for i in start..<end {
          for later in end..<max(end, columns) { w[row, later] -= errors[row, i] * u[i, later] }
        }
      }
    }
    return Result(
      codes: codes, scales: scales, zeros: zeros, groupIndex: groupIndex, quantized: quantized,
      losses: losses)
  }

  /// `find_params` of quant.py for one row of one group, its scale rounded to the storage type.
  private static func parameters(
    _ values: [Double], _ config: QuantizeConfig
  ) -> (scale: Float, zero: Int32) {
    let maxCode = Double(1 << config.bits - 1)
    var low = min(values.min() ?? 0, 0)
    var high = max(values.max() ?? 0, 0)
    if config.sym {
      high = max(abs(low), high)
      if low < 0 { low = -high }
    }
    if low == 0 && high == 0 {
      low = -1
      high = 1
    }
    let scale = config.scalesDtype.round(Float((high - low) / maxCode))
    if config.sym { return (scale, Int32((maxCode + 1) / 2)) }
    let zero = (-low / Double(scale)).rounded(.toNearestOrEven)
    return (scale, Int32(min(max(zero, 0), maxCode)))
  }
}
