import Analysis
import Foundation

/// Phrases of an audit that its text and its page share.
enum AuditWords {
  /// The verdict, with what it rests on.
  static func verdict(_ report: AuditReport) -> String {
    let counts = report.coverage.counts
    guard !report.coverage.items.isEmpty else { return report.verdict.rawValue }
    var parts: [String] = []
    if counts.compared > 0 { parts.append("\(counts.compared) compared with the base") }
    if counts.alone > 0 { parts.append("\(counts.alone) looked at alone") }
    if counts.notLooked > 0 { parts.append("\(counts.notLooked) not looked at") }
    let word =
      report.verdict == .incomplete
      ? "no defect found in what was looked at" : report.verdict.rawValue
    return "\(word); of all that a loader reads \(parts.joined(separator: ", "))"
  }

  /// What was not looked at, and why; nil for nothing.
  static func notLooked(_ report: AuditReport) -> String? {
    let items = report.coverage.items.filter { $0.look == .notLooked }
    guard !items.isEmpty else { return nil }
    return items.map { "\($0.name) (\($0.result))" }.joined(separator: "; ")
  }

  /// What the checkpoint computes, in a line.
  static func function(_ function: FunctionReport) -> String {
    func shown(_ value: Double) -> String { NumberText.significant(value) }
    guard let base = function.basePerplexity, let divergence = function.divergence,
      let nearest = function.rtnDivergence
    else { return "perplexity on plain text \(shown(function.perplexity))" }
    return "KL divergence from the base \(shown(divergence)) nats per token, round-to-nearest's"
      + " \(shown(nearest)); perplexity on plain text \(shown(function.perplexity)), the base's"
      + " \(shown(base))"
  }

  /// What stands in the header, in a line.
  static func header(_ header: CheckpointHeader) -> String {
    let dtypes = header.scalesDtypes.sorted { $0.key < $1.key }.map { "\($0.key) x \($0.value)" }
    return "\(header.bits) bits, group_size \(header.groupSize), desc_act \(header.descAct), sym"
      + " \(header.sym), \(header.checkpointFormat); scales \(dtypes.joined(separator: ", "));"
      + " \(header.quantizedModules) quantized modules, \(header.files) files,"
      + " \(NumberText.bytes(header.tensorBytes))"
  }

  /// How sure a finding is; nil where it is read or measured outright.
  static func certainty(_ finding: AuditFinding) -> String? {
    guard let factor = finding.log10BayesFactor else { return nil }
    guard factor < 100 else { return "certain (likelihood ratio above 10^100)" }
    let shown = factor < 6 ? NumberText.count(Int(pow(10, factor))) : "10^\(Int(factor))"
    return "\(shown) times likelier than in a healthy checkpoint"
  }

  /// The first modules of a finding.
  static func modules(_ finding: AuditFinding) -> String? {
    guard !finding.modules.isEmpty else { return nil }
    let more = finding.modules.count - 3
    guard more > 0 else { return finding.modules.joined(separator: ", ") }
    return "\(finding.modules.prefix(3).joined(separator: ", ")) and \(more) more"
  }

  /// The modules farthest from round-to-nearest, where the base was at hand.
  static func worst(_ report: AuditReport, count: Int = 5) -> [ModuleAudit] {
    Array(
      report.modules.filter { $0.weightError != nil }
        .sorted { ratio($0) > ratio($1) }.prefix(count))
  }

  private static func ratio(_ module: ModuleAudit) -> Double {
    let ratio = (module.weightError ?? 0) / max(module.rtnWeightError ?? 0, 1e-12)
    return ratio.isNaN ? .infinity : ratio
  }
}
