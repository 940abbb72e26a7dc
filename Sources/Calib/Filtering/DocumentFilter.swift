/// A published set of rules on whether a text is fit for training. Sources of the thresholds:
/// docs/calibration.md.
public enum FilterPreset: String, Sendable, Codable, CaseIterable {
  /// llm-jp-corpus v1, Japanese Common Crawl.
  case llmJP = "llm-jp"
  /// Swallow corpus v1.
  case swallow
  /// HojiChar's defaults.
  case hojichar

  /// The names of the rules, in order.
  public var rules: [String] { table.map(\.name) }

  /// The names of the rules that `text` fails.
  public func failures(_ text: String) -> [String] {
    let metrics = TextMetrics(text)
    return table.filter { !$0.passes(metrics) }.map(\.name)
  }

  private typealias Rule = (name: String, passes: (TextMetrics) -> Bool)

  private var table: [Rule] {
    switch self {
    case .llmJP: Self.llmJPRules
    case .swallow: Self.swallowRules
    case .hojichar: Self.hojicharRules
    }
  }

  private static func acceptJapanese(_ metrics: TextMetrics) -> Bool {
    metrics.scalars.prefix(50).contains {
      (0x3041...0x3093).contains($0.value) || (0x30A1...0x30F3).contains($0.value)
    }
  }

  private static var llmJPRules: [Rule] {
    [
      ("kana in the first 50 characters", acceptJapanese),
      ("mean sentence at most 250", { $0.meanSentenceLength <= 250 }),
      ("no U+FFFD", { !$0.scalars.contains("\u{FFFD}") }),
      ("no NG marker", { !NGMarkers.occur(in: $0.scalars) }),
    ]
  }

  private static var swallowRules: [Rule] {
    var rules: [Rule] = [
      ("letters at least 400", { $0.scalars.count { $0.properties.isAlphabetic } >= 400 }),
      (
        "duplicate paragraphs at most 0.30",
        { $0.duplicateFraction($0.paragraphs, inCharacters: false) <= 0.30 }
      ),
      (
        "duplicate paragraphs in characters at most 0.20",
        { $0.duplicateFraction($0.paragraphs, inCharacters: true) <= 0.20 }
      ),
      (
        "duplicate sentences at most 0.30",
        { $0.duplicateFraction($0.sentences, inCharacters: false) <= 0.30 }
      ),
      (
        "duplicate sentences in characters at most 0.20",
        { $0.duplicateFraction($0.sentences, inCharacters: true) <= 0.20 }
      ),
    ]
    for (length, limit) in zip(2...4, [0.20, 0.18, 0.16]) {
      rules.append(("top \(length)-gram at most \(limit)", { $0.topGramFraction(length) <= limit }))
    }
    for (length, limit) in zip(5...10, [0.15, 0.14, 0.13, 0.12, 0.11, 0.10]) {
      rules.append(
        (
          "duplicate \(length)-grams at most \(limit)",
          { $0.duplicateGramFraction(length) <= limit }
        ))
    }
    rules += [
      ("hiragana at least 0.2", { TextMetrics.fraction($0.hiragana, $0.japaneseLetters) >= 0.2 }),
      ("katakana at most 0.5", { TextMetrics.fraction($0.katakana, $0.japaneseLetters) <= 0.5 }),
      (
        "Japanese at least 0.5",
        { TextMetrics.fraction($0.japaneseLetters, $0.scalars.count) >= 0.5 }
      ),
      ("Japanese letters at least 400", { $0.japaneseLetters >= 400 }),
      ("mean sentence 20 to 90", { (20...90).contains($0.meanSentenceLength) }),
      ("longest sentence at most 200", { ($0.sentences.map(\.count).max() ?? 0) <= 200 }),
      ("ellipses at most 0.2", { $0.ellipsisFraction <= 0.2 }),
    ]
    return rules
  }

  private static var hojicharRules: [Rule] {
    [
      ("length 200 to 50,000", { (200...50_000).contains($0.scalars.count) }),
      ("kana in the first 50 characters", acceptJapanese),
      ("mean sentence below 100", { $0.meanSentenceLength < 100 }),
      ("character repetition below 0.33", { $0.characterRepetition < 0.33 }),
      ("no character 200 times on end", { !hasLongRun($0.scalars, 200) }),
      ("ellipses below 0.7", { $0.ellipsisFraction < 0.7 }),
      (
        "short lines at most 0.5",
        { metrics in
          let lines = metrics.paragraphs
          return TextMetrics.fraction(lines.count { $0.count <= 10 }, lines.count) <= 0.5
        }
      ),
      ("no NG marker", { !NGMarkers.occur(in: $0.scalars) }),
    ]
  }

  private static func hasLongRun(_ scalars: [Unicode.Scalar], _ length: Int) -> Bool {
    var run = 0
    for (index, scalar) in scalars.enumerated() {
      run = index > 0 && scalar == scalars[index - 1] ? run + 1 : 1
      if run >= length { return true }
    }
    return false
  }
}

/// Traces that text which went through other tools carries.
public enum NGMarkers {
  /// What is looked for, each as it stands.
  public static let markers = [
    "（、", "は、の", "thumb|", "align=", "style=", "|-", "{{", "}}", "[[", "]]", "formula_",
    "codice_", "_START_", "_NEWLINE_", "[要出典]", "\u{FFFD}",
  ]

  private static let scalars = markers.map { Array($0.unicodeScalars) }

  static func occur(in text: [Unicode.Scalar]) -> Bool {
    !counts(in: text).isEmpty
  }

  /// How often each marker occurs in `text`; markers that do not are left out.
  static func counts(in text: [Unicode.Scalar]) -> [String: Int] {
    var counts = [String: Int]()
    for index in text.indices {
      for (marker, scalars) in zip(markers, scalars)
      where text[index] == scalars[0] && text[index...].starts(with: scalars) {
        counts[marker, default: 0] += 1
      }
    }
    return counts
  }
}
