import Compute
import Foundation
import GPTQ
import Tensor

/// Whether columns stand in the groups whose scales they were counted in, as the base's weights have
/// it.
struct ColumnPlacement: Sendable {
  /// ln of the module's Bayes factor for columns in wrong groups: the mean over columns of theirs.
  var logBayesFactor = 0.0
  /// Columns whose own evidence is beyond `clear`.
  var misplaced: [Int] = []

  /// ln of the likelihood ratio beyond which a column is named.
  static let clear = log(1e6)
}

/// Some rows of an original weight and of its codes, to judge columns by.
///
/// Down the rows a column's weights follow scale·(code − zero) with the scales of its own group: for
/// every group, R = Σw² − (Σwq)²/Σq², a common factor left free and each row divided by its mean
/// scale. A column is better placed in the group of the least R by n/2 · ln(R of its own / R), n being
/// the number of weights that R rests on: (Σw²)²/Σw⁴, times 3 for normal ones. In the group that it
/// belongs to, a column's codes also have the size of its weights, within a factor of 2, and explain
/// half of their squares: of columns that GPTQ moved far, the codes may follow anything by chance.
///
/// Rounding leaves errors of the size of a step, which in some rows of a group with outliers is many
/// times that of others. So the same is asked of the residuals in steps, Σ((w/s) − f·q)², each row
/// with its own ln s, and the lesser of the two answers counts.
struct ColumnSample {
  /// The rows that are taken.
  let places: [Int]
  private var rows: [Int] = []
  private var weight: [Float] = []

  /// Columns that must be misplaced before a module is.
  private static let fewest = 3
  /// About how many rows are taken.
  private static let count = 256

  init(rows count: Int) {
    places = Array(stride(from: 0, to: count, by: max(1, count / Self.count)))
  }

  /// Takes a row of the original.
  mutating func append(_ row: Int, _ original: Matrix<Float>) {
    rows.append(row)
    weight += original.elements
  }

  /// The deviation of the codes of each column from their targets, in steps of their row's mean
  /// scale: what GPTQ made up for in a column grows with the steps of the others, and by a factor
  /// that inputs decide. Infinite where rows are too few to say.
  func drift(_ linear: QuantizedLinear) -> [Float] {
    let columns = linear.codes.columns
    let highest = Float(1 << linear.bits - 1)
    let some = Array(stride(from: 0, to: rows.count, by: max(1, rows.count / 128)))
    guard some.count >= 32 else { return [Float](repeating: .infinity, count: columns) }
    var off = [Float](repeating: 0, count: columns * some.count)
    for (line, place) in some.enumerated() {
      let row = rows[place]
      let scales = linear.grids.scales.row(row).map { $0.isFinite ? $0 : 0 }
      let sound = scales.count { $0 != 0 }
      guard sound > 0 else { continue }
      let mean = scales.reduce(0) { $0 + abs($1) } / Float(sound)
      let zeros = linear.grids.zeros.row(row).map { Float($0) }
      let (codes, own) = (linear.codes.row(row), weight[place * columns..<(place + 1) * columns])
      for (column, (code, weight)) in zip(codes, own).enumerated() {
        let group = Int(linear.groupIndex[column])
        let scale = scales[group]
        guard scale != 0 else { continue }
        let target = min(max(weight / scale + zeros[group], 0), highest)
        off[column * some.count + line] = abs((Float(code) - target) * scale) / mean
      }
    }
    let (half, most) = (some.count / 2, some.count * 4 / 5)
    return (0..<columns).map { column in
      var one = Array(off[column * some.count..<(column + 1) * some.count])
      one.select(most)
      let large = one[most]
      // What is below it stands before it.
      one.removeLast(one.count - most)
      one.select(half)
      return max(1.4826 * one[half], large / 1.2816)
    }
  }

  /// Judges every column. `fitted` are the scales that fit the groups' codes best, row after row: they
  /// stand in for stored ones that are off by more than a factor of 3, which are another defect.
  func place(
    _ linear: QuantizedLinear, fitted: [Float], engine: any Engine
  ) -> ColumnPlacement {
    guard linear.grids.scales.columns > 1, !rows.isEmpty else { return ColumnPlacement() }
    let (columns, groups) = (linear.codes.columns, linear.grids.scales.columns)
    let middle = Float(1 << (linear.bits - 1))
    let levels = 2 * middle
    var scales = Matrix<Float>(rows: rows.count, columns: groups)
    var zeros = scales
    var weight = Matrix(rows: rows.count, columns: columns, elements: weight)
    var codes = Matrix<Float>(rows: rows.count, columns: columns)
    for (place, row) in rows.enumerated() {
      let stored = (0..<groups).map { group -> Float in
        let (stored, fit) = (linear.grids.scales[row, group], fitted[row * groups + group])
        let size = abs(stored)
        let isStray = fit > 0 && fit.isFinite && (fit > 3 * size || size > 3 * fit)
        return isStray ? (stored < 0 ? -fit : fit) : stored
      }
      let own = stored.filter { $0 != 0 && $0.isFinite }
      guard !own.isEmpty else {
        for column in 0..<columns { weight[place, column] = 0 }
        continue
      }
      let mean = own.reduce(0) { $0 + abs($1) } / Float(own.count)
      for group in 0..<groups {
        let scale = stored[group]
        scales[place, group] = scale.isFinite ? scale / mean : 0
        zeros[place, group] = Float(linear.grids.zeros[row, group]) - middle
      }
      let (grid, zero) = (Array(linear.grids.scales.row(row)), zeros.row(place).map { $0 + middle })
      let (start, stop) = (place * columns, (place + 1) * columns)
      for (column, code) in linear.codes.row(row).enumerated() {
        let (group, own) = (Int(linear.groupIndex[column]), weight.elements[start + column])
        // A code that has wrapped stands for the largest one.
        let target = own / grid[group] + zero[group]
        let isWrapped = Float(code) < levels / 4 && target - Float(code) > levels * 3 / 4
        codes.elements[start + column] = (isWrapped ? levels - 1 : Float(code)) - middle
      }
      let factor = 1 / mean
      for place in start..<stop { weight.elements[place] *= factor }
    }
    let fit = fit(weight, codes, scales, zeros, engine)
    let steps = fitInSteps(weight, codes, scales, zeros, engine)
    return judge(linear, weight, codes, zeros, fit.products, fit.squares, steps)
  }

  /// Σ w·q and Σ q² of each column in each group, (columns, groups).
  private func fit(
    _ weight: Matrix<Float>, _ codes: Matrix<Float>, _ scales: Matrix<Float>,
    _ zeros: Matrix<Float>, _ engine: any Engine
  ) -> (products: Matrix<Float>, squares: Matrix<Float>) {
    let squaredScales = times(scales, scales)
    var products = engine.product(times(weight, codes), scales)
    var squares = engine.product(times(codes, codes), squaredScales)
    guard zeros.elements.contains(where: { $0 != 0 }) else { return (products, squares) }
    let moved = engine.product(weight, times(scales, zeros))
    let mixed = engine.product(codes, times(squaredScales, zeros))
    let constant = engine.product(
      Matrix(rows: weight.rows, columns: 1, repeating: 1), times(squaredScales, times(zeros, zeros))
    )
    for place in products.elements.indices {
      products.elements[place] -= moved.elements[place]
      squares.elements[place] +=
        constant.elements[place % scales.columns] - 2 * mixed.elements[place]
    }
    return (products, squares)
  }

  /// For each column and group the residual of its weights in steps of the group's scales, (columns,
  /// groups), and the mean ln of these scales, by group.
  private func fitInSteps(
    _ weight: Matrix<Float>, _ codes: Matrix<Float>, _ scales: Matrix<Float>,
    _ zeros: Matrix<Float>, _ engine: any Engine
  ) -> (residuals: Matrix<Float>, logarithms: [Double]) {
    let inverse = scales.map { $0 == 0 ? 0 : 1 / $0 }
    let present = scales.map { $0 == 0 ? 0 : Float(1) }
    let powers = engine.product(times(weight, weight), times(inverse, inverse))
    let products = engine.product(times(weight, codes), inverse)
    let moved = engine.product(weight, times(inverse, zeros))
    let squares = engine.product(times(codes, codes), present)
    let mixed = engine.product(codes, times(present, zeros))
    let constant = engine.product(
      Matrix(rows: weight.rows, columns: 1, repeating: 1), times(present, times(zeros, zeros)))
    var residuals = powers
    for place in residuals.elements.indices {
      let along = products.elements[place] - moved.elements[place]
      let square =
        squares.elements[place] - 2 * mixed.elements[place]
        + constant.elements[place % scales.columns]
      let rest =
        square > 0 ? powers.elements[place] - along * along / square : powers.elements[place]
      // Sums in float32 are good to about 1e-6 of the power.
      residuals.elements[place] = max(rest, powers.elements[place] * 1e-5)
    }
    let logarithms = (0..<scales.columns).map { group in
      var (sum, count) = (0.0, 0)
      for row in 0..<scales.rows where scales[row, group] != 0 {
        sum += log(Double(abs(scales[row, group])))
        count += 1
      }
      return sum / Double(max(count, 1))
    }
    return (residuals, logarithms)
  }

  private func judge(
    _ linear: QuantizedLinear, _ weight: Matrix<Float>, _ codes: Matrix<Float>,
    _ zeros: Matrix<Float>, _ products: Matrix<Float>, _ squares: Matrix<Float>,
    _ steps: (residuals: Matrix<Float>, logarithms: [Double])
  ) -> ColumnPlacement {
    let (columns, groups) = (weight.columns, products.columns)
    var power = [Double](repeating: 0, count: columns)
    var fourth = power
    var informative = power
    for row in 0..<weight.rows {
      for column in 0..<columns {
        let square = Double(weight[row, column]) * Double(weight[row, column])
        power[column] += square
        fourth[column] += square * square
        if codes[row, column] != zeros[row, Int(linear.groupIndex[column])] {
          informative[column] += 1
        }
      }
    }
    var result = ColumnPlacement()
    var evidence = [Double](repeating: 0, count: columns)
    for column in 0..<columns where power[column] > 0 && informative[column] >= 32 {
      // Sums in float32 are good to about 1e-6 of the power.
      let floor = power[column] * 1e-5
      func residual(_ group: Int) -> Double {
        let square = Double(squares[column, group])
        let product = Double(products[column, group])
        return max(square > 0 ? power[column] - product * product / square : power[column], floor)
      }
      func inSteps(_ group: Int) -> Double {
        log(max(Double(steps.residuals[column, group]), .leastNormalMagnitude))
          + 2 * steps.logarithms[group]
      }
      let index = Int(linear.groupIndex[column])
      let (own, ownSteps) = (residual(index), inSteps(index))
      let best = (0..<groups).reduce(0.0) { best, group in
        let ratio = Double(squares[column, group]) / power[column]
        let other = residual(group)
        guard ratio > 0.25, ratio < 4, other * 2 < power[column] else { return best }
        return max(best, min(log(own / other), ownSteps - inSteps(group)))
      }
      guard best > 0 else { continue }
      let count = min(informative[column], 3 * power[column] * power[column] / fourth[column])
      evidence[column] = count / 2 * best - log(Double(groups))
      if evidence[column] > ColumnPlacement.clear { result.misplaced.append(column) }
    }
    // Groups are exchanged by twos at least. Where inputs are nearly dependent, GPTQ moves single columns
    // so far that they follow the scales of another group.
    guard result.misplaced.count >= Self.fewest else { return ColumnPlacement() }
    result.logBayesFactor = max(0, logMean(evidence))
    return result
  }
}

extension Engine {
  /// Aᵀ·B of two matrices of the host.
  fileprivate func product(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Matrix<Float> {
    download(multiply(upload(a), transposingA: true, upload(b), transposingB: false))
  }
}

/// The products of elements in the same place.
private func times(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Matrix<Float> {
  Matrix(
    rows: a.rows, columns: a.columns, elements: zip(a.elements, b.elements).map { $0 * $1 })
}
