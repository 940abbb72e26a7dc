import CKernels
import COpenBLAS
import Tensor

/// The scales of a linear solved again with its codes fixed, for an engine that does so on the host:
/// for each row the minimum of (w − Σ s_g·c_g)ᵀ·H·(w − Σ s_g·c_g), c_g being code − zero in the columns
/// of group g and 0 elsewhere (the second stage of arXiv 2602.02126). A row whose minimum, after its
/// scales are rounded to their storage type, is no better than what it had keeps its scales, and so
/// does a row one of whose scales would change its sign or become 0.
public struct ScaleRefinement: Sendable {
  private let columns: Int
  private let layout: GroupLayout
  /// H in the order of `layout`.
  private let hessian: Matrix<Float>
  private let scalesDtype: FloatFormat

  /// Refines linears whose columns are in the groups `index`, of which there are `groups`, with H, (in,
  /// in); scales are rounded to `scalesDtype`.
  public init(hessian: Matrix<Float>, index: [Int32], groups: Int, scalesDtype: FloatFormat) {
    precondition(hessian.rows == index.count && hessian.columns == index.count, "H is (in, in)")
    columns = index.count
    layout = GroupLayout(index: index, groups: groups)
    self.hessian =
      layout.isPlain ? hessian : hessian.selectingRowsAndColumns(layout.order.map(Int.init))
    self.scalesDtype = scalesDtype
  }

  /// The scales of `codes`, (out, in), for the weight `weight`, (out, in).
  public func refined(
    _ codes: Matrix<UInt8>, grids: GroupGrids, weight: Matrix<Float>
  ) -> GroupGrids {
    let groups = layout.groups
    precondition(codes.columns == columns && grids.scales.columns == groups, "a grid a group")
    var refined = grids
    let order = layout.order.map(Int.init)
    let isPlain = layout.isPlain
    let tile = max(1, min(64, (1 << 21) / (groups * groups)))
    refined.scales.elements.withUnsafeMutableBufferPointer { scales in
      guard let scales = scales.baseAddress else { return }
      nonisolated(unsafe) let out = scales
      parallelFor(codes.rows, chunk: tile) { rows in
        var part = Part(rows: rows.count, columns: columns, groups: groups)
        for (place, row) in rows.enumerated() {
          let first = place * columns
          for column in 0..<columns {
            let source = isPlain ? column : order[column]
            let group = Int(part.group(of: column, layout))
            let steps = Float(Int32(codes[row, source]) - grids.zeros[row, group])
            part.steps[first + column] = steps
            part.error[first + column] = weight[row, source] - grids.scales[row, group] * steps
          }
        }
        part.multiply(by: hessian, layout)
        for (place, row) in rows.enumerated() {
          let old = (0..<groups).map { grids.scales[row, $0] }
          guard let new = part.solve(place, old, scalesDtype) else { continue }
          for group in 0..<groups { out[row * groups + group] = new[group] }
        }
      }
    }
    return refined
  }

  /// Some rows at work, columns in the order of the layout.
  private struct Part {
    let rows: Int
    let columns: Int
    let groups: Int
    /// code − zero, (rows, in).
    var steps: [Float]
    /// W − Wq, (rows, in).
    var error: [Float]
    /// c_gᵀ·H·c_h for h ≥ g, (rows, groups, groups).
    private var system: [Double]
    /// c_gᵀ·H·(w − wq), (rows, groups).
    private var slope: [Double]
    private var current = (column: -1, group: 0)

    init(rows: Int, columns: Int, groups: Int) {
      (self.rows, self.columns, self.groups) = (rows, columns, groups)
      steps = [Float](repeating: 0, count: rows * columns)
      error = steps
      system = [Double](repeating: 0, count: rows * groups * groups)
      slope = [Double](repeating: 0, count: rows * groups)
    }

    /// The group of a column; columns are asked for one after another.
    mutating func group(of column: Int, _ layout: GroupLayout) -> Int {
      if column == 0 { current.group = 0 }
      while Int(layout.starts[current.group + 1]) <= column { current.group += 1 }
      return current.group
    }

    /// Fills in the systems: one product with H for the slopes, half of one for the matrices.
    mutating func multiply(by hessian: Matrix<Float>, _ layout: GroupLayout) {
      var product = [Float](repeating: 0, count: rows * columns)
      Float.tileGemm(
        CblasNoTrans, CblasNoTrans, Int32(rows), Int32(columns), Int32(columns), 1, error,
        Int32(columns), hessian.elements, Int32(columns), 0, &product, Int32(columns))
      let starts = layout.starts.map(Int.init)
      steps.withUnsafeBufferPointer { steps in
        guard let steps = steps.baseAddress else { return }
        for group in 0..<groups {
          let (start, end) = (starts[group], starts[group + 1])
          if start == end { continue }
          for row in 0..<rows {
            let at = row * columns + start
            slope[row * groups + group] = product.withUnsafeBufferPointer {
              $0.baseAddress.map { tenbin_dot($0 + at, steps + at, end - start) } ?? 0
            }
          }
        }
        for group in 0..<groups {
          let (start, end) = (starts[group], starts[group + 1])
          if start == end { continue }
          let later = columns - start
          hessian.elements.withUnsafeBufferPointer { h in
            product.withUnsafeMutableBufferPointer { product in
              guard let h = h.baseAddress, let product = product.baseAddress else { return }
              Float.tileGemm(
                CblasNoTrans, CblasNoTrans, Int32(rows), Int32(later), Int32(end - start), 1,
                steps + start, Int32(columns), h + start * columns + start, Int32(columns), 0,
                product, Int32(later))
              for row in 0..<rows {
                for other in group..<groups {
                  let (from, to) = (starts[other], starts[other + 1])
                  system[(row * groups + group) * groups + other] = tenbin_dot(
                    product + row * later + from - start, steps + row * columns + from, to - from)
                }
              }
            }
          }
        }
      }
    }

    /// The scales of one row, as they are stored; nil where they are no better than `old`.
    func solve(_ row: Int, _ old: [Float], _ format: FloatFormat) -> [Float]? {
      let first = row * groups * groups
      let slope = Array(self.slope[row * groups..<(row + 1) * groups])
      func a(_ i: Int, _ j: Int) -> Double {
        system[first + min(i, j) * groups + max(i, j)]
      }
      // A group without codes beside its zero has no scale to move.
      var free = (0..<groups).filter { a($0, $0) > 0 }
      while !free.isEmpty {
        guard let step = Self.solved(free, a, slope) else { return nil }
        var new = old
        for (group, step) in zip(free, step) {
          new[group] = format.round(Float(Double(old[group]) + step))
        }
        let sound = free.filter {
          new[$0].isFinite && new[$0] != 0 && (new[$0] > 0) == (old[$0] > 0)
        }
        if sound.count < free.count {
          free = sound
          continue
        }
        // The change of the row's error by the rounded step: δᵀAδ − 2·slopeᵀδ.
        var change = 0.0
        for i in free {
          var sum = -2 * slope[i]
          for j in free { sum += a(i, j) * (Double(new[j]) - Double(old[j])) }
          change += sum * (Double(new[i]) - Double(old[i]))
        }
        return change < 0 ? new : nil
      }
      return nil
    }

    /// The step of the scales of `free` to the minimum, by LLᵀ = A; nil where A is singular.
    private static func solved(
      _ free: [Int], _ a: (Int, Int) -> Double, _ slope: [Double]
    ) -> [Double]? {
      let n = free.count
      var lower = [Double](repeating: 0, count: n * n)
      for i in 0..<n {
        for j in 0...i {
          var sum = a(free[i], free[j]) * (i == j ? 1 + 1e-6 : 1)
          for k in 0..<j { sum -= lower[i * n + k] * lower[j * n + k] }
          if i == j {
            guard sum > 0, sum.isFinite else { return nil }
            lower[i * n + i] = sum.squareRoot()
          } else {
            lower[i * n + j] = sum / lower[j * n + j]
          }
        }
      }
      var step = free.map { slope[$0] }
      for i in 0..<n {
        for k in 0..<i { step[i] -= lower[i * n + k] * step[k] }
        step[i] /= lower[i * n + i]
      }
      for i in (0..<n).reversed() {
        for k in (i + 1)..<max(n, i + 1) { step[i] -= lower[k * n + i] * step[k] }
        step[i] /= lower[i * n + i]
      }
      return step
    }
  }
}
