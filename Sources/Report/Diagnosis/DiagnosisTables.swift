import Analysis

/// The tables of a diagnosis page, as HTML; an empty one is no text at all.
struct DiagnosisTables: Sendable {
  private let diagnosis: Diagnosis
  private let words: DiagnosisWords

  init(_ diagnosis: Diagnosis, _ words: DiagnosisWords) {
    self.diagnosis = diagnosis
    self.words = words
  }

  /// A cell: its text, what it sorts by, and its class.
  private struct Cell {
    let text: String
    let style: String
    var value: Double?

    static func text(_ text: String) -> Cell { Cell(text: text, style: "") }
    static func long(_ text: String) -> Cell { Cell(text: text, style: "wrap") }
    /// A number, in the words of `text`; missing where there is none.
    static func number(_ value: Double?, _ text: (Double) -> String) -> Cell {
      Cell(text: value.map(text) ?? NumberText.missing, style: "num", value: value)
    }
    static func number(_ value: Double?, digits: Int) -> Cell {
      number(value) { NumberText.significant($0, digits) }
    }
  }

  private func interval(_ estimate: Estimate?) -> Cell {
    .number(estimate?.value) { _ in estimate.map(words.interval) ?? "" }
  }

  private func signed(_ value: Double?) -> Cell { .number(value, words.signed) }

  var factors: String {
    table(
      [
        words.pick("setting", "設定"), words.baseline, words.suspect,
        words.pick("part", "寄与"), words.pick("alone", "単独"), words.pick("reverted", "復元"),
      ],
      diagnosis.factors.map { factor in
        let isNLL = diagnosis.metric == .nll
        return [
          .text(factor.key), .text(factor.baseline), .text(factor.suspect),
          interval(factor.value(diagnosis.metric)),
          signed(isNLL ? factor.aloneNLL : factor.aloneKLD),
          signed(factor.reverted(diagnosis.metric)),
        ]
      })
  }

  var scores: String {
    let sides = [(words.suspect, diagnosis.suspect), (words.baseline, diagnosis.baseline)]
    let rows = sides.flatMap { name, side in
      side.evaluations.map { score -> [Cell] in
        [
          .text(name), .text(score.domain), .number(score.perplexity, digits: 4),
          .number(score.basePerplexity, digits: 4),
          .number(score.nllDelta) {
            NumberText.estimate($0, score.nllDeltaStderr, signed: true)
          },
          signed(score.rtnNLLDelta),
          .number(score.kldMean) { NumberText.estimate($0, score.kldStderr) },
          .number(score.rtnKLDMean, digits: 3),
        ]
      }
    }
    return table(
      [
        words.pick("side", "側"), words.pick("domain", "ドメイン"),
        words.pick("perplexity", "パープレキシティ"), words.pick("base", "元モデル"), "ΔNLL",
        words.pick("ΔNLL of RTN", "RTN の ΔNLL"), "KL", words.pick("KL of RTN", "RTN の KL"),
      ], rows)
  }

  var hypotheses: String {
    let text = HypothesisWords(words: words)
    let rows = diagnosis.hypotheses.map { finding -> [Cell] in
      [
        .text(finding.hypothesis.rawValue), .long(text.name(finding.hypothesis)),
        Cell(text: text.status(finding.status), style: "status-\(finding.status.rawValue)"),
        .long(finding.numbers.map(text.number).joined(separator: "\n")),
        .long(finding.status == .notApplicable ? "" : text.next(finding.next)),
      ]
    }
    return table(
      [
        "", words.pick("hypothesis", "仮説"), words.pick("status", "判定"),
        words.pick("decided by", "根拠"), words.pick("measure next", "次の測定"),
      ], rows)
  }

  /// The groups of modules whose swap changes most.
  var groups: String {
    let sorted = diagnosis.groups.enumerated().sorted { left, right in
      let (a, b) = (abs(left.element.kld.value), abs(right.element.kld.value))
      return a != b ? a > b : left.offset < right.offset
    }.prefix(20).map(\.element)
    return table(
      [
        words.pick("group", "まとまり"), words.pick("modules", "モジュール数"),
        words.pick("swapped, ΔNLL", "入れ替え ΔNLL"), words.pick("swapped, ΔKL", "入れ替え ΔKL"),
        words.pick("noise, ΔKL", "雑音 ΔKL"), words.pick("put back, ΔNLL", "戻したとき ΔNLL"),
      ],
      sorted.map { group in
        [
          .text(group.name), .number(Double(group.modules)) { _ in String(group.modules) },
          interval(group.nll),
          interval(group.kld),
          signed(group.noiseKLD?.value),
          signed(group.repairNLL?.value),
        ]
      })
  }

  /// The modules whose swap changes most; where none was swapped by itself, those whose local error
  /// differs most.
  var modules: String {
    let swapped = diagnosis.modules.filter { $0.swap != nil }
    let shown = swapped.isEmpty ? diagnosis.modules : swapped
    let sorted = shown.enumerated().sorted { left, right in
      let (a, b) = (weight(left.element), weight(right.element))
      return a != b ? a > b : left.offset < right.offset
    }.prefix(12).map(\.element)
    let rows = sorted.map { module -> [Cell] in
      [
        .text(module.path),
        interval(module.swap?.kld),
        .number(module.suspect.relativeErrorHeldout, digits: 2),
        .number(module.baseline.relativeErrorHeldout, digits: 2),
        .number(module.suspect.rtnRelativeErrorHeldout, digits: 2),
        .number(module.suspect.packerChangedCodes) { NumberText.percent($0) },
        .number(module.conditionNumber, digits: 2),
        .number(module.suspect.dampPercentUsed, digits: 2),
        .text(module.suspect.solverPath),
      ]
    }
    return table(
      [
        words.pick("module", "モジュール"), words.pick("swapped, ΔKL", "入れ替え ΔKL"),
        words.pick("error, suspect", "誤差（対象モデル）"), words.pick("error, baseline", "誤差（比較元）"),
        words.pick("error of RTN", "RTN の誤差"),
        words.pick("codes changed", "変わった量子化コード"), words.pick("condition", "条件数"), "damp",
        words.pick("path", "経路"),
      ], rows)
  }

  private func weight(_ module: ModuleDifference) -> Double {
    let value =
      module.swap.map { abs($0.kld.value) }
      ?? abs(module.suspect.relativeErrorHeldout - module.baseline.relativeErrorHeldout)
    return value.isFinite ? value : 0
  }

  var audit: String {
    let audits = AuditWords(language: words.language)
    return table(
      [
        words.pick("level", "程度"), words.pick("defect", "欠陥"), words.pick("evidence", "根拠"),
        words.pick("remedy", "対処"),
      ],
      diagnosis.audit.map {
        [
          .text(audits.level($0.level)), .text($0.defect.rawValue),
          .long(audits.text($0.evidence)), .long(audits.text($0.remedy)),
        ]
      })
  }

  var settings: String {
    let theirs = diagnosis.baseline.settings
    let rows = diagnosis.suspect.settings.map { setting -> [Cell] in
      let other = theirs.first { $0.key == setting.key }?.value ?? ""
      let style = other == setting.value ? "" : "status-confirmed"
      return [.text(setting.key), .text(other), Cell(text: setting.value, style: style)]
    }
    return table([words.pick("setting", "設定"), words.baseline, words.suspect], rows)
  }

  /// A table that sorts; a column is one of numbers where all of its cells are.
  private func table(_ columns: [String], _ rows: [[Cell]]) -> String {
    guard !rows.isEmpty else { return "" }
    let heads = columns.enumerated().map { index, title in
      TableMarkup.Column(
        Bilingual(title),
        isNumeric: rows.allSatisfy { index < $0.count && $0[index].style == "num" })
    }
    return TableMarkup.table(
      heads,
      rows.map { row in
        .init(
          row.map { cell in
            cell.style == "num"
              ? .number(cell.text, cell.value) : .text(cell.text, style: cell.style)
          })
      })
  }
}

extension DiagnosisPage {
  /// The ranked causes, for `--format`.
  public static func table(_ diagnosis: Diagnosis) -> Table {
    Table(
      columns: [
        .init("rank"), .init("cause"), .init("settings"), .init("share"), .init("nll_part"),
        .init("nll_low"), .init("nll_high"), .init("kld_part"), .init("beyond_noise"),
      ],
      rows: diagnosis.causes.enumerated().map { index, cause in
        let settings = diagnosis.factors.filter { cause.factors.contains($0.key) }.map {
          "\($0.key): \($0.baseline) -> \($0.suspect)"
        }
        return [
          .integer(index + 1), .text(cause.kind.rawValue),
          .text(settings.joined(separator: ", " as String)), .number(cause.share, .significant(3)),
          .number(cause.nll.value, .significant(3)), .number(cause.nll.low, .significant(3)),
          .number(cause.nll.high, .significant(3)), .number(cause.kld.value, .significant(3)),
          .flag(cause.isBeyondNoise),
        ]
      })
  }
}
