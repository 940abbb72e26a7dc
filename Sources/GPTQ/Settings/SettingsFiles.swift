import Basics
import Codecs
import Foundation

/// The files of a checkpoint folder that say how it was quantized.
public struct SettingsFiles: Sendable {
  /// quantize_config.json or quant_config.json, which GPTQModel asks first.
  public let own: StatedSettings?
  /// `quantization_config` of config.json, which transformers and vLLM read.
  public let model: StatedSettings?

  /// Reads the files of `url`. `holdsCodes` says whether its tensors are quantized: beside plain
  /// weights, settings of another tool speak of other files, as those for ONNX do.
  init(_ url: URL, holdsCodes: Bool) throws(InputError) {
    func read(_ name: String) throws(InputError) -> (value: JSONValue, path: String)? {
      let file = url.appendingPathComponent(name)
      guard FileManager.default.fileExists(atPath: file.path) else { return nil }
      return (try JSONValue(contentsOf: file), file.path)
    }
    let config = try read("config.json")
    let settings = config?.value["quantization_config"].flatMap { $0.isNull ? nil : $0 }
    // gpt_oss as it was released: a model in a format that is read as what it stands for.
    let isMXFP4 = settings?["quant_method"]?.string == "mxfp4"
    if let settings, holdsCodes || !isMXFP4 {
      model = try StatedSettings(settings, path: config?.path ?? "config.json")
    } else {
      model = nil
    }
    var own: StatedSettings?
    for name in ["quantize_config.json", "quant_config.json"] where own == nil {
      guard let file = try read(name) else { continue }
      let isForeign = SettingsDialect.foreignName(file.value) != nil
      guard holdsCodes || settings != nil || !isForeign else { continue }
      own = try StatedSettings(file.value, path: file.path)
    }
    self.own = own
  }

  /// What the files say, the one that is asked first at the front.
  var stated: [StatedSettings] { [own, model].compactMap { $0 } }
}
