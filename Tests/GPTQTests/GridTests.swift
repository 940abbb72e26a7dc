import Compute
import GPTQ
import Tensor
import Testing

@Suite("Grids and rounding")
struct GridTests {
  static func quantize(
    _ rows: [[Float]], _ change: (inout QuantizeConfig) -> Void
  ) -> (linear: QuantizedLinear, clipped: Int) {
    RoundToNearest.quantize(Matrix(rows), config: .with(change), engine: CPUEngine())
  }

  @Test("halves round to even, and clamp at the symmetric end")
  func halves() {
    // -7.5 makes the scale 1: codes are round(w) + 8.
    let weights: [Float] = [-7.5, 7.5, 6.5, 5.5, 0.5, 1.5, -0.5, -6.5]
    let result = Self.quantize([weights]) { ($0.groupSize, $0.scalesDtype) = (8, .f32) }
    #expect(result.linear.grids.scales.elements == [1])
    #expect(result.linear.codes.elements == [0, 15, 14, 14, 8, 10, 8, 2])
  }

  @Test("a symmetric row without negative weights keeps other tools' half-wide scale and clips")
  func nonNegativeRow() {
    let weights: [Float] = [0, 1, 2, 3, 4, 5, 6, 15]
    let sym = Self.quantize([weights]) { ($0.groupSize, $0.scalesDtype) = (8, .f32) }
    #expect(sym.linear.grids.scales.elements == [1])
    #expect(sym.linear.codes.elements == [8, 9, 10, 11, 12, 13, 14, 15])
    #expect(sym.clipped == 1)
    let asym = Self.quantize([weights]) {
      ($0.groupSize, $0.scalesDtype, $0.sym) = (8, .f32, false)
    }
    #expect(asym.linear.dequantized().elements == weights)
    #expect(asym.linear.grids.zeros.elements == [0])
  }

  @Test("a range on one side of zero still reaches zero")
  func oneSided() {
    let weights: [Float] = [-15, -14, -13, -12, -11, -10, -9, -8]
    let asym = Self.quantize([weights]) {
      ($0.groupSize, $0.scalesDtype, $0.sym) = (8, .f32, false)
    }
    #expect(asym.linear.grids.zeros.elements == [15])
    #expect(asym.linear.dequantized().elements == weights)
  }

  @Test(
    "weights at the edges of a storage type give finite scales",
    arguments: [Float(0), 1e-9, 1e-7, 3e-5, 1e6, 3e38], FloatFormat.allCases)
  func extremes(size: Float, format: FloatFormat) {
    let weights = (0..<32).map { size * Float($0 - 16) / 16 }
    for bits in [2, 3, 4, 8] {
      for sym in [false, true] {
        let result = Self.quantize([weights]) {
          ($0.bits, $0.groupSize, $0.sym, $0.scalesDtype) = (bits, 32, sym, format)
        }
        let scale = result.linear.grids.scales.elements[0]
        #expect(scale > 0 && scale.isFinite)
        #expect(format.round(scale) == scale)
        let weight = result.linear.dequantized()
        #expect(weight.elements.allSatisfy { $0.isFinite })
        if format == .f32, bits == 8, size <= 1e6 {
          for (restored, original) in zip(weight.elements, weights) {
            #expect(abs(restored - original) <= size / 100)
          }
        }
      }
    }
  }

  @Test("scales are what the file will hold")
  func roundedScales() throws {
    let problem = QuantizationProblem.synthetic(rows: 16, columns: 64, seed: 9)
    for format in FloatFormat.allCases {
      let solved = try problem.solved(.with { ($0.groupSize, $0.scalesDtype) = (16, format) })
      #expect(solved.linear.grids.scales.elements.allSatisfy { format.round($0) == $0 })
    }
  }

  @Test("dead inputs: their weights become 0, the others do not notice")
  func deadColumns() throws {
    var problem = QuantizationProblem.synthetic(rows: 32, columns: 64, seed: 4)
    for i in 0..<64 {
      for dead in [0, 17, 63] {
        problem.hessian[dead, i] = 0
        problem.hessian[i, dead] = 0
      }
    }
    for descAct in [false, true] {
      let solved = try GPTQSolver(engine: CPUEngine()).quantize(
        weight: problem.weight, hessian: problem.hessian,
        config: .with { ($0.groupSize, $0.descAct, $0.rescue) = (32, descAct, .off) })
      #expect(solved.path == .direct)
      #expect(solved.deadColumns == [0, 17, 63])
      let weight = solved.linear.dequantized()
      for row in 0..<32 {
        for dead in [0, 17, 63] { #expect(weight[row, dead] == 0) }
      }
      #expect(solved.error.relative < 0.1)
    }
  }
}
