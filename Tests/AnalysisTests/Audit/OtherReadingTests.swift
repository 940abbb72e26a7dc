import Analysis
import Foundation
import Tensor
import Testing

@Suite("A checkpoint that is alone, read otherwise than it says")
struct OtherReadingTests {
  /// A fault that only what the checkpoint computes shows.
  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let defect: AuditDefect
    let words: String
    let make: @Sendable (inout WholeCheckpoint) -> Void
    var testDescription: String { name }
  }

  /// New rows of a module's weight: columns of its packed tensors.
  private static func reorderRows(
    _ checkpoint: inout WholeCheckpoint, _ module: String, _ order: [Int]
  ) {
    for part in ["qweight", "scales"] {
      checkpoint.tensors.reorderColumns("\(module).\(part)", order)
    }
  }

  static let faults = [
    Fault(name: "rope_theta", defect: .changedConfig, words: "with rope_theta 500000") {
      $0.config["rope_theta"] = 10000.0
      $0.config["rope_parameters"] = ["rope_theta": 10000.0, "rope_type": "default"]
    },
    Fault(name: "rope_scaling", defect: .changedConfig, words: "without rope_scaling") {
      $0.config["rope_parameters"] = [
        "rope_theta": 500000.0, "rope_type": "linear", "factor": 8.0,
      ]
    },
    Fault(name: "a rotary order", defect: .rowOrder, words: "interleaved rotary order") {
      for layer in 0..<6 {
        for (linear, heads) in [("q", 6), ("k", 2)] {
          let order = (0..<64 * heads).map { row in
            let inner = row % 64
            return row - inner + inner / 2 + inner % 2 * 32
          }
          reorderRows(&$0, "model.layers.\(layer).self_attn.\(linear)_proj", order)
        }
      }
    },
    Fault(name: "layers exchanged", defect: .exchangedTensor, words: "layers 2 and 3 exchanged") {
      $0.tensors.exchange("model.layers.2", "model.layers.3")
    },
    Fault(name: "gate and up exchanged", defect: .exchangedTensor, words: "gate and up exchanged") {
      for layer in 0..<6 {
        let mlp = "model.layers.\(layer).mlp."
        $0.tensors.exchange(mlp + "gate_proj", mlp + "up_proj")
      }
    },
    Fault(name: "heads of half the width", defect: .changedConfig, words: "heads of 64 channels") {
      $0.config["num_attention_heads"] = 12
      $0.config["num_key_value_heads"] = 4
      $0.config["head_dim"] = 32
    },
    Fault(
      name: "the last norm doubled", defect: .movedTensor, words: "half the weights of the last"
    ) {
      $0.tensors.edit("model.norm.weight") { $0 = $0.map { 2 * $0 } }
    },
    Fault(name: "rows of up and gate", defect: .differentFunction, words: "without mlp of layer 3")
    {
      // 1024 rows, 389 is prime to them: another order than down's columns.
      let order = (0..<1024).map { $0 * 389 % 1024 }
      for linear in ["gate", "up"] {
        reorderRows(&$0, "model.layers.3.mlp.\(linear)_proj", order)
      }
    },
    Fault(
      name: "k and v exchanged", defect: .differentFunction, words: "without self_attn of layer 2"
    ) {
      let attention = "model.layers.2.self_attn."
      $0.tensors.exchange(attention + "k_proj", attention + "v_proj")
    },
  ]

  @Test("what scores better otherwise is a finding of its own", arguments: faults)
  func found(_ fault: Fault) throws {
    var checkpoint = try WholeCheckpoint(layers: 6)
    fault.make(&checkpoint)
    let report = try checkpoint.audit(withBase: false, runs: true)
    let found = report.findings.filter { $0.defect == fault.defect && $0.level > .note }
    #expect(
      found.contains { $0.evidence.english.contains(fault.words) },
      "\(report.findings.map(\.evidence)) \(report.function?.readings.prefix(3) ?? [])")
  }

  @Test("a healthy checkpoint gains by no other reading")
  func healthy() throws {
    let report = try WholeCheckpoint(layers: 6).audit(withBase: false, runs: true)
    #expect(report.verdict == .healthy, "\(report.findings.filter { $0.level > .note })")
    let readings = try #require(report.function?.readings)
    // Three thetas and one beyond, two widths of heads, rotary order, gate and up, k and v, two sizes of
    // the last norm; twelve parts, six of gate and up, five pairs.
    #expect(readings.count == 34)
    #expect(readings.map(\.gain) == readings.map(\.gain).sorted(by: >))
    #expect(try #require(readings.first).gain < 0.05)
    #expect(
      report.coverage.items.contains { $0.result.english.contains("read otherwise in 34 ways") })
  }
}
