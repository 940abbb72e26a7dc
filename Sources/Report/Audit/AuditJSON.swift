import Analysis
import Foundation

extension AuditReport {
  /// The report as JSON, keys sorted, in snake_case, its sentences in English (docs/audit.md).
  public func json() -> String { AuditJSON.text(self) }
}

/// Results with an audit's sentences in them, as JSON for programs.
enum AuditJSON {
  /// `value`, keys sorted, its sentences in English.
  static func text(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    if let key = AuditSentence.speaker {
      let speaker: AuditSentence.Speaker = { AuditWords(language: .en).text($0) }
      encoder.userInfo[key] = speaker
    }
    return String(decoding: (try? encoder.encode(value)) ?? Data(), as: UTF8.self) + "\n"
  }
}
