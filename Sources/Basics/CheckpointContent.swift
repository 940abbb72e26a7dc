import Foundation

/// What a folder is, where a checkpoint is to go.
struct CheckpointContent {
  /// Whether there is nothing in it.
  let isEmpty: Bool
  /// Whether it holds a quantized checkpoint and nothing else.
  let isCheckpoint: Bool
  /// What it is, for a person.
  let description: String

  /// What a checkpoint's folder may hold, by the ends of names: weights, settings, the tokenizer's
  /// files, code, the card and the licence.
  private static let parts: Set<String> = [
    "safetensors", "json", "jinja", "model", "spm", "tiktoken", "txt", "py", "md", "license",
    "notice",
    "gitattributes", templates,
  ]

  private static let templates = "additional_chat_templates"

  /// Looks into the folder `url`.
  init(of url: URL) throws(InputError) {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    } catch {
      throw AtomicOutput.ioError("look at what stands in \(url.path)", error)
    }
    let config = try? String(
      contentsOf: url.appendingPathComponent("config.json"), encoding: .utf8)
    let isQuantized =
      names.contains("quantize_config.json") || config?.contains("\"quantization_config\"") ?? false
    let foreign = names.first { name in
      let end = name.split(separator: ".").last?.lowercased() ?? ""
      let place = OutputPlace(url.appendingPathComponent(name).path).occupant
      return place == .folder && name != Self.templates || !Self.parts.contains(end)
    }
    isEmpty = names.isEmpty
    isCheckpoint = foreign == nil && isQuantized && config != nil
    description =
      if let foreign { "a folder with \(foreign) in it" } else if isCheckpoint {
        OutputKind.checkpoint.rawValue
      } else { config == nil ? "a folder without config.json" : "a model that is not quantized" }
  }
}
