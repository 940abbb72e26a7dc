import Basics
import Codecs

/// Who writes settings so: what is GPTQ's packing under several names, and what is not.
enum SettingsDialect {
  /// AutoGPTQ, GPTQModel, optimum, vLLM's exporters.
  case gptq
  /// auto-round, which packs as GPTQ does unless `packing_format` says otherwise.
  case autoRound
  /// Fujitsu's OneComp, which mixes bits.
  case oneComp

  /// Refuses what is another format, by its name.
  init(_ reader: SettingsReader) throws(InputError) {
    let hint = "give a GPTQ checkpoint, or quantize the base model with tenbin quantize"
    guard let method = try reader.string("quant_method", "method")?.lowercased() else {
      if let name = Self.foreignName(reader.object) {
        throw reader.refused("the settings of \(name), not of GPTQ", hint: hint)
      }
      self = .gptq
      return
    }
    switch method {
    case "gptq", "gptq_marlin": self = .gptq
    case "auto-round", "auto_round", "autoround", "intel/auto-round": self = .autoRound
    case "mixed_gptq", "jointq": self = .oneComp
    default:
      throw reader.refused("quant_method \"\(method)\", another format than GPTQ", hint: hint)
    }
  }

  /// Whose settings `object` is by its keys, where they are not GPTQ's; nil where nothing tells.
  static func foreignName(_ object: JSONValue) -> String? {
    foreignKeys.first { $0.keys.contains { object[$0] != nil } }?.name
  }

  private static let foreignKeys: [(name: String, keys: [String])] = [
    ("ONNX", ["per_model_config", "op_types", "per_channel", "reduce_range"]),
    ("AWQ", ["zero_point", "version"]),
    ("compressed-tensors", ["config_groups"]),
    ("bitsandbytes", ["load_in_4bit", "load_in_8bit", "_load_in_4bit", "bnb_4bit_quant_type"]),
    ("ModelOpt", ["quant_algo", "quantization"]),
    ("FP8", ["weight_block_size", "activation_scheme"]),
    ("MLX", ["mode"]),
  ]

  /// How zero points are stored, as far as the settings say.
  func zeros(_ reader: SettingsReader) throws(InputError) -> StatedSettings.ZeroConvention? {
    if case .autoRound = self { return try Self.autoRoundZeros(reader) }
    if try reader.flag("is_marlin_format") == true {
      return .open("is_marlin_format true", otherwise: nil)
    }
    var stated: [(text: String, format: CheckpointFormat?)] = []
    for key in ["checkpoint_format", "format"] {
      guard let name = try reader.string(key) else { continue }
      let format = CheckpointFormat(rawValue: name.lowercased())
      // Written by exporters around plain tensors; Marlin's own have other names and shapes.
      guard format != nil || ["marlin", "gptq_marlin"].contains(name.lowercased()) else {
        throw reader.refused("\(key) \"\(name)\", where tenbin reads gptq, gptq_v2 and gptq_p")
      }
      stated.append(("\(key) \(name)", format))
    }
    let text = stated.map(\.text).joined(separator: ", ")
    guard let first = stated.first else {
      // OneComp takes v2 where nothing is said, everybody else v1.
      guard case .oneComp = self else { return nil }
      return .open("no checkpoint_format", otherwise: .v2)
    }
    guard let format = first.format, stated.allSatisfy({ $0.format == format }) else {
      return .open(text, otherwise: nil)
    }
    return .stated(format)
  }

  /// auto-round stores zero − 1 in what it calls auto_gptq, and the zero itself elsewhere.
  private static func autoRoundZeros(
    _ reader: SettingsReader
  ) throws(InputError) -> StatedSettings.ZeroConvention {
    if let type = try reader.string("data_type"), type.lowercased() != "int" {
      throw reader.refused("data_type \"\(type)\", where GPTQ's packing holds int")
    }
    let (packing, backend) = (try reader.string("packing_format"), try reader.string("backend"))
    guard let name = packing ?? backend else {
      return .open("no packing_format", otherwise: .v1)
    }
    switch name.lowercased() {
    case "auto_round:auto_gptq", "auto_round:gptq", "auto_gptq", "gptq": return .stated(.v1)
    case "auto_round:gptqmodel", "gptqmodel": return .stated(.v2)
    case "auto_round", "auto_round:exllamav2", "auto_round:tritonv2":
      return .open("packing_format \(name)", otherwise: .v2)
    default:
      throw reader.refused(
        "packing_format \"\(name)\", another packing than GPTQ's",
        hint: "export with --format auto_gptq or auto_round:auto_gptq")
    }
  }
}
