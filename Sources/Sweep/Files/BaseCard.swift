import Foundation
import Yams

/// What the header of a model's card (README.md) says that holds for its quantized versions, too.
public struct BaseCard: Sendable, Equatable {
  /// The Hub's identifier of its licence; nil where there is none, or one of its own (`other`).
  public let license: String?
  /// Its languages, codes of ISO 639.
  public let languages: [String]

  /// As much of a card as is read, in bytes.
  private static let length = 1 << 16

  /// Reads the card in a model's `folder`; nil where there is none with a header.
  public init?(_ folder: URL) {
    let file = try? FileHandle(forReadingFrom: folder.appendingPathComponent("README.md"))
    guard let data = try? file?.read(upToCount: Self.length) else { return nil }
    // A character that is cut in two lies behind the header.
    let lines = String(decoding: data, as: UTF8.self).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---"),
      let header = try? Yams.compose(yaml: lines[1..<end].joined(separator: "\n"))
    else { return nil }
    let license = header["license"]?.string
    self.license = license?.wholeMatch(of: /[a-z0-9][a-z0-9.\-]{1,63}/).flatMap { match in
      ["other", "unknown"].contains(match.output) ? nil : String(match.output)
    }
    let language = header["language"]
    let named = language?.sequence.map { $0.compactMap(\.string) } ?? [language?.string ?? ""]
    languages = named.filter { $0.wholeMatch(of: /[a-z]{2,3}/) != nil }
  }
}
