import Basics
import Tokenizers

/// A regular expression over module names, such as the keys of `dynamic` hold. It is matched as
/// Python's `re.match` does (`NamePattern`).
struct ModulePattern: Sendable {
  private let pattern: NamePattern

  /// Scalars of a name that are looked at.
  private static let longestName = 512

  /// Reads a pattern; errors say which character is not understood.
  init(_ text: String) throws(InputError) {
    func refused(_ found: String) -> InputError {
      InputError(
        .usage, asked: "match modules with the pattern \(text)", found: found,
        hint: "write a regular expression over names such as model.layers.0.mlp.down_proj")
    }
    guard text.unicodeScalars.count <= 1024 else { throw refused("more than 1,024 characters") }
    do throws(RegexSyntaxError) {
      pattern = try NamePattern(text)
    } catch {
      throw refused("\(error.reason), at character \(error.offset + 1)")
    }
  }

  /// Whether the pattern matches a beginning of `name`.
  func matches(_ name: String) -> Bool {
    pattern.matchesBeginning(of: name.unicodeScalars.prefix(Self.longestName))
  }
}
