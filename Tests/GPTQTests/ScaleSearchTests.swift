import Basics
import Compute
import GPTQ
import Tensor
import Testing

@Suite("scale_search and grid")
struct ScaleSearchTests {
  struct Search: Sendable, CustomTestStringConvertible {
    var kind: QuantizeConfig.ScaleSearch
    var range = 1.0
    var change: @Sendable (inout QuantizeConfig) -> Void = { _ in }
    var name = ""

    var testDescription: String { "\(kind) to \(range) \(name)" }

    var config: QuantizeConfig {
      .with {
        ($0.scaleSearch, $0.scaleSearchRange, $0.groupSize) = (kind, range, 32)
        change(&$0)
      }
    }
  }

  static let searches: [Search] = [.mse, .activation, .hessian].flatMap { kind in
    [
      Search(kind: kind),
      Search(kind: kind, range: 1.3, change: { ($0.bits, $0.descAct) = (3, true) }, name: "desc"),
      Search(kind: kind, change: { $0.actGroupAware = true }, name: "group aware"),
      Search(
        kind: kind, change: { ($0.bits, $0.sym, $0.staticGroups) = (3, false, true) },
        name: "static asym"),
      Search(
        kind: kind, change: { ($0.groupSize, $0.groupTiming) = (40, .current) }, name: "fresh 40"),
      Search(kind: kind, change: { ($0.bits, $0.groupSize) = (3, -1) }, name: "rows"),
      Search(
        kind: kind, change: { ($0.bits, $0.gridSpan) = (2, .fullRange) }, name: "full range"),
      Search(kind: kind, change: { ($0.groupSize, $0.descAct) = (8, true) }, name: "groups of 8"),
    ]
  }

  @Test("as plain loops in Double", arguments: searches)
  func agrees(search: Search) throws {
    let problem = QuantizationProblem.synthetic(rows: 37, columns: 136, seed: 21)
    let config = search.config
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        config: config))
    let double = try problem.solvedInDouble(config)
    #expect(agreement(double.linear.codes, reference.codes) >= 0.999)
    #expect(agreement(double.linear.grids.scales, reference.scales) >= 0.998)
    #expect(relativeDifference(double.losses ?? .nan, reference.losses) < 1e-4)
    let single = try problem.solved(config)
    // In float32 two neighbours among 80 grids may be as good as each other.
    #expect(relativeDifference(single.losses ?? .nan, reference.losses) < 5e-3)
  }

  @Test("grid full_range as plain loops in Double", arguments: 2...8, [16, -1])
  func fullRangeAgrees(bits: Int, groupSize: Int) throws {
    let problem = QuantizationProblem.synthetic(rows: 24, columns: 96, seed: 5)
    let config = QuantizeConfig.with {
      ($0.bits, $0.groupSize, $0.gridSpan, $0.descAct) = (bits, groupSize, .fullRange, true)
    }
    let reference = try #require(
      GPTQReference.quantize(
        weight: Matrix<Double>(problem.weight), hessian: Matrix<Double>(problem.hessian),
        config: config))
    let solved = try problem.solvedInDouble(config)
    #expect(agreement(solved.linear.codes, reference.codes) >= 0.9999)
    #expect(solved.linear.grids.scales.elements.contains { $0 < 0 })
  }

  @Test("full_range represents the largest weight of each group exactly, as code 0")
  func fullRangeIsExact() {
    let problem = QuantizationProblem.synthetic(rows: 16, columns: 64, seed: 8)
    for bits in 2...8 {
      let (linear, _) = RoundToNearest.quantize(
        problem.weight,
        config: .with {
          ($0.bits, $0.groupSize, $0.gridSpan, $0.scalesDtype) = (bits, 16, .fullRange, .f32)
        }, engine: CPUEngine())
      let weight = linear.dequantized()
      for row in 0..<16 {
        for group in 0..<4 {
          let columns = group * 16..<(group + 1) * 16
          let largest = columns.max {
            abs(problem.weight[row, $0]) < abs(problem.weight[row, $1])
          }
          guard let largest else { continue }
          #expect(linear.codes[row, largest] == 0)
          #expect(weight[row, largest] == problem.weight[row, largest])
        }
      }
    }
  }

  @Test("what is searched for is lower than at the weights' range, in every group")
  func lowers() throws {
    let problem = QuantizationProblem.synthetic(rows: 32, columns: 128, seed: 13)
    let plain = QuantizeConfig.with { ($0.algorithm, $0.bits, $0.groupSize) = (.rtn, 3, 32) }
    let solver = GPTQSolver(engine: CPUEngine())
    let without = try solver.quantize(
      weight: problem.weight, hessian: problem.hessian, config: plain)
    for kind in [QuantizeConfig.ScaleSearch.mse, .activation, .hessian] {
      var config = plain
      config.scaleSearch = kind
      let with = try solver.quantize(
        weight: problem.weight, hessian: problem.hessian, config: config)
      #expect(with.path == .rtn)
      var isLower = 0
      for row in 0..<32 {
        for group in 0..<4 {
          let columns = Array(group * 32..<(group + 1) * 32)
          func error(_ solved: SolvedLinear) -> Double {
            let weight = solved.linear.dequantized()
            let e = columns.map { Double(weight[row, $0] - problem.weight[row, $0]) }
            var sum = 0.0
            for (i, a) in columns.enumerated() {
              for (j, b) in columns.enumerated() {
                switch kind {
                case .none, .mse: sum += i == j ? e[i] * e[i] : 0
                case .activation: sum += i == j ? e[i] * e[i] * Double(problem.hessian[a, a]) : 0
                case .hessian: sum += e[i] * e[j] * Double(problem.hessian[a, b])
                }
              }
            }
            return sum
          }
          let (before, after) = (error(without), error(with))
          #expect(after <= before * (1 + 1e-5))
          if after < 0.999 * before { isLower += 1 }
        }
      }
      #expect(isLower > 64, "\(kind): most groups of 3 bits gain")
    }
  }

  @Test("gptq with a search ends with less error at 3 bits")
  func helps() throws {
    let problem = QuantizationProblem.synthetic(rows: 64, columns: 256, seed: 2)
    func error(_ kind: QuantizeConfig.ScaleSearch) throws -> Double {
      try problem.solved(
        .with { ($0.bits, $0.groupSize, $0.scaleSearch, $0.descAct) = (3, 64, kind, true) }
      ).error.squaredError
    }
    let plain = try error(.none)
    #expect(try error(.mse) < 0.97 * plain)
    #expect(try error(.activation) < 0.95 * plain)
    #expect(try error(.hessian) < 0.95 * plain)
  }

  @Test("bad settings are refused, in three parts")
  func refused() {
    func error(_ change: (inout QuantizeConfig) -> Void) -> InputError? {
      do {
        try QuantizeConfig.with(change).validate()
        return nil
      } catch { return error }
    }
    #expect(
      error { $0.scaleSearchRange = 0.9 }
        == InputError(
          .usage, asked: "scale_search_range 0.9",
          found: "it is a multiple of the weights' range, from 1 to 4",
          hint: "1 tries narrower ranges only; 1.2 tries 20 wider ones, too"))
    #expect(error { $0.scaleSearchRange = .nan } != nil)
    #expect(
      error { ($0.gridSpan, $0.sym) = (.fullRange, false) }
        == InputError(
          .usage, asked: "grid full_range with sym false",
          found: "a grid with a zero point of its own spans its weights from end to end already",
          hint: "leave out grid, or set sym true"))
    #expect(
      QuantizeConfig.with { $0.scaleSearchRange = 1.2 }.warnings(inFeatures: 128)
        == ["scale_search_range changes nothing without a scale_search"])
  }

  @Test("weights that are all 0, tiny or dead keep finite grids", arguments: [0, 1e-38, 1e-6])
  func degenerate(size: Float) throws {
    var problem = QuantizationProblem.synthetic(rows: 8, columns: 64, seed: 3)
    for row in 0..<8 {
      for column in 0..<32 { problem.weight[row, column] *= size }
    }
    for column in 0..<64 {
      (problem.hessian[5, column], problem.hessian[column, 5]) = (0, 0)
    }
    for kind in [QuantizeConfig.ScaleSearch.mse, .activation, .hessian] {
      for span in GridSpan.allCases {
        let solved = try problem.solved(
          .with { ($0.groupSize, $0.scaleSearch, $0.gridSpan) = (32, kind, span) })
        #expect(solved.linear.grids.scales.elements.allSatisfy { $0.isFinite && $0 != 0 })
        #expect(solved.error.squaredError.isFinite)
      }
    }
  }
}

/// The share of scales that two results have in common.
private func agreement(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Double {
  let equal = zip(a.elements, b.elements).count { abs($0 - $1) <= 1e-6 * abs($1) }
  return Double(equal) / Double(max(a.elements.count, 1))
}
