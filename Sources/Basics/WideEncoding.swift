/// An encoding of two or four bytes a unit, recognised by a file's first bytes: by its byte order
/// mark, or because nothing else makes text of them.
struct WideEncoding: Equatable, CustomStringConvertible {
  /// The name that iconv knows.
  let name: String
  let hasMark: Bool

  /// As the second part of an error.
  var description: String {
    "text in \(name), \(hasMark ? "with" : "without") a byte order mark"
  }

  /// How many bytes are looked at, at most; a multiple of four.
  private static let sampleLength = 4096

  /// Looks at the first bytes of a file; nil where they are of neither encoding.
  init?(_ head: some Collection<UInt8>) {
    let sample = Array(head.prefix(Self.sampleLength))
    for (mark, name) in Self.marks where sample.starts(with: mark) {
      (self.name, hasMark) = (name, true)
      return
    }
    hasMark = false
    let isUTF8 = Self.isUTF8(sample)
    // Texts may hold U+0000, but none without it is in doubt.
    guard !isUTF8 || sample.contains(0) else { return nil }
    for isLittleEndian in [true, false] {
      if Self.isPlainUTF32(sample, isLittleEndian) {
        name = isLittleEndian ? "UTF-32LE" : "UTF-32BE"
        return
      }
      if Self.isPlainUTF16(sample, isLittleEndian, mayBeUTF8: isUTF8) {
        name = isLittleEndian ? "UTF-16LE" : "UTF-16BE"
        return
      }
    }
    return nil
  }

  /// UTF-32's little-endian mark begins like that of UTF-16.
  private static let marks: [(bytes: [UInt8], name: String)] = [
    ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"),
    ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
  ]

  /// Whether the sample is UTF-8, up to a character that its end may cut.
  private static func isUTF8(_ sample: [UInt8]) -> Bool {
    TextDecoding.firstBrokenByte(sample) > sample.count - 4
      && (sample.count == sampleLength || String(validating: sample, as: UTF8.self) != nil)
  }

  private static func isPlainUTF32(_ sample: [UInt8], _ isLittleEndian: Bool) -> Bool {
    let units = units(sample, of: 4, isLittleEndian)
    return units.count > 1
      && units.allSatisfy { unit in Unicode.Scalar(unit).map { !isControl($0.value) } ?? false }
  }

  /// Whether every pair of bytes is a letter or sign of everyday Japanese or English text, some of
  /// them such that other encodings do not give by chance: two ASCII letters make an ideograph, but
  /// no kana and no ASCII.
  private static func isPlainUTF16(
    _ sample: [UInt8], _ isLittleEndian: Bool, mayBeUTF8: Bool
  ) -> Bool {
    let units = units(sample, of: 2, isLittleEndian)
    // A few units may look like anything.
    guard units.count > (mayBeUTF8 ? 1 : 7), sample.count.isMultiple(of: 2) else { return false }
    let sure = units.count(where: isSure)
    let possible = units.count { isSure($0) || isLetter($0) }
    return mayBeUTF8
      ? sure == units.count
      : 20 * possible >= 19 * units.count && 10 * sure >= units.count
        && !units.contains(where: isControl)
  }

  private static func units(_ sample: [UInt8], of width: Int, _ isLittleEndian: Bool) -> [UInt32] {
    stride(from: 0, to: sample.count - width + 1, by: width).map { start in
      let bytes = sample[start..<start + width]
      return (isLittleEndian ? Array(bytes.reversed()) : Array(bytes))
        .reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  private static func isControl(_ unit: UInt32) -> Bool {
    unit < 0x20 && unit != 0x09 && unit != 0x0A && unit != 0x0D
  }

  /// ASCII, kana, Japanese punctuation and full-width forms; Latin, Greek and Cyrillic letters, one
  /// byte of which is a control character.
  private static func isSure(_ unit: UInt32) -> Bool {
    switch unit {
    case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0xA0...0x52F, 0x3000...0x30FF, 0xFF01...0xFFEE: true
    default: false
    }
  }

  /// Ideographs, Hangul, signs, halves of pairs.
  private static func isLetter(_ unit: UInt32) -> Bool {
    switch unit {
    case 0x2010...0x2027, 0x2030...0x203E, 0x2100...0x2BFF, 0x3100...0x9FFF,
      0xAC00...0xDFFF, 0xF900...0xFAFF:
      true
    default: false
    }
  }
}
