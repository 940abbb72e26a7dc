import Basics
import Foundation
import Tensor

/// The demo model, or a model that computes the same function from other weights, cut to its first
/// layers where that is enough.
public struct PlantedModel {
  /// From which weights.
  public enum Variant: String, Sendable, CaseIterable {
    /// As it is.
    case plain
    /// Each input of q, k, v, gate and up scaled by its own power of two, its norm's weight by the
    /// inverse: ill-conditioned Hessians.
    case uneven
    /// Those weights 1/4096 as large, gains the inverse: float16 scales of 8-bit grids underflow.
    case tiny
  }

  private let variant: Variant
  /// Decoder layers that are kept.
  private let layers: Int
  /// Which uneven model.
  private let seed: UInt64

  /// A model of the first `layers` layers; `seed` says which uneven one.
  public init(variant: Variant = .plain, layers: Int = 6, seed: UInt64 = 0) {
    self.variant = variant
    self.layers = layers
    self.seed = seed
  }

  /// Writes the model's folder.
  public func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let demo = Repository.demoModel
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: demo.appendingPathComponent(name), to: folder.appendingPathComponent(name))
    }
    let file = demo.appendingPathComponent("config.json")
    var config =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    config["num_hidden_layers"] = layers
    try JSONSerialization.data(withJSONObject: config, options: .sortedKeys)
      .write(to: folder.appendingPathComponent("config.json"))

    let tensors = try SafetensorsDirectory(demo)
    let names = tensors.tensorNames.filter { name in
      guard name.hasPrefix("model.layers.") else { return true }
      return (Int(name.split(separator: ".")[2]) ?? 0) < layers
    }
    let shapes = names.map { tensors.file(of: $0)?.entries[$0]?.shape ?? [] }
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent("model.safetensors"),
      entries: zip(names, shapes).map { .init(name: $0, type: .bf16, shape: $1) })
    for (name, shape) in zip(names, shapes) {
      var values = try tensors.file(of: name)?.floats(name) ?? []
      if shape.count == 1 {
        let factors = factors(ofNorm: name, count: shape[0])
        values = zip(values, factors).map { $0 / $1 }
      } else if let norm = norm(before: name) {
        let factors = factors(ofNorm: norm, count: shape[1])
        for index in values.indices { values[index] *= factors[index % shape[1]] }
      }
      try writer.append(FloatFormat.bf16.encode(values))
    }
    try writer.finish()
  }

  /// The norm whose output the linear `name` reads, where it is one.
  private func norm(before name: String) -> String? {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.count == 6, parts[0] == "model" else { return nil }
    let prefix = parts[0..<3].joined(separator: ".")
    switch parts[4] {
    case "q_proj", "k_proj", "v_proj": return "\(prefix).input_layernorm.weight"
    case "gate_proj", "up_proj": return "\(prefix).post_attention_layernorm.weight"
    default: return nil
    }
  }

  /// What columns that read this norm are multiplied by; 1 for the final norm.
  private func factors(ofNorm name: String, count: Int) -> [Float] {
    guard name.hasPrefix("model.layers.") else { return .init(repeating: 1, count: count) }
    switch variant {
    case .plain: return .init(repeating: 1, count: count)
    case .tiny: return .init(repeating: 1.0 / 4096, count: count)
    case .uneven:
      var random = SplitMix64(
        seed: seed << 16 | UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF))
      return (0..<count).map { _ in
        let normal =
          (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        return Float(exp2((1.5 * normal).rounded()))
      }
    }
  }
}
