import Basics

extension ModuleIdentity {
  /// Findings on `modules`, those that have nothing in common with the base's weights of their names,
  /// of so many in all; on those of `distant`, which resemble them, that are other tensors; and the
  /// modules that no pattern explains.
  func findings(
    _ modules: [String], _ distant: [String], of total: Int
  ) throws(InputError) -> (findings: [AuditFinding], unknown: [String]) {
    let others = try otherTensors(modules + distant)
    var found: [Pattern: [String]] = [:]
    var exchanged: [(module: String, tensor: String)] = []
    var unknown: [String] = []
    for module in modules + distant.filter({ others[$0] != nil }) {
      switch try pattern(of: module, other: others[module]) {
      case .tensor(let tensor): exchanged.append((module, tensor))
      case let pattern?: found[pattern, default: []].append(module)
      case nil: unknown.append(module)
      }
    }
    var findings: [AuditFinding] = []
    if let first = exchanged.first {
      let examples: [AuditSentence] = exchanged.prefix(4).map {
        .base(.holdsOther, $0.module, $0.tensor)
      }
      let rest: AuditSentence = exchanged.count > 4 ? .base(.andSoOn) : .empty
      findings.append(
        AuditFinding(
          .exchangedTensor, .defective,
          evidence: .base(.otherTensors, exchanged.count, total, AuditSentence(examples), rest),
          modules: exchanged.map(\.module), cost: .base(.otherTensorsCost, first.module),
          remedy: .base(.otherTensorsRemedy)))
    }
    for (pattern, modules) in found.sorted(by: { $0.value[0] < $1.value[0] }) {
      findings.append(Self.finding(pattern, modules, total))
    }
    return (findings, unknown)
  }

  private static func finding(_ pattern: Pattern, _ modules: [String], _ total: Int) -> AuditFinding
  {
    let place: AuditSentence = .base(.place, modules.count, total, modules[0])
    func made(_ defect: AuditDefect, _ what: AuditSentence, _ remedy: AuditSentence) -> AuditFinding
    {
      AuditFinding(
        defect, .defective, evidence: .base(.whatAndWhere, what, place), modules: modules,
        cost: .base(.wrongOrderCost), remedy: remedy)
    }
    let again: AuditSentence = .base(.convertAgain)
    return switch pattern {
    case .tensor(let tensor): made(.exchangedTensor, .base(.otherTensor, tensor), again)
    case .interleaved:
      made(
        .rowOrder,
        .base(.interleavedRows), .base(.interleavedRowsRemedy))
    case .heads: made(.rowOrder, .base(.headOrder), again)
    case .rows: made(.rowOrder, .base(.rowOrder), again)
    case .columns:
      made(.rowOrder, .base(.columnOrder), again)
    case .split(let tensors):
      made(
        .rowOrder,
        .base(.splitRows, tensors.sorted().joined(separator: ", ")), again)
    case .words(let what): made(.codeOrder, what, .base(.packAgain))
    case .transposed: made(.rowOrder, .base(.transposed), again)
    }
  }
}
