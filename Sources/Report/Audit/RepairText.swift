import Analysis

/// What an audit will take, and what its repairs have done, in a sentence for a terminal.
public enum RepairText {
  /// What running the text of an audit will take.
  public static func text(_ cost: CheckpointAudit.FunctionCost) -> String {
    let who =
      cost.isBesideBase
      ? "the checkpoint, its base and a rounded base"
      : "the checkpoint, as it is and read otherwise"
    return """
      plain text: up to \(cost.tokens) tokens through \(who), about \
      \(Int((cost.operations / 1e9).rounded(.up))) billion operations
      """
  }

  /// What was put back in its place.
  public static func text(_ plan: OrderRepair.Plan) -> String {
    var parts: [String] = []
    if !plan.names.isEmpty { parts.append("\(plan.names.count) modules under the names of others") }
    if !plan.reordered.isEmpty {
      parts.append("rows, columns or codes of \(plan.reordered.count) modules in the base's order")
    }
    if !plan.copied.isEmpty { parts.append("\(plan.copied.count) tensors from the base") }
    return parts.joined(separator: "; ")
  }

  /// What was done about codes that overflowed.
  public static func text(_ summary: OverflowRepair.Summary) -> String {
    "\(summary.repairedCodes) codes and \(summary.clearedCarries) neighbours in"
      + " \(summary.repairedModules) modules"
  }
}
