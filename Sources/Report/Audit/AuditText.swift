import Analysis

/// An audit as people read it in a terminal: the verdict, what stands in the header, each finding
/// with its evidence, cost and remedy, what loaders will make of it, and the modules worst off.
public enum AuditText {
  /// The text of `report` on the checkpoint called `name`, ending in a line feed.
  public static func text(_ report: AuditReport, name: String) -> String {
    var text = "\(name): \(AuditWords.verdict(report))\n"
    if let header = report.header { text += "  \(AuditWords.header(header))\n" }
    if let function = report.function { text += "  \(AuditWords.function(function))\n" }
    if let names = AuditWords.notLooked(report) { text += "  not looked at: \(names)\n" }
    if report.findings.isEmpty { text += "  nothing found\n" }
    for finding in report.findings {
      text += "\n\(finding.level.rawValue): \(finding.defect.rawValue)\n"
      text += "  found: \(finding.evidence)\n"
      if let certainty = AuditWords.certainty(finding) { text += "  sure:  \(certainty)\n" }
      if let modules = AuditWords.modules(finding) { text += "  where: \(modules)\n" }
      text += "  costs: \(finding.cost)\n"
      text += "  do:    \(finding.remedy)\n"
    }
    if let header = report.header {
      text += "\n" + loaders(header).render(as: .table)
    }
    let modules = AuditWords.worst(report)
    if !modules.isEmpty { text += "\n" + self.modules(modules).render(as: .table) }
    return text
  }

  /// The findings alone, one a row, for `--format csv` and `markdown`.
  public static func findings(_ report: AuditReport) -> Table {
    Table(
      columns: [
        .init("level"), .init("defect"), .init("evidence"), .init("log10_bayes_factor"),
        .init("modules"), .init("cost"), .init("remedy"),
      ],
      rows: report.findings.map { finding in
        [
          .text(finding.level.rawValue), .text(finding.defect.rawValue), .text(finding.evidence),
          finding.log10BayesFactor.map { .number($0) } ?? .missing,
          .integer(finding.modules.count), .text(finding.cost), .text(finding.remedy),
        ]
      })
  }

  private static func loaders(_ header: CheckpointHeader) -> Table {
    Table(
      columns: [.init("loader"), .init("loads"), .init("why")],
      rows: header.loaders.map { loader in
        [
          .text(loader.loader), .flag(loader.loads),
          .text((loader.refusals + loader.remarks).joined(separator: "; ")),
        ]
      })
  }

  private static func modules(_ modules: [ModuleAudit]) -> Table {
    func number(_ value: Double?) -> Table.Cell {
      value.map { .number($0, .significant(3)) } ?? .missing
    }
    return Table(
      columns: [
        .init("worst modules"), .init("weight_error"), .init("rtn_weight_error"),
        .init("output_error"), .init("rtn_output_error"), .init("wrapped_codes"),
      ],
      rows: modules.map { module in
        [
          .text(module.name), number(module.weightError), number(module.rtnWeightError),
          number(module.outputError), number(module.rtnOutputError),
          module.wrappedCodes.map { .integer($0) } ?? .missing,
        ]
      })
  }
}
