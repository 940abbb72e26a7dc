/// Words of a command line as a shell takes them. They are looked at scalar by scalar: a quote stays a
/// quote for a shell, whatever combines with it into one character.
public enum ShellWord {
  /// `word`, in quotes where it needs them.
  public static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty && !word.hasPrefix("#")
      && word.unicodeScalars.allSatisfy {
        $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
          || "_-./:=,@%+#".unicodeScalars.contains($0)
      }
    return isPlain ? word : inQuotes(word)
  }

  /// `word` in quotes, between which nothing is expanded.
  public static func inQuotes(_ word: String) -> String {
    // A quote ends the quotes, stands for itself, and begins them again.
    "'" + escaped(word, ["'": #"'\''"#]) + "'"
  }

  /// `text` with some of its scalars written otherwise.
  public static func escaped(_ text: String, _ forms: [Unicode.Scalar: String]) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      if let form = forms[scalar] {
        escaped += form
      } else {
        escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}
