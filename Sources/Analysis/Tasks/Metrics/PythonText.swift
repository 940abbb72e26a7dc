import Foundation

/// What Python's `str` and `float` make of a text, scalar by scalar: the metrics of the leaderboards
/// are defined by them.
enum PythonText {
  /// `str.isspace` of one scalar.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    // Unicode calls the four separators U+001C to U+001F no white space.
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }

  /// `\w` of `re`: letters, everything that has a numeric value, and the low line. Marks are not.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "_" { return true }
    return switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: scalar.properties.numericType != nil
    }
  }

  /// `text.strip()`.
  static func strip(_ text: String) -> String { strip(text, isSpace) }

  /// `text.strip(characters)`, of the scalars that `isStripped` names.
  static func strip(_ text: String, _ isStripped: (Unicode.Scalar) -> Bool) -> String {
    let scalars = text.unicodeScalars.drop(while: isStripped)
    guard let last = scalars.lastIndex(where: { !isStripped($0) }) else { return "" }
    return String(scalars[...last])
  }

  /// `text.split()`: the pieces between white space.
  static func split(_ text: String) -> [Substring.UnicodeScalarView] {
    text.unicodeScalars.split(whereSeparator: isSpace).map { Substring($0).unicodeScalars }
  }

  /// `text.split("\n")`.
  static func lines(_ text: String) -> [String] {
    text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  /// `text.split("\n\n")[0]`.
  static func firstBlock(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    let end = scalars.indices.dropLast().first { scalars[$0] == "\n" && scalars[$0 + 1] == "\n" }
    guard let end else { return text }
    return String(String.UnicodeScalarView(scalars[..<end]))
  }

  /// `text.replace(part, "")`.
  static func removing(_ part: String, from text: String) -> String {
    let (scalars, part) = (Array(text.unicodeScalars), Array(part.unicodeScalars))
    var kept = String.UnicodeScalarView()
    var place = 0
    while place < scalars.count {
      if scalars[place...].starts(with: part) {
        place += part.count
      } else {
        kept.append(scalars[place])
        place += 1
      }
    }
    return String(kept)
  }

  /// `text.lower()`: full mappings, and ς for a capital sigma that ends a word.
  static func lower(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var lowered = ""
    for (place, scalar) in scalars.enumerated() {
      if scalar == "Σ" {
        let before = scalars[..<place].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(place + 1)...].first { !$0.properties.isCaseIgnorable }
        let isFinal = before?.properties.isCased == true && after?.properties.isCased != true
        lowered += isFinal ? "ς" : "σ"
      } else {
        lowered += scalar.properties.lowercaseMapping
      }
    }
    return lowered
  }

  /// `text.upper()`.
  static func upper(_ text: String) -> String {
    text.unicodeScalars.reduce(into: "") { $0 += $1.properties.uppercaseMapping }
  }

  /// `text == other`: the same scalars, composed alike.
  static func equal(_ text: String, _ other: String) -> Bool {
    text.utf8.elementsEqual(other.utf8)
  }

  /// `float(text)`; nil where Python raises ValueError. Decimal digits of every script count, and so do
  /// `1_000`, `1e3`, `inf` and `nan`.
  static func float(_ text: String) -> Double? {
    // Of ASCII it takes off only what C calls white space, which the separators are not.
    let stripped = strip(text, \.properties.isWhitespace)
    var ascii = ""
    for scalar in stripped.unicodeScalars {
      if scalar.properties.generalCategory == .decimalNumber,
        let digit = scalar.properties.numericValue
      {
        ascii += "\(Int(digit))"
      } else {
        guard scalar.isASCII else { return nil }
        ascii.unicodeScalars.append(scalar)
      }
    }
    let parts =
      #/([+-]?)(?:(inf(?:inity)?)|(nan)|((?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+(?:_\d+)*)?))/#
      .ignoresCase().asciiOnlyDigits()
    guard let match = ascii.wholeMatch(of: parts) else { return nil }
    if match.3 != nil { return .nan }
    let sign: Double = match.1 == "-" ? -1 : 1
    if match.2 != nil { return sign * .infinity }
    return match.4.flatMap { Double($0.filter { $0 != "_" }) }.map { sign * $0 }
  }
}
