/// What an audit looked at: everything that a loader reads, one entry each.
public struct AuditCoverage: Sendable, Codable, Equatable {
  /// How something was looked at.
  public enum Look: String, Sendable, Codable {
    /// Held against the base's.
    case compared
    /// By itself, or against the rest of the checkpoint.
    case alone
    /// Not at all.
    case notLooked = "not_looked_at"
  }

  /// A tensor, a quantized module or a file.
  public struct Item: Sendable, Codable, Equatable {
    /// Its name in the checkpoint.
    public let name: String
    /// How it was looked at.
    public let look: Look
    /// What came of it, such as `equal` or `rounded to F16`; why, where it was not looked at.
    public let result: AuditSentence

    init(_ name: String, _ look: Look, _ result: AuditSentence) {
      (self.name, self.look, self.result) = (name, look, result)
    }
  }

  /// Everything that a loader reads, in the order in which it was looked at.
  public internal(set) var items: [Item] = []

  /// How many were compared, looked at alone, and passed over.
  public var counts: (compared: Int, alone: Int, notLooked: Int) {
    (
      items.count { $0.look == .compared }, items.count { $0.look == .alone },
      items.count { $0.look == .notLooked }
    )
  }

  /// Whether nothing was passed over.
  public var isComplete: Bool { counts.notLooked == 0 }
}
