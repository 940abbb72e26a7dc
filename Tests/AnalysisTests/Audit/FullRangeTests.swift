import Analysis
import Compute
import Foundation
import GPTQ
import Tensor
import TestSupport
import Testing

/// Symmetric grids as auto-round makes them: the larger end of a group is the code 0, so that a group
/// that reaches farther up has a negative scale and codes counted against it.
@Suite("Audits of full-range symmetric grids")
struct FullRangeTests {
  @Test(
    "are no defect, alone or with the base",
    arguments: [(2, FloatFormat.f16), (3, .f16), (4, .bf16), (8, .f16), (8, .bf16)])
  func healthy(bits: Int, type: FloatFormat) throws {
    try audited(bits, type) { _ in
    } then: { alone, withBase in
      #expect(alone.verdict == .healthy, "\(alone.findings)")
      #expect(withBase.verdict == .healthy, "\(withBase.findings)")
    }
  }

  @Test("one scale of the wrong sign is found with the base", arguments: [2, 4, 8])
  func oneSign(bits: Int) throws {
    try audited(bits, .f16) {
      $0["model.layers.0.mlp.up_proj"]?.grids.scales.elements[3] *= -1
    } then: { _, withBase in
      let finding = try #require(withBase.findings.first { $0.defect == .scaleValue })
      #expect(finding.level == .defective)
      #expect(
        finding.evidence.english == "the codes of 1 groups run against the base's weights in 1 of 7"
          + " modules: their scales have the wrong sign")
      #expect(finding.modules == ["model.layers.0.mlp.up_proj"])
    }
  }

  @Test("scales that lost their signs are found without it", arguments: [4, 8])
  func lostSigns(bits: Int) throws {
    try audited(bits, .f16) { linears in
      for (name, linear) in linears { linears[name]?.grids.scales = linear.grids.scales.map(abs) }
    } then: { alone, withBase in
      for report in [alone, withBase] {
        let finding = try #require(report.findings.first { $0.defect == .scaleValue })
        #expect(finding.level == .defective)
        #expect(finding.modules.count == 7)
      }
    }
  }

  @Test("a single negative scale among positive ones is suspect alone, and judged with the base")
  func single() throws {
    try audited(4, .f16, fullRange: false) { linears in
      guard var linear = linears["model.layers.0.self_attn.q_proj"] else { return }
      // Turned in scale and codes: the same weights, but for code 0, which has no opposite.
      linear.grids.scales[7, 1] *= -1
      for (column, group) in linear.groupIndex.enumerated() where group == 1 {
        linear.codes[7, column] = min(16 - linear.codes[7, column], 15)
      }
      linears["model.layers.0.self_attn.q_proj"] = linear
    } then: { alone, withBase in
      #expect(alone.verdict == .suspect)
      #expect(
        alone.findings.first?.evidence.english
          == "1 scales are negative in 1 of 7 modules, and those of the other groups are not")
      #expect(withBase.verdict == .healthy, "\(withBase.findings)")
    }
  }

  /// Audits layer 2 of the demo model, rounded on grids of 64 columns and changed by `change`.
  private func audited(
    _ bits: Int, _ type: FloatFormat, fullRange: Bool = true,
    _ change: (inout [String: QuantizedLinear]) -> Void,
    then body: (AuditReport, AuditReport) throws -> Void
  ) throws {
    let model = try MadeModel(.plain, .oneLayer)
    var config = QuantizeConfig()
    (config.bits, config.groupSize, config.scalesDtype) = (bits, 64, type)
    config.algorithm = .rtn
    var linears = try model.solve(config)
    if fullRange {
      for linear in model.linears {
        linears[linear.name] = FullRangeGrid.quantize(
          linear.weight, bits: bits, groupSize: 64, scalesDtype: type)
      }
    }
    change(&linears)
    try withTemporaryDirectory { folder in
      let (base, url) = (
        folder.appendingPathComponent("base"), folder.appendingPathComponent("checkpoint")
      )
      try model.writeBase(to: base)
      try MadeCheckpoint(linears, model, config).write(to: url)
      let engine = CPUEngine()
      try body(
        CheckpointAudit(url, engine: engine).run(),
        CheckpointAudit(url, base: base, engine: engine).run())
    }
  }
}

/// Rounding to nearest on full-range symmetric grids.
enum FullRangeGrid {
  /// `weight` in codes: s = ∓max|w|/2^(bits−1), negative where the largest weight is positive; a
  /// scale is at least 1e-5 from 0, as in auto-round's `int_sym`.
  static func quantize(
    _ weight: Matrix<Float>, bits: Int, groupSize: Int, scalesDtype: FloatFormat
  ) -> QuantizedLinear {
    let groups = (weight.columns + groupSize - 1) / groupSize
    let middle = 1 << (bits - 1)
    var scales = Matrix<Float>(rows: weight.rows, columns: groups)
    var codes = Matrix<UInt8>(rows: weight.rows, columns: weight.columns)
    for row in 0..<weight.rows {
      for group in 0..<groups {
        let columns = group * groupSize..<min((group + 1) * groupSize, weight.columns)
        let low = min(columns.map { weight[row, $0] }.min() ?? 0, 0)
        let high = max(columns.map { weight[row, $0] }.max() ?? 0, 0)
        let size = max(max(-low, high) / Float(middle), 1e-5)
        let scale = scalesDtype.round(high >= -low ? -size : size)
        scales[row, group] = scale
        for column in columns {
          let steps = Int((weight[row, column] / scale).rounded(.toNearestOrEven))
          codes[row, column] = UInt8(min(max(steps, -middle), middle - 1) + middle)
        }
      }
    }
    return QuantizedLinear(
      bits: bits, sym: true, codes: codes,
      grids: GroupGrids(
        scales: scales,
        zeros: Matrix(rows: weight.rows, columns: groups, repeating: Int32(middle))),
      groupIndex: (0..<weight.columns).map { Int32($0 / groupSize) }, scalesDtype: scalesDtype)
  }
}
