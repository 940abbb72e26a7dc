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
        "\($0.module) holds the base's \($0.tensor)"
      }
      let rest: AuditSentence = exchanged.count > 4 ? "; and so on" : ""
      findings.append(
        AuditFinding(
          .exchangedTensor, .defective,
          evidence: """
            \(exchanged.count) of \(total) modules are other tensors: \
            \(examples)\(rest)
            """,
          modules: exchanged.map(\.module), cost: "\(first.module) computes what another should",
          remedy: "rename the tensors back, or convert the model again"))
    }
    for (pattern, modules) in found.sorted(by: { $0.value[0] < $1.value[0] }) {
      findings.append(Self.finding(pattern, modules, total))
    }
    return (findings, unknown)
  }

  private static func finding(_ pattern: Pattern, _ modules: [String], _ total: Int) -> AuditFinding
  {
    let place: AuditSentence = "in \(modules.count) of \(total) modules, such as \(modules[0])"
    func made(_ defect: AuditDefect, _ what: AuditSentence, _ remedy: AuditSentence) -> AuditFinding
    {
      AuditFinding(
        defect, .defective, evidence: "\(what) \(place)", modules: modules,
        cost: "the module computes something else than the base's: absurd text", remedy: remedy)
    }
    let again: AuditSentence = "convert the base's weights again with the right order"
    return switch pattern {
    case .tensor(let tensor): made(.exchangedTensor, "the base's \(tensor)", again)
    case .interleaved:
      made(
        .rowOrder,
        """
        rows stand in the interleaved order of the rotary embedding (GGUF's, Meta's), where \
        this format has halves,
        """, "undo the permutation of q's and k's rows")
    case .heads: made(.rowOrder, "whole heads stand in another order", again)
    case .rows: made(.rowOrder, "rows stand in another order than the base's", again)
    case .columns:
      made(.rowOrder, "columns stand in another order than the base's", again)
    case .split(let tensors):
      made(
        .rowOrder,
        """
        rows come from \(tensors.sorted().joined(separator: ", ")): a fused tensor was split \
        wrongly,
        """, again)
    case .words(let what): made(.codeOrder, what, "pack qweight again in GPTQ's order")
    case .transposed: made(.rowOrder, "the weight is transposed", again)
    }
  }
}
