import Basics
import Foundation
import Tensor

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

  /// Reads `config.json` in `directory`; linears have the names of `convention` where the family has
  /// such, else those that the folder's tensors have.
  public init(
    directory: URL, convention: ModelNames.Convention? = nil
  ) throws(InputError) {
    let url = directory.appendingPathComponent("config.json")
    guard let data = try InputFile.dataIfThere(url, asked: "read \(url.path)") else {
      throw InputError(
        .missing, asked: "open the model \(directory.path)", found: "no config.json",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    try self.init(json: data, name: url.path) { possible in
      let asked = possible.first { $0.convention == convention }
      guard asked == nil, let tensors = try? SafetensorsDirectory(directory) else { return asked }
      return possible.last { $0.telling.contains(where: tensors.contains) }
    }
  }

  /// Whether the linears are stored in another form, as `quantization_config` tells. MXFP4 is read as
  /// what it stands for.
  public var isQuantized: Bool { quantizationMethod.map { $0 != "mxfp4" } ?? false }

  /// Reads the text of a `config.json`; `name` is what errors call it. Keys that are missing take
  /// the family's defaults in transformers; a feature that tenbin lacks is an error naming its key.
  public init(json: Data, name: String) throws(InputError) {
    try self.init(json: json, name: name) { _ in nil }
  }

  /// `choosing` says which of the possible names of tensors the weights have, where it knows.
  private init(
    json: Data, name: String, choosing: ([ModelNames]) -> ModelNames?
  ) throws(InputError) {
    let reader = try ConfigReader(json: json, name: name)
    modelType = try reader.string("model_type")
    let family = try ModelFamily(of: modelType, reader)
    // A model of several kinds of input keeps what is said of its decoder apart.
    var text = reader
    if let key = family.textKey, let inner = try reader.object(key) { text = inner }
    try text.refuseUnsupportedFeatures(but: family.reads)
    quantizationMethod = try reader.object("quantization_config").map {
      (settings) throws(InputError) in
      try settings.string("quant_method", default: "quantized")
    }
    let names = (family.names.count > 1 ? choosing(family.names) : nil) ?? family.names[0]
    var sizes = try ModelSizes(text, defaults: family.defaults)
    sizes.convention = names.convention
    (hiddenSize, vocabularySize) = (sizes.hidden, sizes.vocabulary)
    maxPositions = sizes.maxPositions
    let tied = try text.flag("tie_word_embeddings", default: family.defaults.tiesEmbeddings)
    tiesEmbeddings = try reader.flag("tie_word_embeddings", default: tied)
    description = try family.describe(text, sizes).named(names)
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

  /// The kinds of linears in the order in which a layer has them, each once.
  public var linearKinds: [String] {
    var seen = Set<String>()
    return linearNames.map(\.kind).filter { seen.insert($0).inserted }
  }

  /// Whether some layer weighs a shared expert by a gate, which is one row of weights and never
  /// quantized.
  public var hasSharedExpertGates: Bool {
    description.layers.contains { $0.stages.contains { !$0.gates.isEmpty } }
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
    guard let place = names.place(of: prefix), description.layers.indices.contains(place.layer)
    else { return nil }
    return layer(place.layer)[LinearName(rawValue: place.name)]
  }

  /// Weights in all linears of all decoder layers.
  public var linearParameters: Int { linears.reduce(0) { $0 + $1.linear.weights } }

  /// The width of the widest result inside a layer that waits between two stages: of experts, those that
  /// a token meets.
  public var widestInner: Int {
    description.layers.flatMap(\.stages).filter { $0.input == .previous }.map { stage in
      let width = stage.groups.reduce(0) {
        $0 + Double($1.columns) * ($1.expert == nil ? 1 : stage.expertShare)
      }
      return Int(width.rounded(.up))
    }.max() ?? 0
  }
}
