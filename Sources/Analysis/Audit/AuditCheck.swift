/// One thing that is looked for. A check sees every module once, in the order of the layers, keeps
/// what it needs, and speaks at the end: most defects show in many modules, and the evidence of all
/// of them counts.
public protocol AuditCheck: Sendable {
  /// Takes one module in.
  mutating func examine(_ module: AuditModule)
  /// What it found, after the last module.
  func findings() -> [AuditFinding]
}
