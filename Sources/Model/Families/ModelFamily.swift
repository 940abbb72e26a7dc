import Basics

/// A family of decoders, by its `model_type`: how its config.json describes a model.
///
/// A family is one file of this folder and one line of `all`.
struct ModelFamily: Sendable {
  /// `model_type` in config.json.
  let type: String
  /// What keys stand for where config.json does not have them.
  let defaults: ModelSizes.Defaults
  /// Keys that no other family has a use for, and which `describe` reads.
  let reads: Set<String>
  /// The key under which the decoder is described, where that is not the top level.
  let textKey: String?
  /// What tensors may be called, first what they are called where nothing tells.
  let names: [ModelNames]
  /// Describes the model of a config.json.
  let describe:
    @Sendable (_ config: ConfigReader, _ sizes: ModelSizes) throws(InputError) -> ModelDescription

  /// The family of `type`.
  init(
    _ type: String, defaults: ModelSizes.Defaults, reads: Set<String> = [],
    textKey: String? = nil, names: [ModelNames] = [ModelNames()],
    describe:
      @escaping @Sendable (_ config: ConfigReader, _ sizes: ModelSizes) throws(InputError)
      -> ModelDescription
  ) {
    self.type = type
    self.defaults = defaults
    self.reads = reads
    self.textKey = textKey
    self.names = names
    self.describe = describe
  }

  /// The families that tenbin runs.
  static let all: [ModelFamily] = [
    .llama, .mistral, .mixtral, .qwen2, .qwen2MoE, .qwen3, .qwen3MoE, .gemma2, .gemma3Text, .gemma3,
    .phi3, .gptOSS, .plamo3,
  ]
}
