import Foundation

/// Many numbers in few characters of a page: three decimal digits each, as readers see them, in two
/// characters where the numbers span eight decades at most, else in three. The page's script reads them.
struct PackedNumbers: Sendable {
  /// The characters, `width` a number; a single one where all numbers are the same word.
  let text: String

  /// How the numbers of a measure are packed.
  struct Format: Sendable {
    /// The decimal exponent that an exponent of 0 stands for.
    let exponent: Int
    /// Characters a number takes.
    let width: Int
    /// What the characters stand for, where each is a value.
    let words: [Double]
    fileprivate let places: [Double: Int]

    /// The narrowest format that holds `values`.
    init(_ values: some Sequence<Double>) {
      var low = Int.max
      var high = Int.min
      for value in values where value > 0 && value.isFinite {
        let exponent = PackedNumbers.digits(value).exponent
        low = min(low, exponent)
        high = max(high, exponent)
      }
      exponent = low == .max ? 0 : low
      width = low == .max || high - low < 8 ? 2 : 3
      (words, places) = ([], [:])
    }

    /// One character a value, which is one of `words`; nil where they are more than a character tells
    /// apart.
    init?(words values: some Sequence<Double>) {
      let words = Set(values.filter { $0.isFinite && $0 >= 0 })
      guard words.count < PackedNumbers.alphabet.count else { return nil }
      (exponent, width) = (0, 1)
      self.words = words.sorted()
      places = Dictionary(uniqueKeysWithValues: self.words.enumerated().map { ($1, $0) })
    }
  }

  /// Packs `values`; what is negative, infinite or not a number is missing.
  init(_ values: [Double], _ format: Format) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * format.width)
    for value in values {
      var code = Self.code(value, format)
      var digits: [UInt8] = []
      for _ in 0..<format.width {
        digits.append(Self.alphabet[code % Self.alphabet.count])
        code /= Self.alphabet.count
      }
      bytes += digits.reversed()
    }
    // One word for all is said once.
    if format.width == 1, let first = bytes.first, bytes.allSatisfy({ $0 == first }) {
      bytes = [first]
    }
    text = String(decoding: bytes, as: UTF8.self)
  }

  /// 0: missing, 1: zero, from 2 on exponent and mantissa; of words, one more than their places.
  private static func code(_ value: Double, _ format: Format) -> Int {
    guard value.isFinite, value >= 0 else { return 0 }
    if format.width == 1 { return format.places[value].map { $0 + 1 } ?? 0 }
    guard value > 0 else { return 1 }
    let digits = digits(value)
    return 2 + (digits.exponent - format.exponent) * 900 + digits.mantissa - 100
  }

  /// 100 to 999 and the power of ten that it is to be taken times, as `NumberText.significant` rounds.
  private static func digits(_ value: Double) -> (mantissa: Int, exponent: Int) {
    let parts = String(format: "%.2e", value).split(separator: "e")
    let mantissa = Int(parts[0].filter { $0 != "." }) ?? 100
    return (mantissa, (Int(parts.last ?? "0") ?? 0) - 2)
  }

  /// Printable ASCII that needs no escape in a string of a script: from # to ~ without < and \.
  fileprivate static let alphabet: [UInt8] = (UInt8(ascii: "#")...UInt8(ascii: "~")).filter {
    $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: "\\")
  }
}
