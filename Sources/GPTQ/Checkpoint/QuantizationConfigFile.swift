import Basics
import Codecs
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
  /// Settings of single modules.
  public var dynamic = DynamicRules()

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
    // Once more, since the order of the patterns counts and Foundation's parser loses it.
    let ordered = try? JSONValue(parsing: Array(data))
    let rules = (ordered?["quantization_config"] ?? ordered)?["dynamic"]
    guard let rules, !rules.isNull else { return }
    do {
      dynamic = try DynamicRules(rules, strict: false)
    } catch {
      throw broken("dynamic: \(error.found)")
    }
  }

  /// The settings of the module `name`, such as `model.layers.0.mlp.up_proj`: those of the whole
  /// checkpoint with what `dynamic` changes.
  public func settings(of name: String) -> QuantizationConfigFile {
    guard let rule = dynamic.rule(for: name) else { return self }
    var settings = self
    settings.bits = rule.overrides.bits ?? bits
    settings.groupSize = rule.overrides.groupSize ?? groupSize
    settings.sym = rule.overrides.sym ?? sym
    settings.descAct = rule.overrides.descAct ?? descAct
    return settings
  }
}
