/// JSON as text, for files that are written line by line.
public enum JSONText {
  /// `text` as a JSON string: only what must be escaped is, and what ends a line somewhere. With
  /// `asPython`, as Python's `json.dumps(text, ensure_ascii=False)` has it.
  public static func string(_ text: String, asPython: Bool = false) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{08}" where asPython: result += "\\b"
      case "\u{0C}" where asPython: result += "\\f"
      case "\u{7F}", "\u{2028}", "\u{2029}":
        if asPython { result.unicodeScalars.append(scalar) } else { result += escape(scalar) }
      case "\u{00}"..."\u{1F}": result += escape(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func escape(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16)
    return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
  }
}
