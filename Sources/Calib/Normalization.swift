import Codecs

/// How characters are normalised before a text is tokenized.
public enum Normalization: String, Sendable, Codable, CaseIterable {
  case none
  case nfc
  case nfkc

  /// `text` in this form.
  public func normalize(_ text: String) -> String {
    switch self {
    case .none: text
    case .nfc: UnicodeForm.nfc.normalize(text)
    case .nfkc: UnicodeForm.nfkc.normalize(text)
    }
  }
}
