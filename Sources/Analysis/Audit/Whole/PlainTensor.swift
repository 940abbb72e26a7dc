import GPTQ
import Tensor

/// A tensor that is stored as it is, beside the packed linears.
struct PlainTensor: Sendable {
  /// What a loader makes of it.
  enum Role: Sendable {
    case norm, embedding, head, bias, linear, other
  }

  let name: String
  /// As safetensors spells it, such as `BF16`.
  let dtype: String
  let shape: [Int]

  var role: Role {
    if name.hasSuffix("norm.weight") { return .norm }
    if name == "lm_head.weight" { return .head }
    if name.hasSuffix("embed_tokens.weight") { return .embedding }
    if name.hasSuffix(".bias") { return .bias }
    return name.hasSuffix("_proj.weight") ? .linear : .other
  }

  /// The type in which its values are stored; nil for one that tenbin does not read.
  var format: FloatFormat? {
    FloatFormat.allCases.first { $0.storageType.rawValue == dtype }
  }

  /// Every such tensor of `reader`, sorted by name. Those that a loader computes by itself are left
  /// out.
  static func all(of reader: GPTQCheckpointReader) -> [PlainTensor] {
    reader.tensors.tensorNames.compactMap { name in
      guard !isPacked(name, reader), !name.hasSuffix("rotary_emb.inv_freq"),
        let entry = reader.tensors.file(of: name)?.entries[name]
      else { return nil }
      return PlainTensor(name: name, dtype: entry.dtype, shape: entry.shape)
    }
  }

  private static func isPacked(_ name: String, _ reader: GPTQCheckpointReader) -> Bool {
    [".qweight", ".qzeros", ".scales", ".g_idx"].contains { part in
      name.hasSuffix(part) && reader.isQuantized(String(name.dropLast(part.count)))
    }
  }
}
