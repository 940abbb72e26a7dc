import Analysis

/// An audit as people read it in a terminal: the verdict, what stands in the header, each finding
/// with its evidence, cost and remedy, what loaders will make of it, and the modules worst off.
public enum AuditText {
  /// The text of `report` on the checkpoint called `name`, ending in a line feed.
  public static func text(
    _ report: AuditReport, name: String, language: CardLanguage = .en
  ) -> String {
    let words = AuditWords(language: language)
    func line(_ english: String, _ japanese: String, _ text: String) -> String {
      words.pick("  \(english)\(text)\n", "  \(japanese)：\(text)\n")
    }
    var text = words.pick("\(name): ", "\(name)：") + words.verdict(report) + "\n"
    if let header = report.header { text += "  \(words.header(header))\n" }
    if let function = report.function { text += "  \(words.function(function))\n" }
    if let names = words.notLooked(report) { text += line("not looked at: ", "未検査", names) }
    if report.findings.isEmpty { text += words.pick("  nothing found\n", "  所見なし\n") }
    for finding in report.findings {
      let level = words.level(finding.level)
      text += words.pick("\n\(level): ", "\n\(level)：") + finding.defect.rawValue + "\n"
      text += line("found: ", "根拠", words.text(finding.evidence))
      if let certainty = words.certainty(finding) { text += line("sure:  ", "確度", certainty) }
      if let modules = words.modules(finding) { text += line("where: ", "箇所", modules) }
      text += line("costs: ", "影響", words.text(finding.cost))
      text += line("do:    ", "対処", words.text(finding.remedy))
    }
    if let header = report.header {
      text += "\n" + loaders(header, words).render(as: .table)
    }
    let modules = AuditWords.worst(report)
    if !modules.isEmpty { text += "\n" + self.modules(modules, words).render(as: .table) }
    return text
  }

  /// The verdict and what each finding rests on, a line each.
  public static func summary(
    _ report: AuditReport, name: String, language: CardLanguage = .en
  ) -> [String] {
    let words = AuditWords(language: language)
    return [words.pick("\(name): ", "\(name)：") + words.verdict(report)]
      + report.findings.map { finding in
        "  \(words.level(finding.level)): \(finding.defect.rawValue): "
          + words.text(finding.evidence)
      }
  }

  /// A sentence of an audit in a language.
  public static func sentence(_ sentence: AuditSentence, language: CardLanguage) -> String {
    AuditWords(language: language).text(sentence)
  }

  /// The findings alone, one a row, for `--format csv` and `markdown`.
  public static func findings(_ report: AuditReport, language: CardLanguage = .en) -> Table {
    let words = AuditWords(language: language)
    return Table(
      columns: [
        .init("level"), .init("defect"), .init("evidence"), .init("log10_bayes_factor"),
        .init("modules"), .init("cost"), .init("remedy"),
      ],
      rows: report.findings.map { finding in
        [
          .text(finding.level.rawValue), .text(finding.defect.rawValue),
          .text(words.text(finding.evidence)),
          finding.log10BayesFactor.map { .number($0) } ?? .missing,
          .integer(finding.modules.count), .text(words.text(finding.cost)),
          .text(words.text(finding.remedy)),
        ]
      })
  }

  private static func loaders(_ header: CheckpointHeader, _ words: AuditWords) -> Table {
    Table(
      columns: [
        .init(words.pick("loader", "ローダー")), .init(words.pick("loads", "読み込み")),
        .init(words.pick("why", "理由")),
      ],
      rows: header.loaders.map { loader in
        [
          .text(loader.loader), .flag(loader.loads),
          .text(words.why(loader)),
        ]
      })
  }

  private static func modules(_ modules: [ModuleAudit], _ words: AuditWords) -> Table {
    func number(_ value: Double?) -> Table.Cell {
      value.map { .number($0, .significant(3)) } ?? .missing
    }
    return Table(
      columns: [
        .init(words.pick("worst modules", "誤差の大きいモジュール")), .init("weight_error"),
        .init("rtn_weight_error"),
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
