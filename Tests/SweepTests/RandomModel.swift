import Basics
import Foundation
import Model
import Tensor
import TestSupport

/// A model of any family with random weights, which reads text with the demo model's tokenizer.
struct RandomModel {
  /// Its config.json.
  let config: String

  /// A model of this config.json.
  init(_ config: String) { self.config = config }

  /// Writes it to a new folder.
  func write(to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.copyItem(
        at: Repository.demoModel.appendingPathComponent(name),
        to: folder.appendingPathComponent(name))
    }
    let text = Data(config.utf8)
    try text.write(to: folder.appendingPathComponent("config.json"))
    let model = try ModelConfig(json: text, name: "config.json")
    let tensors =
      model.tensors + [("lm_head.weight", [model.vocabularySize, model.hiddenSize])]
    var writer = try SafetensorsWriter(
      folder.appendingPathComponent("model.safetensors"),
      entries: tensors.map { .init(name: $0.name, type: .f32, shape: $0.shape) })
    var random = SplitMix64(seed: 14)
    for tensor in tensors {
      let isNorm = tensor.shape.count == 1
      let values = (0..<tensor.shape.reduce(1, *)).map { _ in
        isNorm ? 1 : Float(random.uniform() - 0.5) * 0.4
      }
      try writer.append(FloatFormat.f32.encode(values))
    }
    try writer.finish()
  }
}
