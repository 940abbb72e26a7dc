/// A sentence of an audit: which one it is, and the values in it. Report has its words.
public struct AuditSentence: Sendable, Hashable {
  /// What stands in a sentence beside its words.
  public enum Value: Sendable, Hashable {
    /// A number, a name, or words of a lower floor, as they are shown.
    case text(String)
    /// A part of the sentence that is words itself.
    case sentence(AuditSentence)
    /// Several of them, one after another.
    case list([AuditSentence])
  }

  /// Which sentence it is.
  public let wording: AuditWording
  /// The values, in their order in the English words.
  public let values: [Value]

  /// A sentence and what stands in it.
  public init(_ wording: AuditWording, _ values: [Value] = []) {
    self.wording = wording
    self.values = values
  }

  /// Text that reads the same in every language: a name, an error's own words.
  public init(verbatim text: String) { self.init(.verbatim, [.text(text)]) }

  /// What is left out.
  static let empty = AuditSentence(verbatim: "")

  /// Several sentences, one after another.
  public init(_ list: [AuditSentence]) { self.init(.verbatim, [.list(list)]) }
}

extension AuditSentence: Codable {
  /// Puts a sentence into words, for an encoder.
  public typealias Speaker = @Sendable (AuditSentence) -> String

  /// Where an encoder is told how sentences read.
  public static let speaker = CodingUserInfoKey(rawValue: "AuditSentence.speaker")

  /// A sentence that was read has only its words.
  public init(from decoder: any Decoder) throws {
    self.init(verbatim: try decoder.singleValueContainer().decode(String.self))
  }

  /// In the words that the encoder was told; without them there is nothing to write.
  public func encode(to encoder: any Encoder) throws {
    guard let speaker = Self.speaker.flatMap({ encoder.userInfo[$0] }) as? Speaker else {
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "a sentence without words"))
    }
    var container = encoder.singleValueContainer()
    try container.encode(speaker(self))
  }
}

/// What a sentence can have as a value.
protocol AuditValue {
  /// It as a value.
  var value: AuditSentence.Value { get }
}

extension AuditValue {
  /// As it is shown.
  var value: AuditSentence.Value { .text("\(self)") }
}

extension Int: AuditValue {}
extension Float: AuditValue {}
extension Double: AuditValue {}
extension Bool: AuditValue {}
extension String: AuditValue {}

extension AuditSentence: AuditValue {
  var value: Value { .sentence(self) }
}

/// Lists of numbers, as shapes are.
extension [Int]: AuditValue {}
