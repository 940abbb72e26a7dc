/// Something a user can cause and correct, told in three parts: what was asked, what was found or is
/// allowed, and what to do.
public struct InputError: Error, Sendable, Equatable {
  /// The family of the failure.
  public let kind: Kind
  /// What was asked, or which operation on which file.
  public let asked: String
  /// What was found, or what is allowed.
  public let found: String
  /// What to do now.
  public let hint: String

  /// Creates an error from its three parts.
  public init(_ kind: Kind, asked: String, found: String, hint: String) {
    self.kind = kind
    self.asked = asked
    self.found = found
    self.hint = hint
  }
}

extension InputError: CustomStringConvertible {
  /// The three parts on three lines, as the command line prints them.
  public var description: String {
    "error: \(asked)\n  found: \(found)\n  hint: \(hint)"
  }
}
