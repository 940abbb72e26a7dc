/// A repository of the Hugging Face Hub by the name that people type: `org/name`, with a revision
/// `org/name@revision`, and a file in one `org/name@commit/path/in/it`.
public struct HubName: Sendable, Equatable, CustomStringConvertible {
  /// What a repository holds.
  public enum Kind: String, Sendable {
    case model, dataset
  }

  /// `org/name`, or a name alone.
  public var repository: String
  /// A branch, a tag, or a commit's hash; nil: what `main` is.
  public var revision: String?
  /// A file in it; only beside a whole hash.
  public var path: String?

  /// Reads `text`; nil where it can be no name on the Hub, such as a path with more parts.
  public init?(_ text: String) {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    repository = parts.first.map(String.init) ?? ""
    guard Self.isRepository(repository) else { return nil }
    guard parts.count == 2 else { return }
    let end = parts[1].firstIndex(of: "/") ?? parts[1].endIndex
    let commit = parts[1][..<end]
    if Self.isCommit(commit), end < parts[1].endIndex {
      (revision, path) = (String(commit), String(parts[1][parts[1].index(after: end)...]))
    } else {
      revision = String(parts[1])
    }
    let steps = [revision, path].compactMap { $0 }.flatMap {
      $0.split(separator: "/", omittingEmptySubsequences: false)
    }
    guard steps.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return nil }
  }

  /// As it is typed.
  public var description: String {
    repository + (revision.map { "@\($0)" } ?? "") + (path.map { "/\($0)" } ?? "")
  }

  /// The line that brings the repository into the cache.
  public func download(_ kind: Kind) -> String {
    "hf download \(repository)" + (kind == .dataset ? " --repo-type dataset" : "")
      + (revision.map { " --revision \($0)" } ?? "")
  }

  /// Whether `text` is a commit's whole hash.
  static func isCommit(_ text: some StringProtocol) -> Bool {
    text.count == 40
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  /// The Hub's own rule for names: letters, digits, `-`, `_` and `.`, no two of `-` or `.` in a row, none
  /// of them at an end, 96 in all.
  private static func isRepository(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), text.utf8.count <= 96, !text.contains("--"),
      !text.contains(".."), !text.hasSuffix(".git")
    else { return false }
    return parts.allSatisfy { part in
      guard let first = part.utf8.first, let last = part.utf8.last else { return false }
      let isPlain = part.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
          || byte == 0x2D || byte == 0x2E || byte == 0x5F
      }
      return isPlain && ![0x2D, 0x2E].contains(first) && ![0x2D, 0x2E].contains(last)
    }
  }
}
