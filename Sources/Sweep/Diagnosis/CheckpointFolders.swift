import Analysis
import Foundation
import GPTQ

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
