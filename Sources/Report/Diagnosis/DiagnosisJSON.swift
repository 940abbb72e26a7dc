import Analysis

extension Diagnosis {
  /// The diagnosis as JSON, keys sorted, in snake_case (docs/diagnosis.md).
  public func json() -> String { AuditJSON.text(self) }
}
