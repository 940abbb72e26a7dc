import Foundation

/// A study, and one of its trials, as the command line names them: STUDY.sqlite or
/// STUDY.sqlite#NUMBER. The path may hold `#` itself: the last one counts, and only before a number.
public struct TrialReference: Sendable, Equatable {
  /// The path of the study.
  public let study: String
  /// The trial's number; nil where none is named.
  public let number: Int?

  /// Reads `text`; a file of that very name is a study, whatever its name looks like.
  public init(_ text: String) {
    let parts = text.split(separator: "#", omittingEmptySubsequences: false)
    guard parts.count > 1, let last = parts.last, let number = Int(last),
      !FileManager.default.fileExists(atPath: text)
    else {
      (study, self.number) = (text, nil)
      return
    }
    (study, self.number) = (String(text.dropLast(last.count + 1)), number)
  }
}
