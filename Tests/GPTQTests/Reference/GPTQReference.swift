import GPTQ
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
    /// H, undamped, in the original order.
    fileprivate let hessian: Matrix<Double>
    fileprivate let order: [Int]
    fileprivate let dead: [Int]
    /// Upper-triangular U with UᵀU = (H + λI)⁻¹, in processing order.
    fileprivate let u: Matrix<Double>
    /// GPTAQ's P, in processing order; zeros for plain GPTQ.
    fileprivate let p: Matrix<Double>

    /// Factorises; nil if H + λI is not positive definite. `groupAware` is the group size of
    /// `act_group_aware`, where that is the order.
    public init?(
      hessian: Matrix<Double>, shift: Matrix<Double>? = nil, dampPercent: Double,
      descAct: Bool, groupAware: Int? = nil
    ) {
      self.hessian = hessian
      var h = hessian
      let columns = h.rows
      dead = (0..<columns).filter { hessian[$0, $0] == 0 }
      for column in dead { h[column, column] = 1 }
      var order = Array(0..<columns)
      if descAct {
        order.sort { h[$0, $0] == h[$1, $1] ? $0 < $1 : h[$0, $0] > h[$1, $1] }
      } else if let size = groupAware {
        // Groups as pairs (largest diag H, columns), the short one kept apart.
        var groups = (0..<columns / size).map { Array($0 * size..<($0 + 1) * size) }
        var tail = Array(columns / size * size..<columns)
        func sort(_ columns: inout [Int]) {
          columns.sort { h[$0, $0] == h[$1, $1] ? $0 < $1 : h[$0, $0] > h[$1, $1] }
        }
        for group in groups.indices { sort(&groups[group]) }
        sort(&tail)
        let places = groups.indices.sorted {
          let (a, b) = (groups[$0][0], groups[$1][0])
          return h[a, a] == h[b, b] ? $0 < $1 : h[a, a] > h[b, b]
        }
        order = places.flatMap { groups[$0] } + tail
      }
      h = h.selectingColumns(order).transposed().selectingColumns(order)
      self.order = order
      let damp = dampPercent * h.diagonal.reduce(0, +) / Double(columns)
      for column in 0..<columns { h[column, column] += damp }
      guard let lower = PlainCholesky.lower(h),
        let upper = PlainCholesky.upper(PlainCholesky.inverse(lower: lower))
      else { return nil }
      u = upper
      p =
        shift.map {
          Self.correction($0.selectingColumns(order).selectingRows(order), h)
        } ?? Matrix(rows: columns, columns: columns)
    }

    /// 1/u² for each column in the original order.
    public var squaredPivots: [Double] {
      var pivots = [Double](repeating: 0, count: order.count)
      for (place, column) in order.enumerated() {
        pivots[column] = 1 / (u[place, place] * u[place, place])
      }
      return pivots
    }

    /// Row j of P by its definition: α·D[j, F]·(H[F, F] + λI)⁻¹ on the columns F after j, what the
    /// best update of F is for a shift of input j alone.
    private static func correction(
      _ shift: Matrix<Double>, _ damped: Matrix<Double>
    ) -> Matrix<Double> {
      let columns = damped.rows
      var p = Matrix<Double>(rows: columns, columns: columns)
      for j in 0..<columns - 1 {
        let free = Array(j + 1..<columns)
        let corner = damped.selectingColumns(free).selectingRows(free)
        guard let lower = PlainCholesky.lower(corner) else { continue }
        let inverse = PlainCholesky.inverse(lower: lower)
        for (a, column) in free.enumerated() {
          var sum = 0.0
          for (b, other) in free.enumerated() { sum += shift[j, other] * inverse[b, a] }
          p[j, column] = 0.25 * sum
        }
      }
      return p
    }
  }

  /// Quantizes `weight`, (out, in), with `hessian`, (in, in), and GPTAQ's `shift` of the inputs where
  /// it is given; nil if H + λI has no factor.
  public static func quantize(
    weight: Matrix<Double>, hessian: Matrix<Double>, shift: Matrix<Double>? = nil,
    config: QuantizeConfig, blockSize: Int = 128
  ) -> Result? {
    Factor(
      hessian: hessian, shift: shift, dampPercent: config.dampPercent, descAct: config.descAct,
      groupAware: config.actGroupAware ? config.groupSize : nil
    ).map { quantize(weight: weight, factor: $0, config: config, blockSize: blockSize) }
  }

  /// Quantizes `weight`, (out, in), with a factor made for the damp and order of `config`.
  public static func quantize(
    weight: Matrix<Double>, factor: Factor, config: QuantizeConfig, blockSize: Int = 128
  ) -> Result {
    let (rows, columns) = (weight.rows, weight.columns)
    let (order, u, p) = (factor.order, factor.u, factor.p)
    let groupSize = config.groupSize == -1 ? columns : config.groupSize
    let groups = (columns + groupSize - 1) / groupSize
    var w = weight
    var scales = Matrix<Float>(rows: rows, columns: groups)
    var zeros = Matrix<Int32>(rows: rows, columns: groups)
    // `places` has the original column at each column of `source`.
    func findParams(_ group: Int, from source: Matrix<Double>, _ places: [Int]) {
      let run = group * groupSize..<min((group + 1) * groupSize, columns)
      let block = run.map { row in
        run.map { factor.hessian[places[row], places[$0]] }
      }
      for row in 0..<rows {
        (scales[row, group], zeros[row, group]) = parameters(
          run.map { source[row, $0] }, block, config)
      }
    }
    let natural = Array(0..<columns)
    if config.groupSize == -1 { findParams(0, from: w, natural) }
    for column in factor.dead {
      for row in 0..<rows { w[row, column] = 0 }
    }
    let isStatic = config.staticGroups || config.groupSize == -1
    if config.staticGroups && config.groupSize != -1 {
      for group in 0..<groups { findParams(group, from: w, natural) }
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
          if config.groupTiming == .current {
            // Columns after the block have not yet seen the errors of this one.
            var current = block
            for later in end..<max(end, min(i + groupSize, columns)) {
              for row in 0..<rows {
                for k in start..<i {
                  current[row, later] -=
                    errors[row, k] * u[k, later] - quantized[row, order[k]] * p[k, later]
                }
              }
            }
            findParams(i / groupSize, from: current, order)
          } else {
            findParams(i / groupSize, from: w, order)
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
          let value = block[row, i]
          for later in i..<end {
            block[row, later] -= error * u[i, later] - value * p[i, later]
          }
        }
      }
      for row in 0..<rows {
        for i in start..<end {
          // By now the authors' code has the quantized value where the loop had the weight.
          let value = quantized[row, order[i]]
          for later in end..<max(end, columns) {
            w[row, later] -= errors[row, i] * u[i, later] - value * p[i, later]
          }
        }
      }
    }
    if config.actGroupAware && !isStatic {
      // Run r of the order is group order[r·size]/size of the original columns.
      let (solvedScales, solvedZeros) = (scales, zeros)
      for run in 0..<groups {
        for row in 0..<rows {
          scales[row, order[run * groupSize] / groupSize] = solvedScales[row, run]
          zeros[row, order[run * groupSize] / groupSize] = solvedZeros[row, run]
        }
      }
      for column in 0..<columns { groupIndex[column] = Int32(column / groupSize) }
    }
    return Result(
      codes: codes, scales: scales, zeros: zeros, groupIndex: groupIndex, quantized: quantized,
      losses: losses)
  }
}
