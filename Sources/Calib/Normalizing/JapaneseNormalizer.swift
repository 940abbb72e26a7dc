import Codecs

/// tenbin's default for Japanese: NFC, and only those further changes that bring a text closer to
/// what models are given. Full-width letters, circled numbers, units and the like stay.
enum JapaneseNormalizer {
  static func normalize(_ text: String) -> String {
    let scalars = Array(text.unicodeScalars)
    var output = [Unicode.Scalar]()
    output.reserveCapacity(scalars.count)
    for (index, scalar) in scalars.enumerated() {
      switch scalar.value {
      case 0x0D:
        // CR LF is one line end; so is CR alone.
        if index + 1 == scalars.count || scalars[index + 1] != "\n" { output.append("\n") }
      case 0x85, 0x2028, 0x2029: output.append("\n")
      case 0x09, 0x0A: output.append(scalar)
      case 0x00..<0x20, 0x7F..<0xA0, 0xAD, 0x200B, 0x200E, 0x200F, 0x202A...0x202E, 0x2060,
        0x2066...0x2069, 0xFEFF:
        break
      case 0xFF5E: output.append("\u{301C}")
      case 0xFF9E, 0xFF9F: appendSoundMark(scalar, to: &output)
      case 0xFF61...0xFF9D, 0x2F00...0x2FD5:
        output += UnicodeForm.nfkc.normalize(String(scalar)).unicodeScalars
      default: output.append(radicals[scalar] ?? scalar)
      }
    }
    return UnicodeForm.nfc.normalize(String(String.UnicodeScalarView(output)))
  }

  /// A half-width sound mark joins the kana before it, or becomes the full-width mark.
  private static func appendSoundMark(_ mark: Unicode.Scalar, to output: inout [Unicode.Scalar]) {
    let combining: Unicode.Scalar = mark.value == 0xFF9E ? "\u{3099}" : "\u{309A}"
    if let last = output.last {
      var pair = String.UnicodeScalarView()
      pair.append(last)
      pair.append(combining)
      let composed = UnicodeForm.nfc.normalize(String(pair)).unicodeScalars
      if composed.count == 1, let first = composed.first {
        output[output.count - 1] = first
        return
      }
    }
    output.append(mark.value == 0xFF9E ? "\u{309B}" : "\u{309C}")
  }

  /// CJK Radicals Supplement: the forms of Japanese characters, which NFKC leaves alone.
  private static let radicals: [Unicode.Scalar: Unicode.Scalar] = [
    "\u{2E9F}": "母", "\u{2EA0}": "民", "\u{2EC1}": "虎", "\u{2EC4}": "西", "\u{2EC6}": "角",
    "\u{2ED1}": "長", "\u{2ED8}": "青", "\u{2EDD}": "食", "\u{2EE4}": "鬼", "\u{2EE8}": "麦",
    "\u{2EE9}": "黄", "\u{2EEB}": "斉", "\u{2EED}": "歯", "\u{2EEF}": "竜", "\u{2EF2}": "亀",
  ]
}
