import Codecs

/// How characters are normalised before a text is tokenized.
public enum Normalization: String, Sendable, Codable, CaseIterable {
  case none
  case nfc
  case nfkc
  /// neologdn 0.5.6 with its defaults.
  case neologdn
  /// NFC, half-width kana widened, one wave dash, no invisible characters.
  case ja

  /// `text` in this form.
  public func normalize(_ text: String) -> String {
    switch self {
    case .none: text
    case .nfc: UnicodeForm.nfc.normalize(text)
    case .nfkc: UnicodeForm.nfkc.normalize(text)
    case .neologdn: NeologdnNormalizer.normalize(text)
    case .ja: JapaneseNormalizer.normalize(text)
    }
  }
}
