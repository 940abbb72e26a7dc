import Analysis

/// An audit as one self-contained page: verdict and findings first, then what loaders will make of
/// the checkpoint, then every module's measures in a table that sorts.
public enum AuditPage {
  /// The page of `report` on the checkpoint called `name`.
  public static func text(_ report: AuditReport, name: String, toolVersion: String) -> String {
    var values: [String: Any] = ["findings": report.findings.map(finding)]
    if report.findings.isEmpty { values["healthy"] = true }
    if !report.coverage.items.isEmpty {
      values["coverage"] = [
        "verdict": AuditWords.verdict(report), "table": coverage(report.coverage),
      ]
    }
    if let function = report.function { values["function"] = AuditWords.function(function) }
    if let header = report.header {
      values["loaders"] = ["rows": header.loaders.map(loader)]
    }
    if !report.modules.isEmpty {
      values["modules"] = ["count": report.modules.count, "table": table(report.modules)]
    }
    return HTMLPage(
      version: toolVersion, title: "\(name): \(report.verdict.rawValue)",
      summary: report.header.map(AuditWords.header) ?? "A file is too damaged to read on.",
      style: style, hasScript: true
    ).text(body, values)
  }

  private static func finding(_ finding: AuditFinding) -> [String: Any] {
    let tone =
      switch finding.level {
      case .defective: "warning"
      case .suspect: "result"
      case .note: "note"
      }
    var values: [String: Any] = [
      "tone": tone, "level": finding.level.rawValue, "defect": finding.defect.rawValue,
      "evidence": finding.evidence, "cost": finding.cost, "remedy": finding.remedy,
    ]
    if let certainty = AuditWords.certainty(finding) { values["certainty"] = certainty }
    if !finding.modules.isEmpty {
      values["where"] = [
        "count": finding.modules.count, "names": finding.modules.joined(separator: "\n"),
      ]
    }
    return values
  }

  private static func coverage(_ coverage: AuditCoverage) -> String {
    let rows = coverage.items.map { item -> [TableMarkup.Cell] in
      [.text(item.name, style: "name"), .text(item.look.rawValue), .text(item.result)]
    }
    return TableMarkup.table(
      [("tensor or file", "", false), ("looked at", "", false), ("result", "", false)], rows)
  }

  private static func loader(_ loader: LoaderReport) -> [String: Any] {
    [
      "name": loader.loader, "loads": loader.loads ? "loads" : "refuses",
      "why": (loader.refusals + loader.remarks).joined(separator: "; "), "source": loader.source,
    ]
  }

  private static let wrapped = "wrapped"

  private static func table(_ modules: [ModuleAudit]) -> String {
    let hasBase = modules.contains { $0.weightError != nil }
    let hasOutput = modules.contains { $0.outputError != nil }
    typealias Column = (title: String, help: String, value: (ModuleAudit) -> Double?)
    var columns: [Column] = [
      ("code entropy", "bits; at most the width of a code", { $0.codeEntropy }),
      ("end rate", "share of codes at either end of the grid", { $0.endRate }),
      (
        "scale coupling", "correlation of scales with the spread of their codes: near -1 in health",
        { $0.scaleCoupling }
      ),
    ]
    if hasBase {
      columns += [
        ("weight error", "‖W − Wq‖/‖W‖", { $0.weightError }),
        ("of RTN", "the same of round-to-nearest", { $0.rtnWeightError }),
        ("drift", "of codes from round-to-nearest, in steps", { $0.drift }),
        ("clip rate", "weights more than half a step outside the grid", { $0.clipRate }),
        (
          wrapped, "codes that wrapped when they were packed",
          { $0.wrappedCodes.map(Double.init) }
        ),
      ]
    }
    if hasOutput {
      columns += [
        ("output error", "tr(ΔW H ΔWᵀ)/tr(W H Wᵀ)", { $0.outputError }),
        ("of RTN", "the same of round-to-nearest", { $0.rtnOutputError }),
      ]
    }
    let head: [(title: String, help: String, isNumeric: Bool)] =
      [("module", "", false), ("shape", "out x in", false)]
      + columns.map { ($0.title, $0.help, true) }
    let rows = modules.map { module -> [TableMarkup.Cell] in
      [
        .text(module.name, style: "name"),
        .text(module.shape.map { "\($0)" }.joined(separator: " x ")),
      ]
        + columns.map { column in
          let value = column.value(module)
          let isCount = column.title == wrapped
          return .number(
            value.map { isCount ? NumberText.count(Int($0)) : NumberText.significant($0) } ?? "",
            value)
        }
    }
    return TableMarkup.table(head, rows)
  }

  private static let style = """
    .findings h3{font-size:16px;margin:0 0 4px}.findings dl{display:grid;\
    grid-template-columns:max-content 1fr;gap:2px 14px;margin:0}.findings dd{overflow-wrap:anywhere}
    .findings .warning::before{content:none}.findings pre{margin:4px 0;max-height:240px}
    .loads{width:100%;max-width:960px}.loads td{white-space:normal;vertical-align:top;\
    overflow-wrap:anywhere}
    @media (max-width:520px){.findings dl{grid-template-columns:1fr}}
    """

  private static let body = """
    <section id="findings"><h2>Findings</h2>
    {{#healthy}}<p>Nothing is wrong with this checkpoint as far as the checks can see.</p>{{/healthy}}
    <ul class="findings">
    {{#findings}}
    <li class="{{tone}}"><h3>{{level}}: {{defect}}</h3><dl>
    <dt>found</dt><dd>{{evidence}}</dd>
    {{#certainty}}<dt>sure</dt><dd>{{.}}</dd>{{/certainty}}
    <dt>costs</dt><dd>{{cost}}</dd>
    <dt>do</dt><dd>{{remedy}}</dd></dl>
    {{#where}}<details><summary>in {{count}} places</summary><pre>{{names}}</pre></details>{{/where}}
    </li>
    {{/findings}}
    </ul>
    {{#function}}<p>Run on a little text: {{.}}.</p>{{/function}}
    </section>
    {{#loaders}}
    <section id="loaders"><h2>What loaders will make of it</h2>
    <p class="reading">By the rules of their sources; no loader was run.</p>
    <table class="loads">
    {{#rows}}
    <tr><td>{{name}}</td><td>{{loads}}</td><td>{{why}} <span class="dim">({{source}})</span></td></tr>
    {{/rows}}
    </table></section>
    {{/loaders}}
    {{#coverage}}
    <section id="coverage"><h2>What was looked at</h2>
    <p>{{verdict}}.</p>
    <details><summary>everything, one by one</summary>
    {{{table}}}
    </details></section>
    {{/coverage}}
    {{#modules}}
    <section id="modules"><h2>{{count}} modules</h2>
    {{{table}}}
    </section>
    {{/modules}}

    """
}
