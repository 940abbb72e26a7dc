import Analysis
import Foundation
import Report
import Testing

@Suite("Repairs of what is only in another place")
struct OrderRepairTests {
  /// Something put in another place, and what its repair is called.
  struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let words: String
    let make: @Sendable (inout WholeCheckpoint) -> Void
    var testDescription: String { name }
  }

  private static let layer = "model.layers.1."

  private static func reorderRows(
    _ checkpoint: inout WholeCheckpoint, _ module: String, _ order: [Int]
  ) {
    for part in ["qweight", "scales"] {
      checkpoint.tensors.reorderColumns("\(module).\(part)", order)
    }
  }

  static let faults = [
    Fault(name: "k and v exchanged", words: "2 modules under the names of others") {
      $0.tensors.exchange(layer + "self_attn.k_proj", layer + "self_attn.v_proj")
    },
    Fault(name: "layers exchanged", words: "14 modules under the names of others; 4 tensors") {
      $0.tensors.exchange("model.layers.0", "model.layers.1")
    },
    Fault(name: "rotary order", words: "codes of 1 modules in the base's order") {
      let order = (0..<384).map { row in
        let inner = row % 64
        return row - inner + inner / 2 + inner % 2 * 32
      }
      reorderRows(&$0, layer + "self_attn.q_proj", order)
    },
    Fault(name: "rows of one module", words: "codes of 1 modules in the base's order") {
      reorderRows(&$0, layer + "mlp.up_proj", (0..<1024).map { $0 * 389 % 1024 })
    },
    Fault(name: "reversed nibbles", words: "codes of 1 modules in the base's order") {
      $0.tensors.editWords(layer + "mlp.up_proj.qweight") { words, _ in
        words = words.map { word in
          (0..<8).reduce(UInt32(0)) { $0 | (word >> (4 * $1) & 15) << (28 - 4 * $1) }
        }
      }
    },
    Fault(name: "embeddings a row further on", words: "1 tensors from the base") {
      $0.tensors.edit("model.embed_tokens.weight") { $0 = Array($0[384...] + $0[..<384]) }
    },
  ]

  @Test("every tensor is back in its place, byte by byte", arguments: faults)
  func repaired(_ fault: Fault) throws {
    let sound = try WholeCheckpoint()
    var checkpoint = sound
    fault.make(&checkpoint)
    let (plan, after, tensors) = try checkpoint.repaired()
    #expect(RepairText.text(plan).contains(fault.words), "\(RepairText.text(plan))")
    #expect(after?.verdict == .healthy, "\(after?.findings.filter { $0.level > .note } ?? [])")
    #expect(tensors.items.keys.sorted() == sound.tensors.items.keys.sorted())
    for (name, item) in sound.tensors.items {
      #expect(tensors.items[name]?.bytes == item.bytes, "\(name)")
    }
  }

  @Test("nothing is offered for a healthy checkpoint, or where a module is lost")
  func nothing() throws {
    #expect(try WholeCheckpoint().repaired().plan.isEmpty)
    var twice = try WholeCheckpoint()
    for part in ["qweight", "qzeros", "scales", "g_idx"] {
      twice.tensors.items[Self.layer + "self_attn.v_proj.\(part)"] =
        twice.tensors.items[Self.layer + "self_attn.k_proj.\(part)"]
    }
    #expect(try twice.repaired().plan.names.isEmpty)
  }
}
