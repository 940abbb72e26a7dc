import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Sweep
import Tensor
import TestSupport

/// The demo model, or a model that computes the same function from other weights, cut to its first
/// layers where that is enough.
struct PlantedModel {
  enum Variant: String, CaseIterable {
    /// As it is.
    case plain
    /// Each input of q, k, v, gate and up scaled by its own power of two, its norm's gain by the
    /// inverse: ill-conditioned Hessians.
    case uneven
    /// Those weights 1/4096 as large, gains the inverse: float16 scales of 8-bit grids underflow.
    case tiny
  }

  let variant: Variant
  /// Decoder layers that are kept.
  var layers = 6

  /// Writes the model's folder.
  func write(to folder: URL) throws {
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
    var shapes: [String: [Int]] = [:]
    for name in names { shapes[name] = try tensors.shape(of: name) }
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent("model.safetensors"),
      entries: names.map { .init(name: $0, type: .bf16, shape: shapes[$0] ?? []) })
    for name in names {
      let shape = shapes[name] ?? []
      if shape.count == 1 {
        let factors = factors(ofNorm: name, count: shape[0])
        let gains = try tensors.vector(name)
        try writer.append(FloatFormat.bf16.encode(zip(gains, factors).map { $0 / $1 }))
      } else {
        var matrix = try tensors.matrix(name, rows: 0..<shape[0])
        if let norm = norm(before: name) {
          let factors = factors(ofNorm: norm, count: shape[1])
          for index in matrix.elements.indices {
            matrix.elements[index] *= factors[index % shape[1]]
          }
        }
        try writer.append(FloatFormat.bf16.encode(matrix.elements))
      }
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
      var random = SplitMix64(seed: UInt64(name.utf8.reduce(0) { $0 &* 31 &+ Int($1) } & 0xFFFF))
      return (0..<count).map { _ in
        let normal =
          (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
        return Float(exp2((1.5 * normal).rounded()))
      }
    }
  }
}

/// The bundled corpus as a diagnosis reads it: short windows, so that there are many of them.
struct PlantedCorpus {
  let window: Int
  let calibrationWindows: Int
  let heldoutTokens: Int

  /// Everything that a diagnosis of the model in `folder` needs.
  func inputs(model folder: URL) throws -> SweepInputs {
    let set = folder.appendingPathComponent("calibration.sqlite")
    if !FileManager.default.fileExists(atPath: set.path) {
      try write(source: "jawiki-sample.xml", windows: calibrationWindows, model: folder, to: set)
    }
    return try SweepInputs(
      model: folder.path, calibration: set.path,
      heldout: [Repository.corpus.appendingPathComponent("heldout-wiki.jsonl").path],
      context: window, heldoutTokens: heldoutTokens, engine: CPUEngine())
  }

  /// Writes a set of the first windows of a bundled text.
  func write(source: String, windows: Int, model: URL, to file: URL) throws {
    var recipe = CalibrationRecipe(
      sources: [Repository.corpus.appendingPathComponent(source).path], tokenizer: model.path)
    recipe.maxSeqLength = window
    var set = try CalibrationSet.build(recipe).set
    set.samples = Array(set.samples.prefix(windows))
    try set.write(to: file)
  }

  /// Writes a set of one line of program text over and over: as narrow as a domain can be.
  func writeNarrow(windows: Int, model: URL, to file: URL) throws {
    let text = model.appendingPathComponent("narrow.txt")
    let line = "for (int i = 0; i < 10; i++) { sum += a[i] * b[i]; }\n"
    try Data(String(repeating: line, count: windows * window / 10).utf8).write(to: text)
    var recipe = CalibrationRecipe(sources: [text.path], tokenizer: model.path)
    recipe.maxSeqLength = window
    var set = try CalibrationSet.build(recipe).set
    set.samples = Array(set.samples.prefix(windows))
    try set.write(to: file)
  }
}
