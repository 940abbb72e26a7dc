import Basics
import Foundation
import GPTQ
import Results

/// One trial's settings in a file: plain `key: value` pairs of YAML or JSON, under the keys of
/// sweep.yaml. The quantize_config.json, or config.json, of a published checkpoint is one, too: what
/// only loaders need is passed over.
public struct TrialConfigFile: Sendable {
  /// The settings.
  public let config: TrialConfig

  /// Reads and checks a file.
  public init(contentsOf url: URL) throws(InputError) {
    let text = try InputFile.text(
      url, asked: "read the settings \(url.path)",
      missing: "give a YAML or JSON file with bits, group_size and the like")
    try self.init(text: text, name: url.lastPathComponent)
  }

  /// Parses and checks the text of a file; `name` is what errors call it. Keys of `ignoring` are
  /// somebody else's.
  public init(
    text: String, name: String, ignoring: Set<String> = []
  ) throws(InputError) {
    let published = try PublishedSettings(text: text, name: name)
    let reader = SweepReader.settings(name)
    var config = published?.config ?? TrialConfig()
    if published?.isNested != true {
      let top = try reader.topLevel(text)
      let passedOver = StatedSettings.passedOver.union(ignoring)
      try reader.check(
        top.keys.filter { !passedOver.contains($0) },
        among: TrialConfig.settings.map(\.key),
        place: "the settings \(name)")
      // `PublishedSettings` has read what quantize_config.json has.
      for setting in TrialConfig.settings where published == nil || setting.stored == .nowhere {
        guard let value = top[setting.key] else { continue }
        try setting.set(value, in: &config, at: SettingPlace(setting.key, in: name))
      }
    }
    try config.validate()
    self.config = config
  }
}
