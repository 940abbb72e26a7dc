import Basics

/// A family of decoders, by its `model_type`: how its config.json describes a model.
///
/// A family is one file of this folder and one line of `all`.
struct ModelFamily: Sendable {
  /// `model_type` in config.json.
  let type: String
  /// What keys stand for where config.json does not have them.
  let defaults: ModelSizes.Defaults
  /// Describes the model of a config.json.
  let describe:
    @Sendable (_ config: ConfigReader, _ sizes: ModelSizes) throws(InputError) -> ModelDescription

  /// The family of `type`.
  init(
    _ type: String, defaults: ModelSizes.Defaults,
    describe:
      @escaping @Sendable (_ config: ConfigReader, _ sizes: ModelSizes) throws(InputError)
      -> ModelDescription
  ) {
    self.type = type
    self.defaults = defaults
    self.describe = describe
  }

  /// The families that tenbin runs.
  static let all: [ModelFamily] = [.llama, .mistral, .qwen2, .qwen3]
}
