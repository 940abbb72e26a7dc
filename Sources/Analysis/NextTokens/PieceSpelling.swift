/// How a token's bytes are written where people and files read them: what can be seen stands as it is,
/// all else as an escape, so that no control character, no turned direction and no half of a character
/// gets there.
///
/// A line end is `\n`, a tab `\t`, a backslash `\\`; a byte that is part of no character `\xE3`; a
/// scalar without a picture, such as a control, a joiner or a private one, `\u{200B}`. Spaces stay.
public enum PieceSpelling {
  /// `bytes`, which need not be whole characters, spelled out.
  public static func text(of bytes: some Sequence<UInt8>) -> String {
    var rest = Array(bytes)[...]
    var text = ""
    while let first = rest.first {
      // The shortest run that is UTF-8 is one scalar.
      let length = (1...4).first { count in
        count <= rest.count && String(validating: rest.prefix(count), as: UTF8.self) != nil
      }
      guard let length,
        let scalar = String(decoding: rest.prefix(length), as: UTF8.self)
          .unicodeScalars.first
      else {
        text += "\\x" + hex(UInt32(first), digits: 2)
        rest = rest.dropFirst()
        continue
      }
      text += spelled(scalar)
      rest = rest.dropFirst(length)
    }
    return text
  }

  private static func spelled(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\n": return "\\n"
    case "\t": return "\\t"
    case "\r": return "\\r"
    case "\\": return "\\\\"
    case " ": return " "
    default: break
    }
    return switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      "\\u{" + hex(scalar.value, digits: 1) + "}"
    default: String(Character(scalar))
    }
  }

  private static func hex(_ value: UInt32, digits: Int) -> String {
    let text = String(value, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
