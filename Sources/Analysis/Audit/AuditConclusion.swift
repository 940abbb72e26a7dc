/// Puts findings of different kinds together: what shows only that weights are not the base's is no
/// defect where the function is the same, or where the base is another model.
struct AuditConclusion {
  /// Modules that have nothing in common with the base's weights of their names, and that no pattern
  /// explains.
  let unknown: [String]
  let total: Int
  /// The fewest bits of a module, and the weights of all linears.
  let bits: Int
  let parameters: Int
  let function: FunctionReport?
  let differentBase: AuditFinding?
  /// Whether the embeddings are the base's turned by one orthogonal matrix.
  let isTurned: Bool

  /// Defects that other weights bring about by themselves.
  private static let ofWeights: Set<AuditDefect> = [
    .weightError, .wrongBase, .movedTensor, .rowOrder, .exchangedTensor,
  ]
  /// Those that a base of another training step brings about, too.
  private static let ofBase: Set<AuditDefect> = [
    .weightError, .wrongBase, .corruptedCodes, .scaleMismatch, .differentFunction, .zeroPoint,
    .packingOverflow,
  ]

  /// All findings, at their levels.
  func apply(to findings: [AuditFinding]) -> [AuditFinding] {
    var findings =
      findings + strangers + (function?.findings(bits: bits, parameters: parameters) ?? [])
    if let differentBase {
      findings = findings.map { finding in
        let isInferred =
          Self.ofBase.contains(finding.defect) || finding.log10BayesFactor != nil
        return isInferred ? finding.lowered : finding
      }
      return findings + [differentBase]
    }
    guard findings.contains(where: { Self.ofWeights.contains($0.defect) && $0.level > .note })
    else { return findings }
    let lowered = findings.map {
      Self.ofWeights.contains($0.defect) && !$0.standsByItself ? $0.lowered : $0
    }
    if let function, function.isSameFunction { return lowered + [Self.same(function)] }
    return isTurned && function?.level == nil ? lowered + [turned] : findings
  }

  /// The finding on a turned residual stream, whose function is not known to be the base's.
  private var turned: AuditFinding {
    AuditFinding(
      .sameFunction, .note,
      evidence: .base(.turned), cost: .shared(.noCost),
      remedy: function == nil
        ? .base(.turnedRemedy) : .shared(.nothingToDo))
  }

  /// The finding on modules that are strangers to the base.
  private var strangers: [AuditFinding] {
    guard !unknown.isEmpty else { return [] }
    let isMost = unknown.count * 2 > total
    return [
      AuditFinding(
        .wrongBase, isMost ? .suspect : .defective,
        evidence: .base(.unrelated, unknown.count, total), modules: unknown,
        cost: isMost
          ? .base(.unrelatedMostCost)
          : .base(.unrelatedCost),
        remedy: isMost
          ? .base(.unrelatedMostRemedy)
          : .base(.quantizeModulesAgain))
    ]
  }

  private static func same(_ function: FunctionReport) -> AuditFinding {
    func shown(_ value: Double?) -> String { FunctionReport.shown(value ?? .nan) }
    return AuditFinding(
      .sameFunction, .note,
      evidence:
        .base(.sameFunction, shown(function.divergence), shown(function.rtnDivergence)),
      cost: .shared(.noCost), remedy: .shared(.nothingToDo))
  }
}
