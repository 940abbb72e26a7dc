import Codecs

extension String {
  /// The text for an XML or HTML element or a quoted attribute.
  var xmlEscaped: String {
    var escaped = ""
    escaped.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// The text with U+FFFD for what XML cannot carry, control characters and noncharacters, and for what
  /// turns the text after it around: explicit embeddings, overrides and isolates.
  var withoutForbidden: String {
    var text = ""
    text.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      let isControl = scalar.value < 0x20 && scalar != "\t" && scalar != "\n"
      let isForbidden = isControl || scalar.value & 0xFFFE == 0xFFFE
      let turns =
        (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
      text.unicodeScalars.append(isForbidden || turns ? "\u{FFFD}" : scalar)
    }
    return text
  }

  /// The text as a JSON string, quotes included. `<` is escaped too, so that the string may stand
  /// inside a `<script>`.
  var jsonQuoted: String { JSONText.string(self).replacing("<", with: "\\u003c") }

  /// The text percent-encoded for a `data:` URI.
  var dataURIEncoded: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var encoded: [UInt8] = []
    encoded.reserveCapacity(utf8.count * 5 / 4)
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: ","):
        encoded.append(byte)
      default:
        encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: encoded, as: UTF8.self)
  }
}
