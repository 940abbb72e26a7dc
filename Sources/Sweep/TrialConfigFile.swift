import Basics
import Foundation
import GPTQ

/// One trial's settings in a file: plain `key: value` pairs of YAML or JSON, under the keys of
/// sweep.yaml. A quantize_config.json of a checkpoint is one, too: what only loaders need is passed
/// over.
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
    let reader = SweepReader(name: name)
    let top = try reader.topLevel(text)
    let keys = SearchParameter.allCases.map(\.rawValue)
    let passedOver = Self.loaderKeys.union(ignoring)
    try reader.check(
      top.keys.filter { !passedOver.contains($0) }, among: keys, place: "the settings \(name)")
    var config = TrialConfig(quantize: QuantizeConfig())
    for parameter in SearchParameter.allCases {
      guard let value = top[parameter.rawValue] else { continue }
      try parameter.set(value, in: &config, reader)
    }
    try config.validate()
    self.config = config
  }

  /// Keys of quantize_config.json that say nothing about how codes are chosen.
  private static let loaderKeys: Set<String> = [
    "quant_method", "method", "checkpoint_format", "format", "pack_dtype", "meta",
    "true_sequential", "model_name_or_path", "model_file_base_name", "dataset", "tokenizer",
    "batch_size", "block_name_to_quantize", "module_name_preceding_first_block", "pad_token_id",
    "model_seqlen", "cache_block_outputs", "backend", "use_cuda_fp16", "max_input_length",
    "is_marlin_format", "rotation",
  ]
}
