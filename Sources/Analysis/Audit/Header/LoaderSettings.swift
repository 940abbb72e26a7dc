import Foundation

/// The quantization settings of a folder as each loader finds them, key by key.
struct LoaderSettings {
  /// One JSON object of settings.
  struct Object {
    /// The file it stands in.
    let file: String
    let values: [String: Any]

    func integer(_ key: String) -> Int? { values[key] as? Int }
    func number(_ key: String) -> Double? { (values[key] as? NSNumber)?.doubleValue }
    func flag(_ key: String) -> Bool? { values[key] as? Bool }
    func string(_ key: String) -> String? { values[key] as? String }
    func has(_ key: String) -> Bool { values[key].map { !($0 is NSNull) } ?? false }

    /// `checkpoint_format`, or what GPTQModel calls it.
    var format: String { (string("checkpoint_format") ?? string("format") ?? "gptq").lowercased() }

    /// `modules_in_block_to_quantize`, flat.
    var modulesInBlock: [String]? {
      guard let lists = values["modules_in_block_to_quantize"] as? [Any], !lists.isEmpty else {
        return nil
      }
      return lists.flatMap { ($0 as? [String]) ?? [$0 as? String].compactMap { $0 } }
    }

    /// Whether GPTQModel 0.9 or later says that it quantized this.
    var isFromGPTQModel: Bool {
      let meta = values["meta"] as? [String: Any]
      let names = (meta?["quantizer"] as? [String]) ?? [meta?["quantizer"] as? String ?? ""]
      return names.contains { name in
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

  init(_ url: URL) {
    func object(_ name: String) -> [String: Any]? {
      (try? Data(contentsOf: url.appendingPathComponent(name))).flatMap {
        (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any]
      }
    }
    modelConfig = (object("config.json")?["quantization_config"] as? [String: Any]).map {
      Object(file: "config.json", values: $0)
    }
    own =
      ["quantize_config.json", "quant_config.json"].lazy.compactMap { name in
        object(name).map { Object(file: name, values: $0) }
      }.first
  }

  /// What transformers and vLLM read.
  var transformers: Object { modelConfig ?? own ?? Object(file: "config.json", values: [:]) }
  /// What GPTQModel reads.
  var gptqModel: Object { own ?? modelConfig ?? Object(file: "config.json", values: [:]) }
}
