import Basics
import Codecs
import Foundation
import Tensor

/// The files of a checkpoint folder, looked at one by one, so that one that is damaged is a finding
/// and not the end.
enum CheckpointFiles {
  /// What is wrong with the files of `url`; empty where all of them open and hold what the index says.
  static func findings(_ url: URL) throws(InputError) -> [AuditFinding] {
    let hint = "give the folder of a GPTQ checkpoint: config.json and *.safetensors"
    let names = try InputFile.names(in: url, asked: "audit \(url.path)", missing: hint)
    guard !names.isEmpty else {
      throw InputError(
        .missing, asked: "audit \(url.path)", found: "an empty folder", hint: hint)
    }
    let index = url.appendingPathComponent("model.safetensors.index.json")
    var present = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
    var expected: [String: String] = [:]
    if present.contains("model.safetensors") {
      // It is read, and an index beside it is not.
      present = ["model.safetensors"]
    } else if let members = (try? JSONValue(contentsOf: index))?["weight_map"]?.members {
      for member in members { expected[member.key] = member.value.string }
    }
    var findings: [AuditFinding] = []
    var held: [String: Set<String>] = [:]
    for name in Set(expected.values).union(expected.isEmpty ? present : []).sorted() {
      do {
        let file = try SafetensorsFile(url.appendingPathComponent(name))
        held[name] = Set(file.entries.keys)
      } catch {
        findings.append(
          AuditFinding(
            .damagedFile, .defective, evidence: .shared(.named, name, error.found),
            cost: .shared(.cannotBeLoaded), remedy: .files(.downloadAgain, name)))
      }
    }
    guard findings.isEmpty else { return findings }
    let missing = expected.filter { held[$0.value]?.contains($0.key) != true }.map(\.key).sorted()
    if let first = missing.first {
      findings.append(
        AuditFinding(
          .missingTensor, .defective,
          evidence:
            .files(.notInFiles, missing.count, first),
          cost: .shared(.cannotBeLoaded), remedy: .files(.downloadShards)
        ))
    }
    return findings
  }
}
