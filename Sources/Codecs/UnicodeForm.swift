import CUtf8proc

/// The four Unicode normalization forms, computed by utf8proc over scalars.
///
/// Foundation's NFKC leaves half-width voiced kana uncomposed on Linux, and Swift strings compare
/// by canonical equivalence: compare results by their `unicodeScalars` or `utf8`, never with `==`.
public enum UnicodeForm: String, Sendable, CaseIterable {
  case nfc
  case nfd
  case nfkc
  case nfkd

  private var options: utf8proc_option_t {
    let stable = UTF8PROC_STABLE.rawValue
    return switch self {
    case .nfc: utf8proc_option_t(stable | UTF8PROC_COMPOSE.rawValue)
    case .nfd: utf8proc_option_t(stable | UTF8PROC_DECOMPOSE.rawValue)
    case .nfkc:
      utf8proc_option_t(stable | UTF8PROC_COMPOSE.rawValue | UTF8PROC_COMPAT.rawValue)
    case .nfkd:
      utf8proc_option_t(stable | UTF8PROC_DECOMPOSE.rawValue | UTF8PROC_COMPAT.rawValue)
    }
  }

  /// `text` in this form.
  public func normalize(_ text: String) -> String {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text }
    // utf8proc 2.8 takes U+11A7, which composes with nothing, for a final consonant.
    if text.unicodeScalars.contains("\u{11A7}") {
      return text.unicodeScalars.split(separator: "\u{11A7}", omittingEmptySubsequences: false)
        .map { normalize(String($0)) }.joined(separator: "\u{11A7}")
    }
    var text = text
    return text.withUTF8 { bytes in
      var result: UnsafeMutablePointer<UInt8>?
      let count = utf8proc_map(bytes.baseAddress, bytes.count, &result, options)
      guard count >= 0, let result else { return String(decoding: bytes, as: UTF8.self) }
      defer { result.deallocate() }
      return String(decoding: UnsafeBufferPointer(start: result, count: count), as: UTF8.self)
    }
  }
}
