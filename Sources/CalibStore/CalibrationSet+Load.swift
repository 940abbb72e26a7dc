import Basics
import Calib
import Foundation

extension CalibrationSet {
  /// Loads a set that `calib build` wrote, or builds one from a corpus file such as a .jsonl with
  /// the defaults and the tokenizer of `modelDirectory`. A set of another tokenizer is refused.
  public static func load(from url: URL, modelDirectory: URL) throws(InputError) -> CalibrationSet {
    var notes: [String] = []
    return try load(from: url, modelDirectory: modelDirectory, notes: &notes)
  }

  /// Loads or builds a set, and adds to `notes` what a build has to say of its source.
  public static func load(
    from url: URL, modelDirectory: URL, notes: inout [String]
  ) throws(InputError) -> CalibrationSet {
    if ["sqlite", "db", "sqlite3"].contains(url.pathExtension.lowercased()) {
      let set = try read(from: url)
      let tokenizer = modelDirectory.appendingPathComponent("tokenizer.json")
      let json = try InputFile.data(
        tokenizer, asked: "read the tokenizer \(tokenizer.path)",
        missing: "name a Hugging Face model folder that has a tokenizer.json")
      guard SHA256.hexDigest(of: json) == set.tokenizerHash else {
        throw InputError(
          .badData, asked: "calibrate \(modelDirectory.path) with \(url.path)",
          found: "a set made with another tokenizer.json",
          hint: "build it again with this model's tokenizer: tenbin calib build")
      }
      return set
    }
    let (set, built) = try build(
      CalibrationRecipe(sources: [url.path], tokenizer: modelDirectory.path), for: .calibration)
    notes += built.warnings
    return set
  }
}
