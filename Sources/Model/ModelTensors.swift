import Basics

extension ModelConfig {
  /// What the tensors are called.
  var names: ModelNames { description.names }

  /// The names of all tensors of the model, of the head where it has its own weight not.
  public var tensorNames: Set<String> { Set(tensors.map(\.name)) }

  /// Name and shape of every tensor of the model, but of the head.
  public var tensors: [(name: String, shape: [Int])] {
    [
      (names.embedding, [vocabularySize, hiddenSize]),
      (description.finalNorm.tensor, [description.finalNorm.width]),
    ]
      + description.layers.enumerated().flatMap { index, layer in
        layer.tensors.map { (names.layer(index, $0.name), $0.shape) }
      }
  }

  /// The tensor that lm_head reads: its own where there is one (transformers 5 unties two that
  /// differ), the embedding where the config ties them.
  func headTensor(in source: any WeightSource) throws(InputError) -> String {
    if source.contains(names.head) { return names.head }
    if tiesEmbeddings { return names.embedding }
    throw InputError(
      .badData, asked: "load the head", found: "no \(names.head), and embeddings not tied",
      hint: "give a model with its head (…ForCausalLM), or set tie_word_embeddings in config.json")
  }

  /// Checks, before anything is computed, that `source` has every tensor of the model in its shape,
  /// and none that this family would not use.
  func check(_ source: any WeightSource) throws(InputError) {
    try checkPrefix(source)
    try check(source, headTensor(in: source), [vocabularySize, hiddenSize])
    for (name, shape) in tensors { try check(source, name, shape) }
    let known = tensorNames
    for name in foreignTensors where !known.contains(names.layer(0, name)) {
      guard !source.contains(names.layer(0, name)) else {
        throw InputError(
          .badData, asked: "run the model as \(modelType), as model_type says",
          found: "the tensor \(names.layer(0, name)), which that family does not have",
          hint: "check that config.json and the weights belong to the same model")
      }
    }
    try checkBiases(source)
    let beyond = names.layer(layers, layer(0).norms.first?.tensor ?? "")
    guard !source.contains(beyond) else {
      throw InputError(
        .badData, asked: "run the model with num_hidden_layers \(layers)",
        found: "the tensor \(beyond)",
        hint: "check that config.json and the weights belong to the same model")
    }
  }

  /// Old GPTQ packers gave every linear a bias, all zeros; one that is not would be lost here.
  private func checkBiases(_ source: any WeightSource) throws(InputError) {
    for (layer, linear) in linears where !linear.hasBias {
      let name = "\(linear.name.tensorPrefix(layer: layer)).bias"
      guard source.contains(name), try source.vector(name).contains(where: { $0 != 0 }) else {
        continue
      }
      throw InputError(
        .badData, asked: "run the model as \(modelType), as model_type says",
        found: "\(name), which that family does not have with this config.json",
        hint: "check attention_bias and mlp_bias, and that the weights belong to this config.json")
    }
  }

  private func check(
    _ source: any WeightSource, _ name: String, _ expected: [Int]
  ) throws(InputError) {
    let found = try source.shape(of: name)
    guard found == expected else {
      throw InputError(
        .badData, asked: "load \(name)",
        found: "shape \(found), where config.json makes it \(expected)",
        hint: "check that config.json and the weights belong to the same model")
    }
  }

  private func checkPrefix(_ source: any WeightSource) throws(InputError) {
    guard !source.contains(names.embedding) else { return }
    for prefix in ["", "model.", "language_model.model.", "model.language_model."] {
      let name = "\(prefix)embed_tokens.weight"
      guard !source.contains(name) else {
        throw InputError(
          .badData, asked: "load \(names.embedding)", found: "\(name) instead",
          hint: "tenbin reads …ForCausalLM checkpoints, whose tensors begin with model. :"
            + " save the model as one with transformers")
      }
    }
  }
}

/// Tensors of layers that look like a supported one and are not: they belong to features that
/// config.json does not always tell.
private let foreignTensors = [
  "self_attn.sinks", "self_attn.q_norm.weight", "self_attn.k_norm.weight",
  "pre_feedforward_layernorm.weight", "post_feedforward_layernorm.weight", "mlp.gate.weight",
  "mlp.experts.gate_up_proj", "block_sparse_moe.gate.weight", "mlp.router.weight",
  "mlp.shared_expert_gate.weight",
]
