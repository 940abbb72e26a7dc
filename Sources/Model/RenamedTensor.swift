import Foundation

/// A tensor of a model's files that other software knows by another name, or takes apart.
///
/// transformers 5 calls Mixtral's experts otherwise than their files do, and GPTQModel 7 (by its
/// `defuser` 0.0.28) splits the rows of Phi-3's `gate_up_proj`; both expect a checkpoint's linears under
/// the names that they have after that.
struct RenamedTensor: Sendable {
  /// What it is called in the files.
  let name: String
  /// Which part of its rows is meant, from 0.
  var part = 0
  /// How many parts there are, one after another.
  var parts = 1

  /// All of the tensor called `name`.
  init(_ name: String) { self.name = name }

  private init(_ name: String, part: Int, of parts: Int) {
    (self.name, self.part, self.parts) = (name, part, parts)
  }

  /// What the tensor `stored` of a file is called elsewhere, in the order of its rows; empty where it
  /// has no other name.
  static func names(of stored: String) -> [(name: String, tensor: RenamedTensor)] {
    if let block = stored.range(of: ".block_sparse_moe.") {
      var name = stored.replacingCharacters(in: block, with: ".mlp.")
      for (old, new) in [(".w1.", ".gate_proj."), (".w3.", ".up_proj."), (".w2.", ".down_proj.")] {
        guard let range = name.range(of: old, options: .backwards) else { continue }
        name.replaceSubrange(range, with: new)
        break
      }
      return [(name, RenamedTensor(stored))]
    }
    let fused = ".mlp.gate_up_proj.weight"
    guard stored.hasSuffix(fused) else { return [] }
    return ["gate_proj", "up_proj"].enumerated().map { part, linear in
      (
        "\(stored.dropLast(fused.count)).mlp.\(linear).weight",
        RenamedTensor(stored, part: part, of: 2)
      )
    }
  }

  /// Its part of `count` rows or bytes.
  func part(of count: Int) -> Range<Int> { count / parts * part..<count / parts * (part + 1) }

  /// Its part of a tensor of `shape`.
  func part(of shape: [Int]) -> [Int] {
    guard let rows = shape.first else { return shape }
    return [part(of: rows).count] + shape.dropFirst()
  }
}
