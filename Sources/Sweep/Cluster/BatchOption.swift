import Basics

/// An option of sbatch beside tenbin's own: `partition=gpu`, or `exclusive` without a value.
public struct BatchOption: Sendable, Codable, Equatable {
  /// Its long name, without the dashes.
  public var name: String
  /// Its value; nil of one that takes none.
  public var value: String?

  /// Those that tenbin sets itself, and what sets them.
  static let reserved = [
    "array": "--shards and --at-once decide", "output": "logs/ of the plan has the logs",
    "error": "logs/ of the plan has the logs", "open-mode": "logs/ of the plan has the logs",
    "input": "a task reads nothing from it", "chdir": "tasks begin where the sweep was submitted",
    "dependency": "tenbin says what waits for what", "wait": "--wait waits",
    "parsable": "tenbin reads the number", "wrap": "the plan's script runs",
    "test-only": "--dry-run shows the script", "export-file": "tasks have the usual environment",
    "clusters": "a plan is of one cluster", "hold": "hold the jobs after they are submitted",
  ]

  /// Reads options as they are typed for `--sbatch`: separated by white space, `name=value` or a name
  /// alone, with or without dashes; quotes keep white space in a value.
  public static func parse(_ text: String) throws(InputError) -> [BatchOption] {
    let asked = "--sbatch \(text)"
    guard let words = words(of: text) else {
      throw InputError(
        .usage, asked: asked, found: "a quote without its end", hint: "close it: comment=\"a b\"")
    }
    var options: [BatchOption] = []
    for word in words {
      let parts = word.drop { $0 == "-" }.split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts.first ?? "")
      let value = parts.count > 1 ? String(parts[1]) : nil
      guard name.count > 1, name.unicodeScalars.allSatisfy(isOfName) else {
        throw InputError(
          .usage, asked: asked, found: "\(word) is no option of sbatch",
          hint: "give long names with their values, such as partition=gpu time=4:00:00")
      }
      if let reason = reserved[name] {
        throw InputError(.usage, asked: asked, found: "\(name): \(reason)", hint: "leave it out")
      }
      // A line of the script holds one option.
      let isOneLine = value?.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
      guard isOneLine != false else {
        throw InputError(
          .usage, asked: asked, found: "a control character in \(name)",
          hint: "give a value of one line")
      }
      options.append(BatchOption(name: name, value: value))
    }
    return options
  }

  private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) || scalar == "-"
  }

  /// The words of `text`, as a shell would part them; nil where a quote has no end.
  private static func words(of text: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Unicode.Scalar?
    for scalar in text.unicodeScalars {
      if let open = quote, scalar == open {
        quote = nil
      } else if quote == nil, scalar == "\"" || scalar == "'" {
        quote = scalar
        word = word ?? ""
      } else if quote == nil, scalar.properties.isWhitespace {
        if let word { words.append(word) }
        word = nil
      } else {
        var longer = word ?? ""
        longer.unicodeScalars.append(scalar)
        word = longer
      }
    }
    if let word { words.append(word) }
    return quote == nil ? words : nil
  }

  /// The option as a line of a batch script has it. sbatch reads quotes and backslashes there as a shell
  /// does, and a number sign as the beginning of a comment.
  var directive: String {
    guard let value else { return "#SBATCH --\(name)" }
    let isPlain = value.unicodeScalars.allSatisfy { scalar in
      Self.isOfName(scalar) || ("A"..."Z").contains(scalar)
        || "_.,:/=+@%".unicodeScalars.contains(scalar)
    }
    guard !isPlain else { return "#SBATCH --\(name)=\(value)" }
    let escaped = ShellWord.escaped(value, ["\\": #"\\"#, "\"": #"\""#])
    return "#SBATCH --\(name)=\"\(escaped)\""
  }
}
