import Basics
import Foundation
import Tensor

/// The files of a checkpoint folder beside its tensors.
struct CheckpointFolder {
  /// The original model's folder.
  let base: URL
  /// The folder to write to.
  let url: URL

  /// What is copied where it exists: all that a tokenizer or a chat needs, and the terms of use.
  static let copied = [
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "chat_template.jinja",
    "chat_template.json", "generation_config.json", "LICENSE", "LICENSE.txt", "NOTICE",
  ]

  func writeSidecars(
    plan: CheckpointPlan, config: QuantizeConfig, format: CheckpointFormat,
    record: CheckpointRecord
  ) throws(InputError) {
    let quantization = QuantizationConfigFile.object(config, format)
    var model = try baseConfig()
    model["quantization_config"] = quantization
    try write(model, "config.json")
    try write(quantization, "quantize_config.json")
    if plan.shards.count > 1 { try write(index(of: plan), "model.safetensors.index.json") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      try AtomicOutput.write(try encoder.encode(record), to: file("tenbin.json"))
      for name in Self.copied {
        let original = base.appendingPathComponent(name)
        guard FileManager.default.fileExists(atPath: original.path) else { continue }
        try FileManager.default.copyItem(at: original, to: file(name))
      }
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(url.path)", error)
    }
  }

  /// The base model's config.json, every key of it.
  private func baseConfig() throws(InputError) -> [String: Any] {
    let source = base.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: source) else {
      throw InputError(
        .missing, asked: "read \(source.path)", found: "no such file, or no permission",
        hint: "give the folder of the original model")
    }
    guard let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
      throw InputError(
        .badData, asked: "read \(source.path)", found: "no JSON object",
        hint: "download config.json again")
    }
    return object
  }

  private func index(of plan: CheckpointPlan) -> [String: Any] {
    var weightMap: [String: String] = [:]
    for (shard, name) in plan.fileNames.enumerated() {
      for entry in plan.entries(ofShard: shard) { weightMap[entry.name] = name }
    }
    return ["metadata": ["total_size": plan.totalSize], "weight_map": weightMap]
  }

  private func write(_ object: [String: Any], _ name: String) throws(InputError) {
    do {
      var data = try JSONSerialization.data(
        withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
      data.append(0x0A)
      try AtomicOutput.write(data, to: file(name))
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(file(name).path)", error)
    }
  }

  private func file(_ name: String) -> URL { url.appendingPathComponent(name) }
}
