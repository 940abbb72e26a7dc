import Basics
import Foundation
import Sweep
import Tensor

/// Which model a folder holds, by its files: what scores of it depend on.
enum ModelIdentity {
  /// Files beside the weights and config.json by which a model is read and asked; one that is not there
  /// counts, too.
  private static let files = [
    "quantize_config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json",
    "chat_template.jinja",
  ]

  /// SHA-256 over all of them.
  static func hash(_ directory: URL) throws -> String {
    var text = "weights \(try SweepInputs.hash(of: SafetensorsDirectory(directory)))\n"
    for name in files {
      let data = try? Data(contentsOf: directory.appendingPathComponent(name))
      text += "\(name) \(data.map { SHA256.hexDigest(of: $0) } ?? "none")\n"
    }
    return SHA256.hexDigest(of: Array(text.utf8))
  }
}
