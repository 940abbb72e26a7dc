import Basics
import Foundation

/// `quantize_config.json`, which is also `quantization_config` in config.json: what loaders read.
public struct QuantizationConfigFile: Sendable, Equatable {
  /// Bits a weight.
  public var bits: Int
  /// Columns a group; −1 is the whole row.
  public var groupSize: Int
  /// Whether zeros are the middle code.
  public var sym: Bool
  /// Whether columns were taken by descending diag H.
  public var descAct: Bool
  /// How zeros are stored.
  public var format: CheckpointFormat

  /// Reads the settings out of a JSON object: the keys of AutoGPTQ, and those of GPTQModel.
  /// A missing `sym` is true, a missing format v1, as loaders have it.
  public init(parsing data: Data, of url: URL) throws(InputError) {
    func broken(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the quantization settings of \(url.path)", found: found,
        hint: "a GPTQ checkpoint names bits (2, 3, 4 or 8), group_size, desc_act and sym there")
    }
    guard let root = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] else {
      throw broken("no JSON object")
    }
    let settings = root["quantization_config"] as? [String: Any] ?? root
    let method = (settings["quant_method"] ?? settings["method"]) as? String ?? "gptq"
    guard method == "gptq" else { throw broken("quant_method \(method)") }
    guard let bits = settings["bits"] as? Int, QuantizeConfig.allowedBits.contains(bits) else {
      throw broken("bits \(settings["bits"] ?? "missing")")
    }
    let groupSize = settings["group_size"] as? Int ?? -1
    guard groupSize == -1 || groupSize > 0 else { throw broken("group_size \(groupSize)") }
    let name = (settings["checkpoint_format"] ?? settings["format"]) as? String ?? "gptq"
    guard let format = CheckpointFormat(rawValue: name) else {
      throw broken("checkpoint_format \(name), where tenbin reads gptq and gptq_v2")
    }
    // Other layouts under the names of this one.
    guard settings["is_marlin_format"] as? Bool != true else {
      throw broken("is_marlin_format true, where tenbin reads gptq and gptq_v2")
    }
    let words = settings["pack_dtype"] as? String ?? "int32"
    guard words.hasSuffix("int32") else {
      throw broken("pack_dtype \(words), where tenbin reads int32")
    }
    self.bits = bits
    self.groupSize = groupSize
    self.format = format
    sym = settings["sym"] as? Bool ?? true
    descAct = settings["desc_act"] as? Bool ?? false
  }

  /// The object that a checkpoint of `config` carries. A damp of 0, which loaders refuse, is left
  /// out.
  static func object(_ config: QuantizeConfig, _ format: CheckpointFormat) -> [String: Any] {
    var meta: [String: Any] = [
      "quantizer": ["tenbin:\(ToolVersion.current)"], "static_groups": config.staticGroups,
      "true_sequential": true,
    ]
    var object: [String: Any] = [
      "bits": config.bits, "group_size": config.groupSize, "desc_act": config.descAct,
      "sym": config.sym, "static_groups": config.staticGroups, "true_sequential": true,
      "lm_head": false, "quant_method": "gptq", "method": "gptq",
      "checkpoint_format": format.rawValue, "format": format.rawValue, "pack_dtype": "int32",
    ]
    if config.dampPercent > 0 {
      object["damp_percent"] = config.dampPercent
      meta["damp_percent"] = config.dampPercent
    }
    object["meta"] = meta
    return object
  }
}
