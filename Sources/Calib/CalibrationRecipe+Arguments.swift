import Basics
import Foundation

extension CalibrationRecipe {
  /// What `tenbin calib build` takes to build by this recipe, --output aside: the sources by their
  /// names without folders, `tokenizer` in the place of the tokenizer's folder, and whatever is not as
  /// usual.
  public func arguments(tokenizer: String) -> [String] {
    let usual = CalibrationRecipe(sources: [], tokenizer: "")
    var words = ["--source"] + sources.map(Self.shownName) + ["--tokenizer", tokenizer]
    func add(_ flag: String, _ value: String, if isUnusual: Bool = true) {
      if isUnusual { words += [flag, value] }
    }
    add("--take", take.text)
    add("--mix", mix.map { "\($0)" }.joined(separator: ","), if: !mix.isEmpty)
    add("--text-field", textField, if: textField != usual.textField)
    if let clean { add("--clean", clean.rawValue) }
    add("--normalize", normalize.rawValue)
    add("--layout", layout.rawValue)
    if let maxSeqLength { add("--max-seq-length", String(maxSeqLength)) }
    add("--seed", String(seed), if: seed != usual.seed)
    add("--dedup", dedup.text, if: dedup != usual.dedup)
    if !exclude.isEmpty { words += ["--exclude"] + exclude.map(Self.shownName) }
    if let filters { add("--filters", filters.rawValue) }
    if dropFiltered { words.append("--drop") }
    if chatTemplate { words.append("--chat-template") }
    if skipBad { words.append("--skip-bad") }
    return words
  }

  /// The name that others know a source by: that on the Hub, or the file's without its folder.
  public static func shownName(of source: String) -> String {
    if let name = HubName(source), name.path != nil { return source }
    return URL(fileURLWithPath: source).lastPathComponent
  }
}
