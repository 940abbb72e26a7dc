import Analysis

/// An audit as one self-contained page: verdict and findings first, then what loaders will make of
/// the checkpoint, then every module's measures in a table that sorts.
public enum AuditPage {
  /// The page of `report` on the checkpoint called `name`. It opens in `language`; its reader may
  /// change that.
  public static func text(
    _ report: AuditReport, name: String, toolVersion: String, language: CardLanguage = .en
  ) -> String {
    var values = labels(report).mapValues { $0.html as Any }
    values["findings"] = report.findings.map(finding)
    if report.findings.isEmpty { values["healthy"] = true }
    var places = [HTMLPage.Place(id: "findings", name: ShellWords.findings)]
    if let function = report.function {
      values["function"] = both { $0.function(function) + $0.pick(".", "。") }.html
    }
    if let header = report.header {
      values["loaders"] = ["rows": header.loaders.map(loader)]
      places.append(.init(id: "loaders", name: loadersHeading))
    }
    if !report.coverage.items.isEmpty {
      values["coverage"] = [
        "verdict": both { $0.verdict(report) + $0.pick(".", "。") }.html,
        "table": coverage(report.coverage),
      ]
      places.append(.init(id: "coverage", name: coverageHeading))
    }
    if !report.modules.isEmpty {
      values["modules"] = ["table": TableMarkup.filter + table(report.modules)]
      places.append(.init(id: "modules", name: Bilingual("Modules", "モジュール")))
    }
    return HTMLPage(
      language: language, version: toolVersion,
      title: both {
        $0.pick("\(name): \(report.verdict.rawValue)", "\(name)：\($0.verdict(report.verdict))")
      },
      summary: report.header.map { header in both { $0.header(header) } }
        ?? Bilingual("A file is too damaged to read on.", "ファイルが壊れていて読み進められません。"),
      places: places, style: style
    ).text(body, values)
  }

  /// What an audit says in both languages.
  private static func both(_ text: (AuditWords) -> String) -> Bilingual {
    Bilingual { text(AuditWords(language: $0)) }
  }

  private static let loadersHeading = Bilingual("What loaders will make of it", "各ローダーでの扱い")
  private static let coverageHeading = Bilingual("What was looked at", "検査した範囲")

  /// What stands on the page whatever was found.
  private static func labels(_ report: AuditReport) -> [String: Bilingual] {
    [
      "findingsHeading": ShellWords.findings,
      "nothing": Bilingual(
        "Nothing is wrong with this checkpoint as far as the checks can see.",
        "検査した範囲では、このチェックポイントに問題はありません。"),
      "found": Bilingual("found", "根拠"), "sure": Bilingual("sure", "確度"),
      "costs": Bilingual("costs", "影響"), "do": Bilingual("do", "対処"),
      "run": Bilingual("Run on a little text:", "短い文での実行結果："),
      "loadersHeading": loadersHeading,
      "loadersNote": Bilingual(
        "By the rules of their sources; no loader was run.",
        "各ローダーのソースコードの規則による判定です。実際には動かしていません。"),
      "coverageHeading": coverageHeading, "all": Bilingual("everything, one by one", "全項目"),
      "modulesHeading": Bilingual(
        "\(report.modules.count) modules", "モジュール \(report.modules.count) 個"),
    ]
  }

  private static func finding(_ finding: AuditFinding) -> [String: Any] {
    let tone =
      switch finding.level {
      case .defective: "warning"
      case .suspect: "result"
      case .note: "note"
      }
    var values: [String: Any] = [
      "tone": tone, "level": (both { $0.level(finding.level) } + Bilingual(": ", "：")).html,
      "defect": finding.defect.rawValue, "evidence": both { $0.text(finding.evidence) }.html,
      "cost": both { $0.text(finding.cost) }.html, "remedy": both { $0.text(finding.remedy) }.html,
    ]
    let certainty = CardLanguage.allCases.compactMap {
      AuditWords(language: $0).certainty(finding)
    }
    if certainty.count == 2 { values["certainty"] = Bilingual(certainty[0], certainty[1]).html }
    if !finding.modules.isEmpty {
      values["where"] = [
        "count": Bilingual(
          "in \(finding.modules.count) places", "\(finding.modules.count) 箇所"
        ).html, "names": finding.modules.joined(separator: "\n"),
      ]
    }
    return values
  }

  private static func coverage(_ coverage: AuditCoverage) -> String {
    let rows = coverage.items.map { item -> TableMarkup.Row in
      .init([
        .text(item.name, style: "name"), .text(both { $0.look(item.look) }),
        .text(both { $0.text(item.result) }),
      ])
    }
    return TableMarkup.table(
      [
        .init(Bilingual("tensor or file", "テンソル・ファイル")), .init(Bilingual("looked at", "検査方法")),
        .init(Bilingual("result", "結果")),
      ], rows)
  }

  private static func loader(_ loader: LoaderReport) -> [String: Any] {
    [
      "name": loader.loader,
      "loads": (loader.loads ? Bilingual("loads", "読める") : Bilingual("refuses", "拒否")).html,
      "why": both { $0.why(loader) }.html, "source": loader.source,
    ]
  }

  /// A number of each module, a column.
  private struct Measure {
    let column: TableMarkup.Column
    let isCount: Bool
    let value: (ModuleAudit) -> Double?

    init(
      _ title: Bilingual, _ help: Bilingual, isCount: Bool = false,
      _ value: @escaping (ModuleAudit) -> Double?
    ) {
      column = .init(title, help: help, isNumeric: true)
      self.isCount = isCount
      self.value = value
    }
  }

  private static func measures(_ modules: [ModuleAudit]) -> [Measure] {
    let ofRTN = Bilingual("of RTN", "RTN")
    let same = Bilingual("the same of round-to-nearest", "最近接丸めの場合")
    var measures = [
      Measure(
        Bilingual("code entropy", "量子化コードのエントロピー"),
        Bilingual("bits; at most the width of a code", "ビット。最大で量子化コードのビット数")
      ) { $0.codeEntropy },
      Measure(
        Bilingual("end rate", "両端の割合"),
        Bilingual("share of codes at either end of the grid", "グリッド両端の量子化コードの割合")
      ) { $0.endRate },
      Measure(
        Bilingual("scale coupling", "スケールの相関"),
        Bilingual(
          "correlation of scales with the spread of their codes: near -1 in health",
          "スケールと量子化コードの広がりの相関。正常なら -1 付近")
      ) { $0.scaleCoupling },
    ]
    if modules.contains(where: { $0.weightError != nil }) {
      measures += [
        Measure(Bilingual("weight error", "重みの誤差"), "‖W − Wq‖/‖W‖") { $0.weightError },
        Measure(ofRTN, same) { $0.rtnWeightError },
        Measure(
          Bilingual("drift", "ずれ"),
          Bilingual("of codes from round-to-nearest, in steps", "最近接丸めからの量子化コードのずれ（ステップ）")
        ) { $0.drift },
        Measure(
          Bilingual("clip rate", "クリップ率"),
          Bilingual("weights more than half a step outside the grid", "グリッドから半ステップを超えて外れる重み")
        ) { $0.clipRate },
        Measure(
          Bilingual("wrapped", "オーバーフロー"),
          Bilingual("codes that wrapped when they were packed", "パッキング時にオーバーフローした量子化コード"),
          isCount: true
        ) { $0.wrappedCodes.map(Double.init) },
      ]
    }
    if modules.contains(where: { $0.outputError != nil }) {
      measures += [
        Measure(Bilingual("output error", "出力の誤差"), "tr(ΔW H ΔWᵀ)/tr(W H Wᵀ)") {
          $0.outputError
        },
        Measure(ofRTN, same) { $0.rtnOutputError },
      ]
    }
    return measures
  }

  private static func table(_ modules: [ModuleAudit]) -> String {
    let measures = measures(modules)
    let rows = modules.map { module -> TableMarkup.Row in
      .init(
        [
          .text(module.name, style: "name"),
          .text(module.shape.map { "\($0)" }.joined(separator: " x ")),
        ]
          + measures.map { measure in
            let value = measure.value(module)
            return .number(
              value.map {
                measure.isCount ? NumberText.count(Int($0)) : NumberText.significant($0)
              } ?? "", value)
          })
    }
    return TableMarkup.table(
      [
        .init(Bilingual("module", "モジュール")),
        .init(Bilingual("shape", "形状"), help: Bilingual("out x in", "出力 x 入力")),
      ] + measures.map(\.column), rows)
  }

  private static let style = """
    .findings h3{font-size:16px;margin:0 0 4px}.findings dl{display:grid;\
    grid-template-columns:max-content 1fr;gap:2px 14px;margin:0}.findings dd{overflow-wrap:anywhere}
    .findings .warning::before{content:none}.findings pre{margin:4px 0;max-height:240px}
    .loads{width:100%;max-width:960px}.loads td{white-space:normal;vertical-align:top;\
    overflow-wrap:anywhere}
    @media (max-width:640px){.findings dl{grid-template-columns:1fr}
    .loads tbody,.loads tr{display:block}.loads td{display:inline-block;padding:4px 12px 0 0;border:0}
    .loads td:last-child{display:block;padding:0 0 4px;border-bottom:1px solid var(--grid)}}
    """

  private static let body = """
    <section id="findings"><h2>{{{findingsHeading}}}</h2>
    {{#healthy}}<p>{{{nothing}}}</p>{{/healthy}}
    <ul class="findings">
    {{#findings}}
    <li class="{{tone}}"><h3>{{{level}}}{{defect}}</h3><dl>
    <dt>{{{found}}}</dt><dd>{{{evidence}}}</dd>
    {{#certainty}}<dt>{{{sure}}}</dt><dd>{{{.}}}</dd>{{/certainty}}
    <dt>{{{costs}}}</dt><dd>{{{cost}}}</dd>
    <dt>{{{do}}}</dt><dd>{{{remedy}}}</dd></dl>
    {{#where}}<details><summary>{{{count}}}</summary><pre>{{names}}</pre></details>{{/where}}
    </li>
    {{/findings}}
    </ul>
    {{#function}}<p>{{{run}}} {{{.}}}</p>{{/function}}
    </section>
    {{#loaders}}
    <section id="loaders"><h2>{{{loadersHeading}}}</h2>
    <p class="reading">{{{loadersNote}}}</p>
    <table class="loads">
    {{#rows}}
    <tr><td>{{name}}</td><td>{{{loads}}}</td><td>{{{why}}} <span class="dim">({{source}})</span></td></tr>
    {{/rows}}
    </table></section>
    {{/loaders}}
    {{#coverage}}
    <section id="coverage"><h2>{{{coverageHeading}}}</h2>
    <p>{{{verdict}}}</p>
    <details><summary>{{{all}}}</summary>
    {{{table}}}
    </details></section>
    {{/coverage}}
    {{#modules}}
    <section id="modules"><h2>{{{modulesHeading}}}</h2>
    {{{table}}}
    </section>
    {{/modules}}

    """
}
