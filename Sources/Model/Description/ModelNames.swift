/// What a model's tensors are called outside its layers, and where its layers stand.
public struct ModelNames: Sendable, Hashable {
  /// The embedding table.
  public var embedding = "model.embed_tokens.weight"
  /// The final norm's weight.
  public var norm = "model.norm.weight"
  /// lm_head's weight, where it is not the embedding table.
  public var head = "lm_head.weight"
  /// The list of layers.
  public var layers = "model.layers"

  /// Whose names the linears have.
  public private(set) var convention = Convention.published
  /// Tensors of a layer, any of which tells that a folder has these names; empty: the embedding tells.
  private var marks: [String] = []

  /// Whose names the linears of a model have, where loaders do not agree.
  public enum Convention: String, Sendable, CaseIterable {
    /// As the model is published, which vLLM reads.
    case published
    /// As GPTQModel 7 takes models of transformers 5 apart: Mixtral's experts are
    /// `mlp.experts.N.gate_proj`, `up_proj` and `down_proj`; Phi-3's gate and up are two linears.
    case gptqmodel
  }

  /// The names of most models.
  public init() {}

  /// The names of most models outside the layers, and inside them those of `convention`, which the
  /// tensors `marks` of the first layer tell.
  init(_ convention: Convention, marks: [String]) {
    self.convention = convention
    self.marks = marks
  }

  /// Tensors, any of which tells that a folder has these names.
  var telling: [String] {
    marks.isEmpty ? [embedding] : marks.map { layer(0, $0) }
  }

  /// The names of a model whose parts stand under `root`, in a list of layers of the usual name.
  init(root: String) {
    embedding = "\(root).embed_tokens.weight"
    norm = "\(root).norm.weight"
    layers = "\(root).layers"
  }

  /// The layer of a tensor or module, and its name inside it; nil where it is in no layer.
  public func place(of name: String) -> (layer: Int, name: String)? {
    guard name.hasPrefix(layers + ".") else { return nil }
    let parts = name.dropFirst(layers.count + 1).split(separator: ".", maxSplits: 1)
    guard parts.count == 2, let layer = Int(parts[0]) else { return nil }
    return (layer, String(parts[1]))
  }

  /// A tensor inside decoder layer `index`.
  public func layer(_ index: Int, _ name: String) -> String { "\(layers).\(index).\(name)" }
}
