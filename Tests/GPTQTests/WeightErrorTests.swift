import Basics
import Compute
import GPTQ
import Tensor
import TestSupport
import Testing

/// How far quantized weights are from the original ones, in steps.
@Suite("Weight errors")
struct WeightErrorTests {
  let engine = CPUEngine()

  /// One row whose errors are known: scale 0.5, zero 2, codes 0 to 3.
  @Test(
    "each weight is in its bin; what the grid ends before is clipped; half a step is the nearest code"
  )
  func planted() {
    // (weight in steps from zero, code): the error is the first less (code − 2).
    let weights: [(Float, UInt8)] = [
      (0, 2), (0.49, 2), (-0.49, 2), (0.5, 2), (-0.5, 2), (0.3, 3), (1.6, 2), (-1.2, 2),
      (1.4, 3), (1.6, 3), (4.5, 3), (-2.4, 0), (-2.6, 0), (-9, 0), (7, 2), (-3.1, 2), (1, 2),
      (.infinity, 3), (.nan, 1),
    ]
    let errors = errors(weights.map(\.0), weights.map(\.1), dead: [16])
    // Of the nearest codes: 0, ±0.49, ±0.5 (in the bins within), 0.4 and −0.4.
    #expect(errors.counts[bin(0)] == 1 && errors.counts[bin(0.49)] == 3)
    #expect(errors.counts[bin(-0.49)] == 3)
    #expect(errors.counts[bin(0.5)] == 0)
    // Moved: −0.7, 1.6, −1.2, and two in the tails whose codes are no ends of the grid.
    #expect(errors.movedWeights == 5)
    #expect(errors.counts[bin(-0.7)] == 1 && errors.counts[bin(1.6)] == 1)
    #expect(errors.counts[bin(-1.2)] == 1)
    #expect(errors.counts.first == 1 && errors.counts.last == 1)
    // Clipped: 0.6 and 3.5 above, −0.6 and −7 below.
    #expect(errors.clippedWeights == 4 && errors.clipped.first == 1 && errors.clipped.last == 1)
    #expect(errors.clipped[bin(0.6)] == 1 && errors.clipped[bin(-0.6)] == 1)
    #expect(errors.dead == 1 && errors.notFinite == 2)
    #expect(errors.weights == weights.count - 3)
    let squares = weights.dropLast(3).reduce(0.0) {
      let error = Double($1.0) - Double($1.1) + 2
      return $0 + error * error
    }
    #expect(abs(errors.squares / squares - 1) < 1e-6)
  }

  @Test("counts are those of a plain loop, for any groups and orders, and add up")
  func reference() throws {
    let problem = QuantizationProblem.synthetic(rows: 70, columns: 300, seed: 5)
    for (bits, act) in [(2, false), (3, true), (4, true), (8, false)] {
      var config = QuantizeConfig()
      (config.bits, config.groupSize, config.descAct) = (bits, 64, act)
      config.sym = bits != 3
      let solved = try GPTQSolver(engine: engine).quantize(
        weight: problem.weight, hessian: problem.hessian, config: config)
      let found = self.found(problem.weight, solved.linear)
      let expected = plain(problem.weight, solved.linear)
      #expect(found.counts == expected.counts && found.clipped == expected.clipped)
      // Summed in another order.
      #expect(abs(found.squares / expected.squares - 1) < 1e-9)
      #expect(found.weights == 70 * 300 && found.movedWeights > 0)
      var twice = found
      twice.add(found)
      #expect(twice.weights == 2 * found.weights && twice.rootMeanSquare == found.rootMeanSquare)
    }
  }

  @Test(
    "rounding to nearest moves no weight, and its errors are spread over the step",
    arguments: [3, 4, 8])
  func nearest(bits: Int) throws {
    let problem = QuantizationProblem.synthetic(rows: 40, columns: 256, seed: 6)
    var config = QuantizeConfig()
    (config.bits, config.groupSize) = (bits, 64)
    let (linear, clipped) = RoundToNearest.quantize(problem.weight, config: config, engine: engine)
    let errors = found(problem.weight, linear)
    // The largest weight of a symmetric group lies half a step beyond its grid, and by what its scale was
    // rounded down: the loop counts that, too.
    #expect(errors.movedWeights == 0 && errors.clippedWeights <= clipped && clipped > 0)
    #expect(abs(try #require(errors.rootMeanSquare) / (1.0 / 12).squareRoot() - 1) < 0.05)
    #expect(WeightErrors().rootMeanSquare == nil)
  }

  private func bin(_ error: Double) -> Int {
    WeightErrors.bounds.firstIndex { error < $0 } ?? WeightErrors.bounds.count
  }

  private func errors(_ steps: [Float], _ codes: [UInt8], dead: [Int]) -> WeightErrors {
    let columns = steps.count
    let linear = QuantizedLinear(
      bits: 2, sym: true, codes: Matrix(rows: 1, columns: columns, elements: codes),
      grids: GroupGrids(
        scales: Matrix(rows: 1, columns: 1, elements: [0.5]),
        zeros: Matrix(rows: 1, columns: 1, elements: [2])),
      groupIndex: [Int32](repeating: 0, count: columns), scalesDtype: .f16)
    return found(
      Matrix(rows: 1, columns: columns, elements: steps.map { 0.5 * $0 }), linear, dead: dead)
  }

  private func found(
    _ weight: Matrix<Float>, _ linear: QuantizedLinear, dead: [Int] = []
  ) -> WeightErrors {
    WeightErrors(
      of: engine.upload(linear.codes, grids: linear.grids, groupIndex: linear.groupIndex),
      bits: linear.bits, original: engine.upload(weight), deadColumns: dead, engine: engine)
  }

  private func plain(_ weight: Matrix<Float>, _ linear: QuantizedLinear) -> WeightErrors {
    var counts = [Int](repeating: 0, count: WeightErrors.bounds.count + 1)
    var clipped = counts
    var squares = 0.0
    let top = (1 << linear.bits) - 1
    let near: Float = 0.5 + 1.0 / 1024
    for row in 0..<weight.rows {
      var sum = 0.0
      for column in 0..<weight.columns {
        let (code, group) = (Int(linear.codes[row, column]), Int(linear.groupIndex[column]))
        let error =
          weight[row, column] / linear.grids.scales[row, group]
          - Float(code - Int(linear.grids.zeros[row, group]))
        var place = bin(Double(error))
        if error >= 0.5, error <= near { place = bin(0.49) }
        if error < -0.5, error >= -near { place = bin(-0.49) }
        if (code == 0 && error < -near) || (code == top && error > near) {
          clipped[place] += 1
        } else {
          counts[place] += 1
        }
        sum += Double(error * error)
      }
      squares += sum
    }
    return WeightErrors(counts: counts, clipped: clipped, squares: squares)
  }
}
