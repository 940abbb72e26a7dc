/// How bad a finding is; the worst one is the verdict.
public enum AuditLevel: String, Sendable, Codable, Comparable, CaseIterable {
  /// Worth knowing; nothing is wrong.
  case note
  /// Something is unusual, and may cost quality.
  case suspect
  /// The checkpoint does not hold what its quantizer computed, or cannot be loaded.
  case defective

  // swift-format-ignore: AllPublicDeclarationsHaveDocumentation
  public static func < (left: AuditLevel, right: AuditLevel) -> Bool {
    left.rank < right.rank
  }

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What an audit says of a whole checkpoint.
public enum AuditVerdict: String, Sendable, Codable {
  case healthy, suspect, defective
  /// Nothing is wrong in what was looked at, and not everything was.
  case incomplete = "no_defect_found"

  /// The verdict of `findings`: their worst level, and whether everything was looked at.
  public init(_ findings: [AuditFinding], isComplete: Bool = true) {
    switch findings.map(\.level).max() {
    case .defective: self = .defective
    case .suspect: self = .suspect
    case .note, nil: self = isComplete ? .healthy : .incomplete
    }
  }
}
