/// A sentence of an audit: its wording with a hole for each value, and the values. The English wording
/// is the key under which Report keeps the other languages, as in gettext.
public struct AuditSentence: Sendable, Hashable {
  /// What stands in a hole.
  public enum Value: Sendable, Hashable {
    /// A number, a name, or words of a lower floor, as they are shown.
    case text(String)
    /// A part of the sentence that is words itself.
    case sentence(AuditSentence)
    /// Several of them, one after another.
    case list([AuditSentence])
  }

  /// The English wording, `{}` for each value.
  public let wording: String
  /// The values, in their order in the English wording.
  public let values: [Value]

  /// A wording and what stands in its holes.
  public init(wording: String, values: [Value]) {
    self.wording = wording
    self.values = values
  }

  /// Text that reads the same in every language: a name, an error's own words.
  public init(verbatim text: String) {
    wording = "{}"
    values = [.text(text)]
  }

  /// Several sentences, one after another.
  public init(_ list: [AuditSentence]) {
    wording = "{}"
    values = [.list(list)]
  }

  /// The sentence in English.
  public var english: String { filled(wording, by: \.english, separator: "; ") }

  /// `wording` with the values in its holes, `{}` for each in turn, or `{1}`, `{2}` where another
  /// language orders them otherwise.
  /// - Parameter translate: a sentence among the values, in the language of `wording`.
  public func filled(
    _ wording: String, by translate: (AuditSentence) -> String, separator: String
  ) -> String {
    var (result, rest, next) = ("", wording[...], 0)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let name = rest[rest.index(after: open)..<close]
      let index = name.isEmpty ? next : (Int(name) ?? 0) - 1
      next += 1
      result += rest[..<open]
      if values.indices.contains(index) {
        switch values[index] {
        case .text(let text): result += text
        case .sentence(let sentence): result += translate(sentence)
        case .list(let list): result += list.map(translate).joined(separator: separator)
        }
      } else {
        result += rest[open...close]
      }
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }
}

extension AuditSentence: ExpressibleByStringInterpolation {
  /// A sentence without values.
  public init(stringLiteral text: String) {
    wording = text
    values = []
  }

  /// A sentence as it is written, its interpolations being its values.
  public init(stringInterpolation: Interpolation) {
    wording = stringInterpolation.wording
    values = stringInterpolation.values
  }

  /// Takes a sentence apart as it is written.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var wording = ""
    fileprivate var values: [Value] = []

    /// Begins with nothing.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// A part of the wording.
    public mutating func appendLiteral(_ literal: String) { wording += literal }

    /// A value, as it is shown.
    public mutating func appendInterpolation(_ value: some Any) {
      add(.text("\(value)"))
    }

    /// Words inside the sentence.
    public mutating func appendInterpolation(_ sentence: AuditSentence) { add(.sentence(sentence)) }

    /// Several sentences inside it.
    public mutating func appendInterpolation(_ list: [AuditSentence]) { add(.list(list)) }

    private mutating func add(_ value: Value) {
      wording += "{}"
      values.append(value)
    }
  }
}

extension AuditSentence: Codable, Comparable, CustomStringConvertible {
  /// A sentence that JSON has in English.
  public init(from decoder: any Decoder) throws {
    self.init(verbatim: try decoder.singleValueContainer().decode(String.self))
  }

  /// JSON has it in English.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(english)
  }

  /// Sentences that say the same in English are the same: one that was read from JSON has only that.
  public static func == (left: AuditSentence, right: AuditSentence) -> Bool {
    left.english == right.english
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) { hasher.combine(english) }

  /// By the English words.
  public static func < (left: AuditSentence, right: AuditSentence) -> Bool {
    left.english < right.english
  }

  /// The sentence in English.
  public var description: String { english }
}
