import Basics
import Codecs
import Foundation
import Tensor

/// The files of a checkpoint folder beside its tensors.
struct CheckpointFolder {
  /// The original model's folder.
  let base: URL
  /// The folder to write to.
  let url: URL

  /// What is copied where it exists: all that a tokenizer or a chat needs, and the terms of use.
  static func isCopied(_ name: String) -> Bool {
    copiedNames.contains(name) || name.hasPrefix("tokenizer") || name.hasPrefix("chat_template")
      || copiedSuffixes.contains { name.hasSuffix($0) }
  }

  private static let copiedNames: Set<String> = [
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt",
    "generation_config.json", "preprocessor_config.json", "additional_chat_templates", "LICENSE",
    "LICENSE.txt", "LICENSE.md", "NOTICE", "NOTICE.txt", "NOTICE.md", "USE_POLICY.md",
  ]

  private static let copiedSuffixes = [".tiktoken", ".jinja", ".spm", "spiece.model"]

  func writeSidecars(
    plan: CheckpointPlan, settings: CheckpointSettings, format: CheckpointFormat,
    record: CheckpointRecord
  ) throws(InputError) {
    let quantization = settings.quantizationConfig(format)
    try write(try modelConfig(with: quantization, settings), "config.json")
    try write(quantization, "quantize_config.json")
    if plan.shards.count > 1 { try write(index(of: plan), "model.safetensors.index.json") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try AtomicOutput.write(try encoder.encode(record), to: file("tenbin.json"))
      for name in try FileManager.default.contentsOfDirectory(atPath: base.path).sorted()
      where Self.isCopied(name) {
        // A link, as Hugging Face's cache is made of, becomes the file that it stands for.
        let original = base.appendingPathComponent(name).resolvingSymlinksInPath()
        // A run that ended in here left what it had copied.
        if FileManager.default.fileExists(atPath: file(name).path) {
          try FileManager.default.removeItem(at: file(name))
        }
        try FileManager.default.copyItem(at: original, to: file(name))
      }
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(url.path)", error)
    }
  }

  /// The base model's config.json, every key of it in its order, and the quantization.
  private func modelConfig(
    with quantization: JSONValue, _ settings: CheckpointSettings
  ) throws(InputError) -> JSONValue {
    let source = base.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: source) else {
      throw InputError(
        .missing, asked: "read \(source.path)", found: "no such file, or no permission",
        hint: "give the folder of the original model")
    }
    guard let members = (try? JSONValue(parsing: Array(data)))?.members else {
      throw InputError(
        .badData, asked: "read \(source.path)", found: "no JSON object",
        hint: "download config.json again")
    }
    var kept = members.filter { $0.key != "quantization_config" }
    if settings.quantizesHead {
      // A head in codes is no embedding table: loaders must not tie the two.
      kept.removeAll { $0.key == "tie_word_embeddings" }
      kept.append(JSONMember(key: "tie_word_embeddings", value: .bool(false)))
    }
    return .object(kept + [JSONMember(key: "quantization_config", value: quantization)])
  }

  private func index(of plan: CheckpointPlan) -> JSONValue {
    var files: [JSONMember] = []
    for (shard, name) in plan.fileNames.enumerated() {
      for entry in plan.entries(ofShard: shard) {
        files.append(JSONMember(key: entry.name, value: .string(name)))
      }
    }
    files.sort { $0.key < $1.key }
    let metadata = JSONMember(key: "total_size", value: .integer(plan.totalSize))
    return .object([
      JSONMember(key: "metadata", value: .object([metadata])),
      JSONMember(key: "weight_map", value: .object(files)),
    ])
  }

  private func write(_ value: JSONValue, _ name: String) throws(InputError) {
    try AtomicOutput.write(JSONText.pretty(value) + "\n", to: file(name))
  }

  private func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
