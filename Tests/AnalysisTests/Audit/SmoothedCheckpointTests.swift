import Analysis
import Foundation
import Tensor
import Testing

/// Factors moved from one tensor into the next compute the same function: SmoothQuant moves them out of
/// norms, AWQ out of the rows of v and up, too.
@Suite("Audits of smoothed checkpoints")
struct SmoothedCheckpointTests {
  /// A tensor that gives factors away, and those that take them.
  struct Move: Sendable, Hashable, CustomTestStringConvertible {
    let from: String
    let into: [String]
    var testDescription: String { from }
  }

  static let rows = [
    Move(from: "self_attn.v_proj", into: ["self_attn.o_proj"]),
    Move(from: "mlp.up_proj", into: ["mlp.down_proj"]),
  ]
  static let norms = [
    Move(
      from: "input_layernorm",
      into: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    Move(from: "post_attention_layernorm", into: ["mlp.gate_proj", "mlp.up_proj"]),
  ]

  /// The factor of one channel: even in the logarithm, from exp(−strength) to exp(strength).
  private static func factor(_ channel: Int, _ strength: Float) -> Float {
    exp(strength * (Float(channel * 7919 % 1000) / 500 - 1))
  }

  /// Takes factors out of `move`'s tensor in every layer and, unless `isHalf`, puts them into the next.
  static func apply(
    _ move: Move, _ strength: Float, to tensors: inout TensorList, isHalf: Bool = false
  ) {
    for layer in 0..<WholeCheckpoint.layers {
      let stem = "model.layers.\(layer)."
      guard let shape = tensors.items["\(stem)\(move.from).weight"]?.shape else { continue }
      // Heads of 64 channels; where o reads a v head more than once, its copies share the factors.
      let width = shape.count == 2 ? shape[1] : 1
      tensors.edit("\(stem)\(move.from).weight") { values in
        for place in values.indices { values[place] /= factor(place / width, strength) }
      }
      for reader in isHalf ? [] : move.into {
        let name = "\(stem)\(reader).weight"
        guard let columns = tensors.items[name]?.shape[1] else { continue }
        let shared = columns / shape[0]
        tensors.edit(name) { values in
          for place in values.indices {
            let column = place % columns
            let channel = column / 64 / shared * 64 + column % 64
            values[place] *= factor(channel, strength)
          }
        }
      }
    }
  }

  @Test(
    "factors near 1 and far from it are no defect, in 3, 4 and 8 bits",
    arguments: [3, 4, 8], [Float(0.02), 0.1, 0.3, 1])
  func smoothed(_ bits: Int, _ strength: Float) throws {
    let checkpoint = try WholeCheckpoint(bits: bits) { tensors in
      for move in Self.rows + Self.norms { Self.apply(move, strength, to: &tensors) }
    }
    let report = try checkpoint.audit(withBase: true, runs: false)
    #expect(report.findings.allSatisfy { $0.level == .note }, "\(report.findings)")
  }

  @Test("factors that nothing takes are a fault", arguments: rows + norms, [3, 4, 8])
  func half(_ move: Move, _ bits: Int) throws {
    let checkpoint = try WholeCheckpoint(bits: bits) {
      Self.apply(move, 1, to: &$0, isHalf: true)
    }
    let report = try checkpoint.audit(withBase: true, runs: false)
    #expect(
      report.findings.contains {
        [.scaleMismatch, .movedTensor, .weightError].contains($0.defect) && $0.level > .note
      }, "\(report.findings)")
  }

  @Test("factors that are taken and were not given are a fault", arguments: rows, [3, 4, 8])
  func taken(_ move: Move, _ bits: Int) throws {
    let checkpoint = try WholeCheckpoint(bits: bits) { tensors in
      let sound = tensors
      Self.apply(move, 1, to: &tensors)
      for layer in 0..<WholeCheckpoint.layers {
        let name = "model.layers.\(layer).\(move.from).weight"
        tensors.items[name] = sound.items[name]
      }
    }
    let report = try checkpoint.audit(withBase: true, runs: false)
    #expect(report.findings.contains { $0.level > .note }, "\(report.findings)")
  }

  @Test("packed scales that were moved from the rows of up into the columns of down")
  func scales() throws {
    var checkpoint = try WholeCheckpoint()
    let factors: [Float] = [1, 2, 0.5, 4, 0.25, 2, 1, 0.5]
    func scale(_ name: String, _ factor: (Int) -> Float) {
      guard let item = checkpoint.tensors.items[name] else { return }
      let values = stride(from: 0, to: item.bytes.count, by: 2).map { place in
        let bits = UInt16(item.bytes[place]) | UInt16(item.bytes[place + 1]) << 8
        return Float(Float16(bitPattern: bits)) * factor(place / 2)
      }
      checkpoint.tensors.items[name]?.bytes = FloatFormat.f16.encode(values)
    }
    // Scales are (groups of 128 columns, rows).
    scale("model.layers.1.mlp.up_proj.scales") { factors[$0 % 1024 / 128] }
    scale("model.layers.1.mlp.down_proj.scales") { 1 / factors[$0 / 384] }
    let report = try checkpoint.audit(withBase: true, runs: false)
    #expect(report.findings.allSatisfy { $0.level == .note }, "\(report.findings)")
    scale("model.layers.1.mlp.down_proj.scales") { factors[$0 / 384] }
    let half = try checkpoint.audit(withBase: true, runs: false)
    #expect(half.findings.contains { $0.defect == .scaleMismatch && $0.level > .note })
  }
}
