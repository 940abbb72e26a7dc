import Basics
import Foundation
import Tokenizers

extension CalibrationSet {
  /// Builds the set again from its recipe. Where the result differs, the error says which file has
  /// changed since.
  public func rebuilt(progress: ((Int) -> Void)? = nil) throws(InputError) -> CalibrationSet {
    let tokenizer = try Tokenizer(directory: recipe.tokenizerFolder)
    guard tokenizer.fileHash == tokenizerHash else {
      throw changed(
        "\(recipe.tokenizer)/tokenizer.json has changed: SHA-256 \(tokenizer.fileHash.prefix(16))… "
          + "instead of \(tokenizerHash.prefix(16))…")
    }
    let set = try Self.build(recipe, for: .calibration, progress: progress).set
    for (old, new) in zip(sources, set.sources) where old.sha256 != new.sha256 {
      throw changed(
        "\(old.name) has changed: SHA-256 \(new.sha256.prefix(16))… over \(new.bytesRead) bytes "
          + "instead of \(old.sha256.prefix(16))… over \(old.bytesRead)")
    }
    guard toolVersion == set.toolVersion else {
      throw changed("tenbin \(toolVersion) built it; this is tenbin \(set.toolVersion)")
    }
    guard self == set else { throw changed("the same files, but other samples") }
    return set
  }

  private func changed(_ found: String) -> InputError {
    InputError(
      .badData, asked: "rebuild the same calibration set", found: found,
      hint: "restore that file, or build a new set with tenbin calib build")
  }
}
