import Analysis
import Foundation

/// Phrases of an audit that its text and its page share.
enum AuditWords {
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
