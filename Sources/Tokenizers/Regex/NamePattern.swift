/// A pattern over names, written for Python's `re` and matched as `re.match` does: from the first
/// character, to wherever it ends. The time is linear in the name, whatever the pattern.
public struct NamePattern: Sendable {
  private let regex: Regex

  /// Steps that a pattern may take: patterns come with checkpoints of strangers.
  private static let longest = 4_000

  /// Reads a pattern: literals, `.`, classes, `\d \w \s` and their opposites, groups, `|`, greedy, lazy
  /// and possessive repetitions of up to 100 times, `^ $ \b \B \A \Z`, look-ahead, flags.
  public init(_ pattern: String) throws(RegexSyntaxError) {
    regex = try Regex(pattern, as: .python, atMost: Self.longest)
  }

  /// Whether the pattern matches a beginning of `name`.
  public func matchesBeginning(of name: some Sequence<Unicode.Scalar>) -> Bool {
    var matcher = RegexMatcher(regex, on: Array(name)[...])
    return matcher.prefixMatch() != nil
  }
}
