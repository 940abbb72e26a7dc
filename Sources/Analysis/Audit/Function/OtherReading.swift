import Basics
import Compute
import Foundation
import Model
import Tensor

/// Ways to read all of a checkpoint otherwise than it says, as the pipelines that went wrong should have
/// written it. Each is one run of a little text.
struct OtherReading {
  /// What it is called.
  struct Name {
    let words: AuditSentence
    let defect: AuditDefect
    var parts: [String] = []
  }

  let name: Name
  /// The model read so.
  let decoder: Decoder
  /// Whether it makes no difference before some length of text.
  var isLate = false

  /// Every reading that makes a difference to `model`, of the folder `checkpoint`, over `positions`
  /// tokens. A reading that the model cannot be given is left out.
  static func all(
    of model: Decoder, checkpoint: URL, positions: Int
  ) -> [OtherReading] {
    var readings: [OtherReading] = []
    for (words, change) in ConfigChange.all(of: model.config, positions: positions) {
      guard let config = change(checkpoint),
        let decoder = try? Decoder(config: config, source: model.source, engine: model.engine)
      else { continue }
      readings.append(
        OtherReading(
          name: Name(words: words, defect: .changedConfig), decoder: decoder,
          isLate: words == ConfigChange.noWindow))
    }
    let sources: [(AuditSentence, AuditDefect, (any WeightSource)?)] = [
      (
        .function(.interleavedRows), .rowOrder,
        ReorderedRows.interleaved(model)
      ),
      (
        .function(.gateAndUp), .exchangedTensor,
        RenamedTensors.exchanging(.gate, .up, of: model)
      ),
      (
        .function(.keyAndValue), .exchangedTensor,
        RenamedTensors.exchanging(.key, .value, of: model)
      ),
      (
        .function(.halfLastNorm), .movedTensor,
        ScaledVector(model.source, model.config.description.finalNorm, by: 0.5)
      ),
      (
        .function(.doubleLastNorm), .movedTensor,
        ScaledVector(model.source, model.config.description.finalNorm, by: 2)
      ),
    ]
    for (words, defect, source) in sources {
      guard let source,
        let decoder = try? Decoder(config: model.config, source: source, engine: model.engine)
      else { continue }
      readings.append(OtherReading(name: Name(words: words, defect: defect), decoder: decoder))
    }
    return readings
  }
}

/// Keys of config.json that conversions get wrong, and what they would be otherwise.
enum ConfigChange {
  private typealias Keys = [String: Any]

  /// A change in words, and what config.json of a folder says with it.
  static func all(
    of config: ModelConfig, positions: Int
  ) -> [(words: AuditSentence, make: (URL) -> ModelConfig?)] {
    let attentions = config.description.layers.compactMap(\.attention)
    guard let rope = attentions.first?.rope else { return [] }
    var changes: [(words: AuditSentence, make: (URL) -> ModelConfig?)] =
      thetas(beside: rope.theta).map { theta in
        (.function(.theta, Int(theta)), edit { setTheta(theta, &$0) })
      }
    switch rope.scaling {
    case .linear, .llama3, .yarn:
      changes.append((.function(.noScaling), edit { removeScaling(rope.theta, &$0) }))
    case .none, .dynamic, .longrope: break
    }
    if attentions.contains(where: { ($0.shape.slidingWindow ?? positions) < positions }) {
      changes.append(
        (
          noWindow,
          edit {
            for key in ["sliding_window", "layer_types"] { $0[key] = nil }
            $0["use_sliding_window"] = false
          }
        ))
    }
    if let shape = attentions.first?.shape,
      attentions.allSatisfy({ $0.shape.headDimension == shape.headDimension })
    {
      changes += widths(beside: shape).map { width in
        (.function(.headWidth, width), edit { setWidth(width, shape, &$0) })
      }
    }
    return changes
  }

  /// Widths of heads that cut the same rows into whole heads of a power of two.
  private static func widths(beside shape: AttentionShape) -> [Int] {
    [shape.headDimension / 2, shape.headDimension * 2].filter { width in
      [32, 64, 128, 256].contains(width)
        && [shape.heads, shape.keyValueHeads].allSatisfy {
          $0 * shape.headDimension % width == 0
        }
    }
  }

  private static func setWidth(_ width: Int, _ shape: AttentionShape, _ keys: inout Keys) {
    keys["num_attention_heads"] = shape.heads * shape.headDimension / width
    keys["num_key_value_heads"] = shape.keyValueHeads * shape.headDimension / width
    keys["head_dim"] = width
  }

  static let noWindow: AuditSentence = .function(.noWindow)

  /// Bases of published families that are not `own`.
  private static func thetas(beside own: Double) -> [Double] {
    [10_000, 100_000, 500_000, 1_000_000, 10_000_000].filter { max($0 / own, own / $0) > 1.5 }
  }

  private static func setTheta(_ theta: Double, _ keys: inout Keys) {
    keys["rope_theta"] = theta
    for place in ["rope_parameters", "rope_scaling"] {
      guard var inner = keys[place] as? Keys, !inner.isEmpty else { continue }
      inner["rope_theta"] = theta
      keys[place] = inner
    }
  }

  private static func removeScaling(_ theta: Double, _ keys: inout Keys) {
    keys["rope_scaling"] = nil
    keys["rope_parameters"] = ["rope_theta": theta, "rope_type": "default"]
    keys["rope_theta"] = theta
  }

  /// The configuration of a folder whose config.json is changed; nil where it then says nothing valid.
  private static func edit(_ change: @escaping (inout Keys) -> Void) -> (URL) -> ModelConfig? {
    { folder in
      let url = folder.appendingPathComponent("config.json")
      guard let data = try? Data(contentsOf: url),
        var keys = (try? JSONSerialization.jsonObject(with: data)) as? Keys
      else { return nil }
      change(&keys)
      guard let changed = try? JSONSerialization.data(withJSONObject: keys) else { return nil }
      return try? ModelConfig(json: changed, name: url.path)
    }
  }
}
