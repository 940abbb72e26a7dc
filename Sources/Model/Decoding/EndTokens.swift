import Basics
import Codecs
import Foundation

/// The tokens at which a model's texts end.
public enum EndTokens {
  /// Those of the model in `directory`, as transformers' `generate` has them: `eos_token_id` of
  /// generation_config.json, where there is none of config.json; a number, or several. None: no text ends
  /// before it is as long as was asked for.
  public static func ids(directory: URL) throws(InputError) -> Set<Int32> {
    for file in ["generation_config.json", "config.json"] {
      let url = directory.appendingPathComponent(file)
      guard let data = try InputFile.dataIfThere(url, asked: "read \(url.path)") else { continue }
      let config = try JSONValue(text: data, name: url.path, hint: "download \(file) again")
      guard let value = config["eos_token_id"] ?? config["text_config"]?["eos_token_id"],
        value != .null
      else { continue }
      let listed = value.array ?? [value]
      let ids = listed.compactMap(\.integer).compactMap(Int32.init(exactly:)).filter { $0 >= 0 }
      guard ids.count == listed.count else {
        throw InputError(
          .badData, asked: "read eos_token_id of \(url.path)",
          found: "\(value.words), where a token's number, or a list of them, is needed",
          hint: "download \(file) again")
      }
      return Set(ids)
    }
    return []
  }
}
