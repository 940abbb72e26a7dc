import Basics
import Foundation
import Model

/// The keys of config.json that change what the model computes: beside the base's, and against each
/// other.
struct FunctionKeys {
  private let own: [String: Any]
  private let base: [String: Any]?
  private let model: Result<ModelConfig, InputError>
  private let baseModel: ModelConfig?

  /// Every key that some family's arithmetic depends on.
  private static let names = [
    "model_type", "hidden_act", "hidden_activation", "hidden_size", "intermediate_size",
    "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "vocab_size",
    "rms_norm_eps", "layer_norm_eps", "rope_theta", "rope_scaling", "rope_parameters",
    "partial_rotary_factor", "original_max_position_embeddings", "sliding_window",
    "use_sliding_window", "max_window_layers", "layer_types", "sliding_window_pattern",
    "attention_bias", "mlp_bias", "tie_word_embeddings", "attn_logit_softcapping",
    "final_logit_softcapping", "query_pre_attn_scalar", "logit_scale", "embedding_multiplier",
    "residual_multiplier", "attention_multiplier", "logits_scaling", "num_experts",
    "num_local_experts", "num_experts_per_tok", "norm_topk_prob", "moe_intermediate_size",
    "use_qk_norm", "attention_sinks",
  ]

  init(_ checkpoint: URL, base: URL?) {
    func object(_ folder: URL) -> [String: Any]? {
      (try? Data(contentsOf: folder.appendingPathComponent("config.json"))).flatMap {
        (try? JSONSerialization.jsonObject(with: $0)) as? [String: Any]
      }
    }
    own = object(checkpoint) ?? [:]
    self.base = base.flatMap(object)
    model = Result { () throws(InputError) in try ModelConfig(directory: checkpoint) }
    baseModel = base.flatMap { try? ModelConfig(directory: $0) }
  }

  /// What they found, and config.json as something that was looked at.
  func run() -> (findings: [AuditFinding], coverage: AuditCoverage.Item) {
    var findings = contradictions()
    var item = AuditCoverage.Item("config.json", .alone, .config(.keysHeldTogether))
    if case .failure(let error) = model {
      // A family that tenbin does not run yet is no defect.
      if let baseModel {
        findings.append(
          finding(
            .defective,
            .config(.notOfFamily, baseModel.modelType, error.found)))
      }
      item = .init("config.json", .notLooked, .shared(.named, error.found, error.hint))
      findings += strangeKey()
    }
    guard base != nil else { return (findings, item) }
    let changes = changedKeys()
    if !changes.isEmpty {
      findings.append(
        finding(
          .defective,
          .config(.changedKeys, changes.count, AuditSentence(changes))))
    }
    let result: AuditSentence =
      changes.isEmpty ? .config(.keysEqual) : .config(.keysDiffer, changes.count)
    if item.look != .notLooked { item = .init("config.json", .compared, result) }
    return (findings, item)
  }

  /// A single key without which config.json is that of a family that tenbin runs: no model of the family
  /// that was published says so.
  private func strangeKey() -> [AuditFinding] {
    guard base == nil, let type = Self.text(own["model_type"]) else { return [] }
    for key in ["hidden_act", "hidden_activation", "partial_rotary_factor"] {
      guard let value = Self.text(own[key]) else { continue }
      var others = own
      others[key] = nil
      guard let json = try? JSONSerialization.data(withJSONObject: others),
        (try? ModelConfig(json: json, name: "config.json")) != nil
      else { continue }
      return [
        finding(.suspect, .config(.strangeKey, key, value, type))
      ]
    }
    return []
  }

  private func finding(_ level: AuditLevel, _ evidence: AuditSentence) -> AuditFinding {
    AuditFinding(
      .changedConfig, level, evidence: evidence,
      cost: .config(.changedKeysCost),
      remedy: .config(.changedKeysRemedy))
  }

  private func changedKeys() -> [AuditSentence] {
    Self.names.compactMap { name in
      let (mine, theirs) = (Self.text(own[name]), Self.text(base?[name]))
      guard mine != theirs, !meansTheSame(name) else { return nil }
      return .shared(.otherThanBase, name, mine ?? "missing", theirs ?? "missing")
    }
  }

  /// Whether a key that is spelled otherwise, or left out, still says what the base's says: the model
  /// computes the same, and nothing that other loaders read contradicts it.
  private func meansTheSame(_ name: String) -> Bool {
    guard case .success(let model) = model, let baseModel else { return false }
    // A head of its own where the base ties it is judged by its values.
    if name == "tie_word_embeddings" { return !model.tiesEmbeddings || baseModel.tiesEmbeddings }
    if name.hasPrefix("rope") {
      return agrees(own) && agrees(base ?? [:]) && ropes(model) == ropes(baseModel)
    }
    if model.description == baseModel.description { return true }
    // A default that one of the two spells out.
    switch name {
    case "head_dim", "num_key_value_heads", "sliding_window", "use_sliding_window",
      "max_window_layers", "layer_types":
      return model.description.layers.map(\.attention?.shape)
        == baseModel.description.layers.map(\.attention?.shape)
    case "rms_norm_eps":
      return model.description.finalNorm.epsilon == baseModel.description.finalNorm.epsilon
    case "attention_bias", "mlp_bias":
      return model.linears.map(\.linear.hasBias) == baseModel.linears.map(\.linear.hasBias)
    default: return Self.text(own[name]) == nil || Self.text(base?[name]) == nil
    }
  }

  private func ropes(_ model: ModelConfig) -> [RopeParameters?] {
    model.description.layers.map { $0.attention?.rope }
  }

  /// Whether rope_theta says the same at both places where it can stand.
  private func agrees(_ keys: [String: Any]) -> Bool {
    guard let outer = (keys["rope_theta"] as? NSNumber)?.doubleValue,
      let inner = ((keys["rope_parameters"] as? [String: Any])?["rope_theta"] as? NSNumber)?
        .doubleValue
    else { return true }
    return outer == inner
  }

  /// A value as text that does not depend on the order of keys; nil for null.
  private static func text(_ value: Any?) -> String? {
    guard let value, !(value is NSNull) else { return nil }
    if let number = value as? NSNumber { return "\(number)" }
    if let text = value as? String { return text }
    let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
    return data.map { String(decoding: $0, as: UTF8.self) }
  }

  private func contradictions() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    if !agrees(own) {
      findings.append(
        AuditFinding(
          .contradictoryConfig, .suspect,
          evidence: .config(
            .twoThetas, Self.text(own["rope_theta"]) ?? "",
            Self.text((own["rope_parameters"] as? [String: Any])?["rope_theta"]) ?? ""),
          cost: .config(.twoThetasCost),
          remedy: .config(.twoThetasRemedy)))
    }
    if case .success(let model) = model,
      !(1e-8...1e-3).contains(Double(model.description.finalNorm.epsilon))
    {
      findings.append(
        finding(
          .suspect,
          .config(.strangeEpsilon, model.description.finalNorm.epsilon)))
    }
    return findings
  }
}
