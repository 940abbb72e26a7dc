import Basics
import Foundation
import GPTQ

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
    let reader = SweepReader(name: name)
    var config = published?.config ?? TrialConfig(quantize: QuantizeConfig())
    if published?.isNested != true {
      let top = try reader.topLevel(text)
      let passedOver = StatedSettings.passedOver.union(ignoring)
      try reader.check(
        top.keys.filter { !passedOver.contains($0) },
        among: SearchParameter.allCases.map(\.rawValue),
        place: "the settings \(name)")
      for parameter in SearchParameter.allCases
      where published == nil || !parameter.isPublished {
        guard let value = top[parameter.rawValue] else { continue }
        try parameter.set(value, in: &config, reader)
      }
    }
    try config.validate()
    self.config = config
  }
}

extension SearchParameter {
  /// Whether quantize_config.json has this key, and `PublishedSettings` reads it.
  fileprivate var isPublished: Bool {
    switch self {
    case .bits, .groupSize, .sym, .descAct, .actGroupAware, .staticGroups, .dampPercent, .modules,
      .dynamic, .head:
      true
    case .preset, .algorithm, .propagation, .groupTiming, .scalesDtype, .rescue, .packer: false
    }
  }
}
