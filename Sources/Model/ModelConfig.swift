import Basics
import Foundation

/// What a Hugging Face `config.json` says of a decoder: some sizes, and the model's description.
public struct ModelConfig: Sendable, Equatable {
  /// The family, `model_type`.
  public let modelType: String
  /// Width of the residual stream.
  public let hiddenSize: Int
  /// Entries of the vocabulary, padding included.
  public let vocabularySize: Int
  /// The longest sequence the model was made for, in tokens.
  public let maxPositions: Int
  /// Whether lm_head is the embedding where the checkpoint has no lm_head of its own.
  public let tiesEmbeddings: Bool
  /// What `quantization_config` calls its method, a word of its own where it names none; nil where
  /// there is no such key.
  public let quantizationMethod: String?
  /// What the model does.
  public let description: ModelDescription

  /// A model that does what `description` says.
  public init(
    modelType: String, hiddenSize: Int, vocabularySize: Int, maxPositions: Int,
    tiesEmbeddings: Bool, description: ModelDescription
  ) {
    self.modelType = modelType
    self.hiddenSize = hiddenSize
    self.vocabularySize = vocabularySize
    self.maxPositions = maxPositions
    self.tiesEmbeddings = tiesEmbeddings
    self.description = description
    quantizationMethod = nil
  }

  /// Reads `config.json` in `directory`.
  public init(directory: URL) throws(InputError) {
    let url = directory.appendingPathComponent("config.json")
    guard let data = try InputFile.dataIfThere(url, asked: "read \(url.path)") else {
      throw InputError(
        .missing, asked: "open the model \(directory.path)", found: "no config.json",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    try self.init(json: data, name: url.path)
  }

  /// Whether the linears are stored in another form, as `quantization_config` tells.
  public var isQuantized: Bool { quantizationMethod != nil }

  /// Reads the text of a `config.json`; `name` is what errors call it. Keys that are missing take
  /// the family's defaults in transformers; a feature that tenbin lacks is an error naming its key.
  public init(json: Data, name: String) throws(InputError) {
    let reader = try ConfigReader(json: json, name: name)
    modelType = try reader.string("model_type")
    guard let family = ModelFamily.all.first(where: { [modelType] in $0.type == modelType }) else {
      throw reader.unsupported(
        "model_type", modelType, allowed: ModelFamily.all.map(\.type).joined(separator: ", "))
    }
    try reader.refuseUnsupportedFeatures()
    quantizationMethod = try reader.object("quantization_config").map {
      (settings) throws(InputError) in
      try settings.string("quant_method", default: "quantized")
    }
    let sizes = try ModelSizes(reader, defaults: family.defaults)
    (hiddenSize, vocabularySize) = (sizes.hidden, sizes.vocabulary)
    maxPositions = sizes.maxPositions
    tiesEmbeddings = try reader.flag("tie_word_embeddings")
    description = try family.describe(reader, sizes)
  }

  /// The number of decoder layers.
  public var layers: Int { description.layers.count }

  /// What decoder layer `index` does.
  public func layer(_ index: Int) -> LayerDescription { description.layers[index] }

  /// Every linear of every decoder layer, in the order in which they are quantized.
  public var linears: [(layer: Int, linear: Linear)] {
    description.layers.enumerated().flatMap { layer in
      layer.element.linears.map { (layer.offset, $0) }
    }
  }

  /// The names of linears in the order in which a layer has them, each once.
  public var linearNames: [LinearName] {
    var seen = Set<LinearName>()
    var last: LayerDescription?
    var names: [LinearName] = []
    for layer in description.layers where layer != last {
      names += layer.linears.map(\.name).filter { seen.insert($0).inserted }
      last = layer
    }
    return names
  }

  /// The place of a linear among all of the model; nil where it has no such linear.
  public func place(ofLinear name: LinearName, layer: Int) -> Int? {
    guard let place = self.layer(layer).linears.firstIndex(where: { $0.name == name }) else {
      return nil
    }
    return description.layers[..<layer].reduce(place) { $0 + $1.linears.count }
  }

  /// The tensor prefix of every linear of every decoder layer, such as `model.layers.3.mlp.up_proj`.
  public var linearPrefixes: [String] {
    linears.map { $0.linear.name.tensorPrefix(layer: $0.layer) }
  }

  /// The linear of a tensor prefix such as `model.layers.3.mlp.up_proj`; nil where there is none.
  public func linear(at prefix: String) -> Linear? {
    let parts = prefix.split(separator: ".", maxSplits: 3)
    guard parts.count == 4, parts[0] == "model", parts[1] == "layers", let layer = Int(parts[2]),
      description.layers.indices.contains(layer)
    else { return nil }
    return self.layer(layer)[LinearName(rawValue: String(parts[3]))]
  }

  /// Weights in all linears of all decoder layers.
  public var linearParameters: Int { linears.reduce(0) { $0 + $1.linear.weights } }

  /// The width of the widest result inside a layer that waits between two stages.
  public var widestInner: Int {
    description.layers.flatMap(\.stages).filter { $0.input == .previous }
      .flatMap(\.groups).map(\.columns).max() ?? 0
  }
}
