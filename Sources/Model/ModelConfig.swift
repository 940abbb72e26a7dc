import Basics
import Foundation

/// The keys of a Hugging Face `config.json` that a decoder's arithmetic depends on.
public struct ModelConfig: Sendable, Equatable {
  /// The family, `model_type`.
  public let family: ModelFamily
  /// Width of the residual stream.
  public let hiddenSize: Int
  /// Width inside the MLP.
  public let intermediateSize: Int
  /// Decoder layers.
  public let layers: Int
  /// Query heads.
  public let heads: Int
  /// Key-value heads.
  public let keyValueHeads: Int
  /// Width of one head.
  public let headDimension: Int
  /// Entries of the vocabulary, padding included.
  public let vocabularySize: Int
  /// The ε of RMSNorm.
  public let normEpsilon: Float
  /// The longest sequence the model was made for.
  public let maxPositions: Int
  /// How positions rotate.
  public let rope: RopeParameters
  /// How far each layer's attention looks back.
  public let spans: AttentionSpans
  /// The linears that add a bias.
  public let biasedModules: Set<LinearModule>
  /// Whether lm_head is the embedding where the checkpoint has no lm_head of its own.
  public let tiesEmbeddings: Bool
  /// Whether the linears are stored as GPTQ codes.
  public let isQuantized: Bool

  /// Reads `config.json` in `directory`.
  public init(directory: URL) throws(InputError) {
    let url = directory.appendingPathComponent("config.json")
    guard let data = try? Data(contentsOf: url) else {
      throw InputError(
        .missing, asked: "open the model \(directory.path)", found: "no config.json",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    try self.init(json: data, name: url.path)
  }

  /// Reads the text of a `config.json`; `name` is what errors call it. Keys that are missing take
  /// the family's defaults in transformers; a feature that tenbin lacks is an error naming its key.
  public init(json: Data, name: String) throws(InputError) {
    let reader = try ConfigReader(json: json, name: name)
    let type = try reader.string("model_type")
    guard let family = ModelFamily(rawValue: type) else {
      throw reader.unsupported(
        "model_type", type,
        allowed: ModelFamily.allCases.map(\.rawValue).joined(separator: ", "))
    }
    self.family = family
    try reader.refuseUnsupportedFeatures()
    isQuantized = try reader.quantizationMethod() != nil
    hiddenSize = try reader.size("hidden_size")
    intermediateSize = try reader.size("intermediate_size")
    layers = try reader.size("num_hidden_layers", in: 1...1 << 14)
    vocabularySize = try reader.size("vocab_size", in: 1...1 << 30)
    normEpsilon = Float(try reader.nonNegative("rms_norm_eps", default: 1e-6))
    maxPositions = try reader.size(
      "max_position_embeddings", in: 1...1 << 30, default: family.defaultMaxPositions)
    tiesEmbeddings = try reader.flag("tie_word_embeddings")
    heads = try reader.size("num_attention_heads")
    keyValueHeads =
      try reader.optionalSize("num_key_value_heads", default: family.defaultKeyValueHeads) ?? heads
    guard heads % keyValueHeads == 0 else {
      throw reader.unsupported(
        "num_key_value_heads", "\(keyValueHeads)",
        allowed: "a divisor of num_attention_heads \(heads)")
    }
    let headDimension = try reader.optionalSize("head_dim", default: family.defaultHeadDimension)
    guard headDimension != nil || hiddenSize % heads == 0 else {
      throw reader.unsupported(
        "num_attention_heads", "\(heads)",
        allowed: "a divisor of hidden_size \(hiddenSize) where head_dim is not given")
    }
    self.headDimension = headDimension ?? hiddenSize / heads
    guard self.headDimension % 2 == 0, heads * self.headDimension <= 1 << 20 else {
      throw reader.unsupported(
        "head_dim", "\(self.headDimension) for \(heads) heads", allowed: "an even number")
    }
    rope = try RopeParameters(
      reader, headDimension: self.headDimension, maxPositions: maxPositions)
    spans = try AttentionSpans(reader, family: family, layers: layers)
    biasedModules = try family.biasedModules(reader)
  }
}
