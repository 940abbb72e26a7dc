import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing

/// Every key of every family's config.json with every kind of wrong value.
@Suite("Hostile configs")
struct ConfigFuzzTests {
  /// A config of each family, with the key under which it is to stand, where that is not the top.
  private static let families = [
    "llama3", "mistral", "mixtral", "qwen2-sliding", "qwen2_moe", "qwen3-mixed", "qwen3_moe-sparse",
    "gemma2", "gemma3_text", "gemma3", "phi3-longrope", "gpt_oss", "plamo3",
  ]
  /// Of the models that open, one in so many is run: all of them in the long tests.
  private static let stride =
    ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil ? 1 : 16

  private static func folder(_ family: String) throws -> URL {
    try fixture("tiny-\(family == "gemma3" ? "gemma3_text" : family)")
  }

  @Test("are read, or refused in three parts; no crash, no endless text", arguments: families)
  func hostile(family: String) throws {
    let folder = try Self.folder(family)
    let foreign = try Self.families.reduce(into: Set<String>()) {
      $0.formUnion(try HostileConfigs.keys(Self.folder($1)))
    }
    var configs = try HostileConfigs(folder, foreign: foreign)
    if family == "gemma3" { configs = configs.within("text_config", of: "gemma3") }
    let good = try ModelConfig(json: configs.whole(), name: "config.json")
    #expect(good.modelType == family.split(separator: "-")[0].replacing("llama3", with: "llama"))

    var (refused, same, others, ran) = (0, 0, 0, 0)
    try withTemporaryDirectory { changed in
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
      where name.hasSuffix(".safetensors") || name.hasSuffix("index.json") {
        try FileManager.default.copyItem(
          at: folder.appendingPathComponent(name), to: changed.appendingPathComponent(name))
      }
      try configs.forEach { text in
        do throws(InputError) {
          let config = try ModelConfig(json: text.json, name: "config.json")
          // Sizes whose products do not fit would stop here.
          #expect(config.linearParameters > 0 && config.widestInner > 0, "\(text)")
          if config == good {
            same += 1
            return
          }
          others += 1
          guard others.isMultiple(of: Self.stride) else { return }
          try Self.run(changed, text)
          ran += 1
        } catch {
          refused += 1
          #expect(error.kind == .badData, "\(text): \(error)")
          let parts = [error.asked, error.found, error.hint]
          #expect(parts.allSatisfy { !$0.isEmpty && $0.utf8.count < 1000 }, "\(text): \(error)")
        }
      }
    }
    #expect(refused > 1000 && same > 1000 && others > 100, "\(refused), \(same), \(others)")
    // The files of this fixture have the names of gemma3_text.
    #expect(ran > 0 || family == "gemma3")
  }

  private static func run(_ folder: URL, _ text: HostileConfigs.Text) throws(InputError) {
    do {
      try text.json.write(to: folder.appendingPathComponent("config.json"))
    } catch {
      Issue.record(error)
    }
    let decoder = try Decoder(directory: folder, engine: CPUEngine())
    let tokens = (0..<9).map { Int32($0 % decoder.config.vocabularySize) }
    var states = try decoder.embed([tokens])
    try decoder.layer(0, positions: tokens.count).advance(&states)
    _ = try decoder.head().logits(states)
  }
}
