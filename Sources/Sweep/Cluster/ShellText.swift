/// Text in a shell script that may hold anything: white space, quotes, line feeds, any script.
enum ShellText {
  /// `text` as one word of a POSIX shell, in which nothing is expanded.
  static func word(_ text: String) -> String {
    "'" + text.replacing("'", with: #"'\''"#) + "'"
  }

  /// `text` as a person would type it: quoted only where it must be.
  static func typed(_ text: String) -> String {
    let plain = text.unicodeScalars.allSatisfy { scalar in
      scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || "_./-".unicodeScalars.contains(scalar)
    }
    return plain && !text.isEmpty ? text : word(text)
  }

  /// `text` as a comment's one line: what would end the line, or change how it looks, is written as the
  /// number of its scalar.
  static func comment(_ text: String) -> String {
    var line = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned:
        line += "\\u{\(String(scalar.value, radix: 16))}"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
