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

  /// The names of most models.
  public init() {}

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
