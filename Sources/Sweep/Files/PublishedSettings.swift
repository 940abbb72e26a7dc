import Basics
import Codecs
import Foundation
import GPTQ
import Model
import Results

/// The settings of somebody's published checkpoint as settings of a trial: its quantize_config.json, or
/// its config.json.
struct PublishedSettings {
  /// The trial.
  let config: TrialConfig
  /// Whether they stand inside a config.json, whose other keys are the model's.
  let isNested: Bool

  /// Reads `text`; nil where it is no such file, but settings in our own keys.
  init?(text: String, name: String) throws(InputError) {
    let object: JSONValue
    do throws(InputError) {
      object = try JSONValue(
        text: Data(text.utf8), name: name, hint: "fix it there, or give its folder's config.json")
    } catch {
      // YAML has its own parser, and its own errors.
      guard name.hasSuffix(".json") else { return nil }
      throw error
    }
    guard StatedSettings.arePublished(object) else { return nil }
    let stated = try StatedSettings(text: Data(text.utf8), name: name)
    isNested = object["quantization_config"] != nil
    config = try TrialConfig(stated, name: name)
  }
}

extension TrialConfig {
  /// A trial of `stated`, which errors call `name`. What it does not say has its usual value, but for
  /// group_size, which tools do not agree on.
  fileprivate init(_ stated: StatedSettings, name: String) throws(InputError) {
    func refused(_ found: String, _ hint: String) -> InputError {
      InputError(.badData, asked: "quantize with the settings \(name)", found: found, hint: hint)
    }
    guard !stated.isAutoRound else {
      throw refused(
        "settings of auto-round, which chooses codes by another algorithm than GPTQ",
        "give the folder of its checkpoint")
    }
    guard let groupSize = stated.groupSize else {
      throw refused("no group_size", "add it: AutoGPTQ takes -1 there, GPTQModel 128")
    }
    var quantize = QuantizeConfig()
    quantize.bits = stated.bits ?? quantize.bits
    quantize.groupSize = groupSize
    quantize.sym = stated.sym ?? quantize.sym
    quantize.descAct = stated.descAct ?? quantize.descAct
    quantize.apply(stated.solver)
    self.init(quantize: quantize)
    dynamic = stated.rules
    modules = stated.modulesInBlock?.map(LinearName.init(rawValue:))
    quantizesHead = stated.quantizesHead ?? false
  }
}
