import Analysis
import Report

extension AuditSentence {
  /// The sentence as it is read in English.
  var english: String { AuditText.sentence(self, language: .en) }
}
