import Basics
import Codecs
import Foundation
import Tensor

/// The files of a checkpoint folder beside its tensors.
struct CheckpointFolder {
  /// The original model's folder.
  private let base: URL
  /// The keys of its config.json.
  private let config: [JSONMember]
  /// Its files that are copied.
  private let copied: [String]

  /// Reads of the model's folder `base` what the end of a run needs, so that what is missing or
  /// broken there is an error before the run.
  init(base: URL) throws(InputError) {
    self.base = base
    let source = base.appendingPathComponent("config.json")
    let value = try JSONValue(contentsOf: source, hint: "download config.json again")
    guard let members = value.members else {
      throw InputError(
        .badData, asked: "read \(source.path)",
        found: "\(value.words), where an object is expected",
        hint: "download config.json again")
    }
    // Of a key that stands there twice the last value counts.
    config = members.enumerated().filter { index, member in
      !members[(index + 1)...].contains { $0.key.utf8.elementsEqual(member.key.utf8) }
    }.map(\.element)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
    copied = names.filter(Self.isCopied).sorted()
    for name in copied {
      let original = Self.original(of: name, in: base)
      guard FileManager.default.isReadableFile(atPath: original.path) else {
        throw InputError(
          .io, asked: "copy \(name) of \(base.path) into the checkpoint",
          found: "a file that cannot be read, or a link to nothing",
          hint: "give it back, or remove it from the model's folder")
      }
    }
  }

  /// A link, as Hugging Face's cache is made of, becomes the file that it stands for.
  private static func original(of name: String, in base: URL) -> URL {
    base.appendingPathComponent(name).resolvingSymlinksInPath()
  }

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

  /// Writes what stands beside the tensors into the folder `url`; `record` learns what was written.
  func writeSidecars(
    to url: URL, plan: CheckpointPlan, settings: CheckpointSettings, format: CheckpointFormat,
    record: inout CheckpointRecord
  ) throws(InputError) {
    func write(_ value: JSONValue, _ name: String) throws(InputError) {
      try AtomicOutput.write(
        JSONText.pretty(value) + "\n", to: url.appendingPathComponent(name))
    }
    let quantization = settings.quantizationConfig(format)
    try write(modelConfig(with: quantization, settings), "config.json")
    try write(quantization, "quantize_config.json")
    if plan.shards.count > 1 { try write(index(of: plan), "model.safetensors.index.json") }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      for name in copied {
        let copy = url.appendingPathComponent(name)
        // A run that ended in here left what it had copied.
        if FileManager.default.fileExists(atPath: copy.path) {
          try FileManager.default.removeItem(at: copy)
        }
        try FileManager.default.copyItem(at: Self.original(of: name, in: base), to: copy)
      }
      record.files = CheckpointRecord.digests(ofFilesIn: url)
      try AtomicOutput.write(
        try encoder.encode(record), to: url.appendingPathComponent("tenbin.json"))
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(url.path)", error)
    }
  }

  /// The base model's config.json, every key of it in its order, and the quantization.
  private func modelConfig(
    with quantization: JSONValue, _ settings: CheckpointSettings
  ) -> JSONValue {
    var kept = config.filter { $0.key != "quantization_config" }
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
}
