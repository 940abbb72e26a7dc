import Analysis

/// An audit as one self-contained page: verdict and findings first, then what loaders will make of
/// the checkpoint, then every module's measures in a table that sorts.
public enum AuditPage {
  /// The page of `report` on the checkpoint called `name`.
  public static func text(
    _ report: AuditReport, name: String, toolVersion: String, language: CardLanguage = .en
  ) -> String {
    let words = AuditWords(language: language)
    var values = labels(words, report)
    values["findings"] = report.findings.map { finding($0, words) }
    if report.findings.isEmpty { values["healthy"] = true }
    if !report.coverage.items.isEmpty {
      values["coverage"] = [
        "verdict": words.verdict(report), "table": coverage(report.coverage, words),
      ]
    }
    if let function = report.function { values["function"] = words.function(function) }
    if let header = report.header {
      values["loaders"] = ["rows": header.loaders.map { loader($0, words) }]
    }
    if !report.modules.isEmpty {
      values["modules"] = ["count": report.modules.count, "table": table(report.modules, words)]
    }
    return HTMLPage(
      language: language.rawValue, version: toolVersion,
      title: words.pick(
        "\(name): \(report.verdict.rawValue)", "\(name)：\(words.verdict(report.verdict))"),
      summary: report.header.map(words.header)
        ?? words.pick("A file is too damaged to read on.", "ファイルが壊れていて読み進められません。"),
      style: style, hasScript: true
    ).text(body, values)
  }

  /// What stands on the page whatever was found.
  private static func labels(_ words: AuditWords, _ report: AuditReport) -> [String: Any] {
    [
      "findingsHeading": words.pick("Findings", "所見"),
      "nothing": words.pick(
        "Nothing is wrong with this checkpoint as far as the checks can see.",
        "検査した範囲では、このチェックポイントに問題はありません。"),
      "found": words.pick("found", "根拠"), "sure": words.pick("sure", "確度"),
      "costs": words.pick("costs", "影響"), "do": words.pick("do", "対処"),
      "run": words.pick("Run on a little text:", "短い文での実行結果："),
      "loadersHeading": words.pick("What loaders will make of it", "各ローダーでの扱い"),
      "loadersNote": words.pick(
        "By the rules of their sources; no loader was run.",
        "各ローダーのソースコードの規則による判定です。実際には動かしていません。"),
      "coverageHeading": words.pick("What was looked at", "検査した範囲"),
      "all": words.pick("everything, one by one", "全項目"),
      "modulesHeading": words.pick(
        "\(report.modules.count) modules", "モジュール \(report.modules.count) 個"),
    ]
  }

  private static func finding(_ finding: AuditFinding, _ words: AuditWords) -> [String: Any] {
    let tone =
      switch finding.level {
      case .defective: "warning"
      case .suspect: "result"
      case .note: "note"
      }
    var values: [String: Any] = [
      "tone": tone, "level": words.level(finding.level), "defect": finding.defect.rawValue,
      "evidence": words.text(finding.evidence), "cost": words.text(finding.cost),
      "remedy": words.text(finding.remedy),
    ]
    if let certainty = words.certainty(finding) { values["certainty"] = certainty }
    if !finding.modules.isEmpty {
      values["where"] = [
        "count": words.pick("in \(finding.modules.count) places", "\(finding.modules.count) 箇所"),
        "names": finding.modules.joined(separator: "\n"),
      ]
    }
    return values
  }

  private static func coverage(_ coverage: AuditCoverage, _ words: AuditWords) -> String {
    let rows = coverage.items.map { item -> [TableMarkup.Cell] in
      [
        .text(item.name, style: "name"), .text(words.look(item.look)),
        .text(words.text(item.result)),
      ]
    }
    return TableMarkup.table(
      [
        (words.pick("tensor or file", "テンソル・ファイル"), "", false),
        (words.pick("looked at", "検査方法"), "", false), (words.pick("result", "結果"), "", false),
      ], rows)
  }

  private static func loader(_ loader: LoaderReport, _ words: AuditWords) -> [String: Any] {
    [
      "name": loader.loader,
      "loads": loader.loads ? words.pick("loads", "読める") : words.pick("refuses", "拒否"),
      "why": words.why(loader), "source": loader.source,
    ]
  }

  private static func table(_ modules: [ModuleAudit], _ words: AuditWords) -> String {
    let hasBase = modules.contains { $0.weightError != nil }
    let hasOutput = modules.contains { $0.outputError != nil }
    let wrapped = words.pick("wrapped", "オーバーフロー")
    let ofRTN = words.pick("of RTN", "RTN")
    let same = words.pick("the same of round-to-nearest", "最近接丸めの場合")
    typealias Column = (title: String, help: String, value: (ModuleAudit) -> Double?)
    var columns: [Column] = [
      (
        words.pick("code entropy", "コードのエントロピー"),
        words.pick("bits; at most the width of a code", "ビット。最大で量子化コードのビット数"),
        { $0.codeEntropy }
      ),
      (
        words.pick("end rate", "両端の割合"),
        words.pick("share of codes at either end of the grid", "グリッド両端の量子化コードの割合"),
        { $0.endRate }
      ),
      (
        words.pick("scale coupling", "スケールの相関"),
        words.pick(
          "correlation of scales with the spread of their codes: near -1 in health",
          "スケールと量子化コードの広がりの相関。正常なら -1 付近"),
        { $0.scaleCoupling }
      ),
    ]
    if hasBase {
      columns += [
        (words.pick("weight error", "重みの誤差"), "‖W − Wq‖/‖W‖", { $0.weightError }),
        (ofRTN, same, { $0.rtnWeightError }),
        (
          words.pick("drift", "ずれ"),
          words.pick("of codes from round-to-nearest, in steps", "最近接丸めからの量子化コードのずれ（ステップ）"),
          { $0.drift }
        ),
        (
          words.pick("clip rate", "クリップ率"),
          words.pick("weights more than half a step outside the grid", "グリッドから半ステップを超えて外れる重み"),
          { $0.clipRate }
        ),
        (
          wrapped,
          words.pick("codes that wrapped when they were packed", "パッキング時にオーバーフローした量子化コード"),
          { $0.wrappedCodes.map(Double.init) }
        ),
      ]
    }
    if hasOutput {
      columns += [
        (words.pick("output error", "出力の誤差"), "tr(ΔW H ΔWᵀ)/tr(W H Wᵀ)", { $0.outputError }),
        (ofRTN, same, { $0.rtnOutputError }),
      ]
    }
    let head: [(title: String, help: String, isNumeric: Bool)] =
      [
        (words.pick("module", "モジュール"), "", false),
        (words.pick("shape", "形状"), words.pick("out x in", "出力 x 入力"), false),
      ]
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
    <section id="findings"><h2>{{findingsHeading}}</h2>
    {{#healthy}}<p>{{nothing}}</p>{{/healthy}}
    <ul class="findings">
    {{#findings}}
    <li class="{{tone}}"><h3>{{level}}: {{defect}}</h3><dl>
    <dt>{{found}}</dt><dd>{{evidence}}</dd>
    {{#certainty}}<dt>{{sure}}</dt><dd>{{.}}</dd>{{/certainty}}
    <dt>{{costs}}</dt><dd>{{cost}}</dd>
    <dt>{{do}}</dt><dd>{{remedy}}</dd></dl>
    {{#where}}<details><summary>{{count}}</summary><pre>{{names}}</pre></details>{{/where}}
    </li>
    {{/findings}}
    </ul>
    {{#function}}<p>{{run}} {{.}}.</p>{{/function}}
    </section>
    {{#loaders}}
    <section id="loaders"><h2>{{loadersHeading}}</h2>
    <p class="reading">{{loadersNote}}</p>
    <table class="loads">
    {{#rows}}
    <tr><td>{{name}}</td><td>{{loads}}</td><td>{{why}} <span class="dim">({{source}})</span></td></tr>
    {{/rows}}
    </table></section>
    {{/loaders}}
    {{#coverage}}
    <section id="coverage"><h2>{{coverageHeading}}</h2>
    <p>{{verdict}}.</p>
    <details><summary>{{all}}</summary>
    {{{table}}}
    </details></section>
    {{/coverage}}
    {{#modules}}
    <section id="modules"><h2>{{modulesHeading}}</h2>
    {{{table}}}
    </section>
    {{/modules}}

    """
}
