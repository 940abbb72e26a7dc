/// Counts over one text, on which the filters decide. Fractions of nothing are 0.
struct TextMetrics {
  /// All scalars of the text.
  let scalars: [Unicode.Scalar]
  /// Its sentences: what lies between 。．！？!? and line ends.
  let sentences: [ArraySlice<Unicode.Scalar>]
  private(set) var hiragana = 0
  private(set) var katakana = 0
  private(set) var kanji = 0

  init(_ text: String) {
    scalars = Array(text.unicodeScalars)
    var sentences = [ArraySlice<Unicode.Scalar>]()
    for line in scalars.split(separator: "\n") {
      var start = line.startIndex
      for index in line.indices where Self.endsSentence(line[index]) {
        // Swallow's pattern: a mark without a sentence before it belongs to none.
        if index > start { sentences.append(line[start...index]) }
        start = index + 1
      }
      if start < line.endIndex { sentences.append(line[start...]) }
    }
    self.sentences = sentences
    for scalar in scalars {
      switch scalar.value {
      case 0x3041...0x3096: hiragana += 1
      case 0x30A1...0x30FA: katakana += 1
      case 0x3005, 0x3007, 0x303B, 0x3400...0x9FFF, 0xF900...0xFAFF: kanji += 1
      default: break
      }
    }
  }

  private static func endsSentence(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "。", "．", "！", "？", "!", "?": true
    default: false
    }
  }

  /// Hiragana, katakana and kanji.
  var japaneseLetters: Int { hiragana + katakana + kanji }

  static func fraction(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }

  /// Scalars a sentence.
  var meanSentenceLength: Double {
    Self.fraction(sentences.reduce(0) { $0 + $1.count }, sentences.count)
  }

  /// Share of sentences that end with ・ or ….
  var ellipsisFraction: Double {
    let ending = sentences.count { sentence in
      let last = sentence.last { !$0.properties.isWhitespace }
      return last == "・" || last == "…"
    }
    return Self.fraction(ending, sentences.count)
  }

  /// Σ(frequency − 1) over `units`, as a share of their number, or of their scalars.
  func duplicateFraction(
    _ units: [ArraySlice<Unicode.Scalar>], inCharacters: Bool
  ) -> Double {
    var frequencies = [[Unicode.Scalar]: Int]()
    for unit in units { frequencies[Array(unit), default: 0] += 1 }
    let weight = { (unit: [Unicode.Scalar]) in inCharacters ? unit.count : 1 }
    let duplicates = frequencies.reduce(0) { $0 + ($1.value - 1) * weight($1.key) }
    return Self.fraction(
      duplicates, inCharacters ? units.reduce(0) { $0 + $1.count } : units.count)
  }

  /// The non-empty lines.
  var paragraphs: [ArraySlice<Unicode.Scalar>] { scalars.split(separator: "\n") }

  /// The frequencies of all runs of `length` scalars.
  func gramFrequencies(_ length: Int) -> [UInt64: Int] {
    var result = [UInt64: Int]()
    for hash in CharacterGrams.hashes(of: scalars, length: length) {
      result[hash, default: 0] += 1
    }
    return result
  }

  /// The greatest frequency of a run of `length` scalars, as a share of all runs.
  func topGramFraction(_ length: Int) -> Double {
    let frequencies = gramFrequencies(length)
    return Self.fraction(
      frequencies.values.max() ?? 0, frequencies.values.reduce(0, +))
  }

  /// The share of distinct runs of `length` scalars that occur more than once.
  func duplicateGramFraction(_ length: Int) -> Double {
    let frequencies = gramFrequencies(length)
    return Self.fraction(frequencies.values.count { $0 > 1 }, frequencies.count)
  }

  /// HojiChar's character repetition: the most frequent 5-grams, as many as the square root of the
  /// distinct ones, as a share of all.
  var characterRepetition: Double {
    let frequencies = gramFrequencies(5).values
    let singles = frequencies.count { $0 == 1 }
    let top = min(
      Int(Double(frequencies.count).squareRoot()), frequencies.count - singles)
    let sum = frequencies.sorted(by: >).prefix(max(top, 0)).reduce(0, +)
    return Self.fraction(sum, frequencies.reduce(0, +))
  }
}

/// Hashes of the runs of scalars in a text.
enum CharacterGrams {
  /// The hash of every run of `length` scalars, in order; a shorter text is one run.
  static func hashes(of scalars: [Unicode.Scalar], length: Int) -> [UInt64] {
    if scalars.isEmpty { return [] }
    guard scalars.count > length else { return [hash(scalars[...])] }
    return (0...scalars.count - length).map { hash(scalars[$0..<$0 + length]) }
  }

  private static func hash(_ scalars: ArraySlice<Unicode.Scalar>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for scalar in scalars { hash = (hash ^ UInt64(scalar.value)) &* 0x9E37_79B9_7F4A_7C15 }
    hash ^= hash >> 32
    hash &*= 0xD6E8_FEB8_6659_FD93
    return hash ^ hash >> 32
  }
}
