import Codecs
import GPTQ

/// The quantization settings of a folder as each loader finds them, key by key.
struct LoaderSettings {
  /// One JSON object of settings.
  struct Object {
    /// The file it stands in.
    let file: String
    let values: JSONValue

    func integer(_ key: String) -> Int? { values[key]?.integer }
    func number(_ key: String) -> Double? { values[key]?.number }
    func flag(_ key: String) -> Bool? { values[key]?.bool }
    func string(_ key: String) -> String? { values[key]?.string }
    func has(_ key: String) -> Bool { values[key].map { !$0.isNull } ?? false }

    /// `checkpoint_format`, or what GPTQModel calls it.
    var format: String { (string("checkpoint_format") ?? string("format") ?? "gptq").lowercased() }

    /// `modules_in_block_to_quantize`, flat.
    var modulesInBlock: [String]? {
      guard let lists = values["modules_in_block_to_quantize"]?.array, !lists.isEmpty else {
        return nil
      }
      return lists.flatMap { $0.array ?? [$0] }.compactMap(\.string)
    }

    /// Whether GPTQModel 0.9 or later says that it quantized this.
    var isFromGPTQModel: Bool {
      let quantizer = values["meta"]?["quantizer"]
      let names = quantizer?.array ?? [quantizer].compactMap { $0 }
      return names.compactMap(\.string).contains { name in
        let parts = name.split(separator: ":")
        guard parts.count == 2, parts[0] == "gptqmodel" else { return false }
        let version = parts[1].split(separator: ".").prefix(2).map { Int($0) ?? 0 }
        return version.lexicographicallyPrecedes([0, 9]) == false
      }
    }
  }

  /// `quantization_config` of config.json; nil where there is none.
  let modelConfig: Object?
  /// `quantize_config.json` or `quant_config.json`.
  let own: Object?

  init(_ files: SettingsFiles) {
    modelConfig = files.model.map { Object(file: "config.json", values: $0.object) }
    own = files.own.map { Object(file: $0.file, values: $0.object) }
  }

  /// What transformers and vLLM read.
  var transformers: Object {
    modelConfig ?? own ?? Object(file: "config.json", values: .object([]))
  }
  /// What GPTQModel reads.
  var gptqModel: Object { own ?? modelConfig ?? Object(file: "config.json", values: .object([])) }
}
