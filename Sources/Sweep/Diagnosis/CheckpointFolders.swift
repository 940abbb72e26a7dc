import Analysis
import Foundation
import GPTQ
import Tensor

/// What two checkpoint folders hold besides weights.
enum CheckpointFolders {
  /// Compares the suspect's files with the baseline's, where it is a checkpoint, and the base's.
  static func compare(
    suspect: URL, baseline: URL?, model: URL, audit: AuditReport?
  ) -> HypothesisEvidence.Folders {
    var folders = HypothesisEvidence.Folders()
    let others = [baseline, model].compactMap { $0 }
    folders.sameTokenizer = others.allSatisfy { same("tokenizer.json", suspect, $0) }
    folders.sameTemplate = others.allSatisfy { template(suspect) == template($0) }
    folders.zeroPointFindings =
      audit?.findings.count { $0.defect == .zeroPoint && $0.level != .note } ?? 0
    folders.overflowFindings =
      audit?.findings.count { $0.defect == .packingOverflow && $0.level != .note } ?? 0
    if let baseline {
      folders.modulesInOne = quantized(suspect).symmetricDifference(quantized(baseline)).count
    }
    return folders
  }

  /// What is not the same in two checkpoints, down to the last bit: tensors, keys of config.json that
  /// models are read with, and the tokenizer.
  static func unequal(_ first: URL, _ second: URL) -> [String] {
    var names: [String] = []
    if let mine = try? SafetensorsDirectory(first), let theirs = try? SafetensorsDirectory(second) {
      names += Set(mine.tensorNames).union(theirs.tensorNames).sorted().filter { name in
        guard let one = mine.file(of: name), let other = theirs.file(of: name),
          let bytes = try? one.bytes(name)
        else { return true }
        return (try? other.bytes(name)) != bytes
      }
    }
    names += keys(first, second).map { "config.json: \($0)" }
    if !same("tokenizer.json", first, second) { names.append("tokenizer.json") }
    return names
  }

  /// Keys that say where a model comes from, and nothing of what it does.
  private static let provenance: Set<String> = [
    "_name_or_path", "transformers_version", "torch_dtype", "dtype", "quantization_config", "meta",
    "damp_percent", "dataset", "model_name_or_path", "model_file_base_name",
  ]

  private static func keys(_ first: URL, _ second: URL) -> [String] {
    func object(_ folder: URL) -> [String: Any] {
      let data = try? Data(contentsOf: folder.appendingPathComponent("config.json"))
      return data.flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] } ?? [:]
    }
    func unequal(_ mine: [String: Any], _ theirs: [String: Any]) -> [String] {
      Set(mine.keys).union(theirs.keys).subtracting(provenance).sorted().filter { key in
        mine[key].map { [key: $0] as NSDictionary } != theirs[key].map { [key: $0] as NSDictionary }
      }
    }
    let (mine, theirs) = (object(first), object(second))
    let settings = [mine, theirs].map { $0["quantization_config"] as? [String: Any] ?? [:] }
    return unequal(mine, theirs)
      + unequal(settings[0], settings[1]).map { "quantization_config.\($0)" }
  }

  private static func same(_ file: String, _ first: URL, _ second: URL) -> Bool {
    (try? Data(contentsOf: first.appendingPathComponent(file)))
      == (try? Data(contentsOf: second.appendingPathComponent(file)))
  }

  /// chat_template.jinja, or the one in tokenizer_config.json.
  private static func template(_ folder: URL) -> String? {
    let file = folder.appendingPathComponent("chat_template.jinja")
    if let text = try? String(contentsOf: file, encoding: .utf8) { return text }
    guard
      let data = try? Data(contentsOf: folder.appendingPathComponent("tokenizer_config.json")),
      let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    else { return nil }
    return object["chat_template"] as? String
  }

  private static func quantized(_ folder: URL) -> Set<String> {
    Set((try? GPTQCheckpointReader(folder))?.quantizedModules ?? [])
  }
}
