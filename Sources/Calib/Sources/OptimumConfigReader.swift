import Basics
import Codecs
import Foundation

/// Recovers the calibration texts that optimum leaves in a checkpoint's config.json
/// (`quantization_config.dataset`), and says the exact damp beside them.
struct OptimumConfigReader {
  let name: String

  /// Hands each text to `body`; returns the quantization settings as a sentence.
  func read(_ stream: any ByteStream, _ body: (Document) throws(InputError) -> Bool)
    throws(InputError) -> [String]
  {
    let config = try JSONValue(
      text: Data(try stream.all(of: name)), name: name, hint: "fetch the file again")
    guard let quantization = config["quantization_config"] else {
      throw missing("no quantization_config")
    }
    if let dataset = quantization["dataset"]?.string {
      throw missing("the dataset's name, \(dataset), not its texts")
    }
    guard let texts = quantization["dataset"]?.array, !texts.isEmpty else {
      throw missing("no texts in quantization_config.dataset")
    }
    for (index, text) in texts.enumerated() {
      guard let text = text.string else {
        throw missing("text \(index + 1) of quantization_config.dataset that is no string")
      }
      guard try body(Document(row: index + 1, text: text)) else { break }
    }
    let settings = ["bits", "group_size", "damp_percent", "desc_act", "sym", "model_seqlen"]
    let known = settings.compactMap { key -> String? in
      guard let value = quantization[key] else { return nil }
      let text = value.number.map { "\($0)" } ?? value.bool.map { "\($0)" }
      return text.map { "\(key) \($0)" }
    }
    return ["\(name) was quantized on \(texts.count) texts with \(known.joined(separator: ", "))"]
  }

  private func missing(_ found: String) -> InputError {
    InputError(
      .badData, asked: "recover the calibration texts of \(name)", found: found,
      hint: "only checkpoints that optimum made from a list of texts hold them")
  }
}
