import Analysis
import Foundation

/// The words of an audit, in English or Japanese.
struct AuditWords: Sendable {
  let language: CardLanguage

  /// The text of the language.
  func pick(_ english: String, _ japanese: String) -> String {
    language == .en ? english : japanese
  }

  /// A sentence of the audit.
  func text(_ sentence: AuditSentence) -> String {
    var (result, rest, next) = ("", sentence.wording.words[language][...], 0)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      let name = rest[rest.index(after: open)..<close]
      let index = name.isEmpty ? next : (Int(name) ?? 0) - 1
      next += 1
      result += rest[..<open]
      result +=
        sentence.values.indices.contains(index)
        ? text(sentence.values[index]) : String(rest[open...close])
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  private func text(_ value: AuditSentence.Value) -> String {
    switch value {
    case .text(let text): text
    case .sentence(let sentence): text(sentence)
    case .list(let list): list.map(text).joined(separator: pick("; ", "；"))
    }
  }

  // MARK: Labels

  func level(_ level: AuditLevel) -> String {
    switch level {
    case .defective: pick(level.rawValue, "欠陥")
    case .suspect: pick(level.rawValue, "要注意")
    case .note: pick(level.rawValue, "参考")
    }
  }

  func verdict(_ verdict: AuditVerdict) -> String {
    switch verdict {
    case .healthy: pick(verdict.rawValue, "正常")
    case .suspect: pick(verdict.rawValue, "要注意")
    case .defective: pick(verdict.rawValue, "欠陥あり")
    case .incomplete: pick("no defect found in what was looked at", "検査した範囲に欠陥なし")
    }
  }

  func look(_ look: AuditCoverage.Look) -> String {
    switch look {
    case .compared: pick(look.rawValue, "元モデルと比較")
    case .alone: pick(look.rawValue, "単独で検査")
    case .notLooked: pick(look.rawValue, "未検査")
    }
  }

  // MARK: Sentences

  /// The verdict, with what it rests on.
  func verdict(_ report: AuditReport) -> String {
    let counts = report.coverage.counts
    guard !report.coverage.items.isEmpty else {
      return language == .en ? report.verdict.rawValue : verdict(report.verdict)
    }
    var parts: [String] = []
    func count(_ count: Int, _ english: String, _ japanese: String) {
      guard count > 0 else { return }
      parts.append(pick("\(count) \(english)", "\(count) 件を\(japanese)"))
    }
    count(counts.compared, "compared with the base", "元モデルと比較")
    count(counts.alone, "looked at alone", "単独で検査")
    count(counts.notLooked, "not looked at", "未検査")
    let word = verdict(report.verdict)
    return pick(
      "\(word); of all that a loader reads \(parts.joined(separator: ", "))",
      "\(word)（ローダーが読むもののうち、\(parts.joined(separator: "、"))）")
  }

  /// What was not looked at, and why; nil for nothing.
  func notLooked(_ report: AuditReport) -> String? {
    let items = report.coverage.items.filter { $0.look == .notLooked }
    guard !items.isEmpty else { return nil }
    return items.map { pick("\($0.name) (\(text($0.result)))", "\($0.name)（\(text($0.result))）") }
      .joined(separator: pick("; ", "、"))
  }

  /// What the checkpoint computes, in a line.
  func function(_ function: FunctionReport) -> String {
    func shown(_ value: Double) -> String { NumberText.significant(value) }
    let own = shown(function.perplexity)
    guard let base = function.basePerplexity, let divergence = function.divergence,
      let nearest = function.rtnDivergence
    else { return pick("perplexity on plain text \(own)", "平文のパープレキシティ \(own)") }
    return pick(
      "KL divergence from the base \(shown(divergence)) nats per token, round-to-nearest's"
        + " \(shown(nearest)); perplexity on plain text \(own), the base's \(shown(base))",
      "元モデルからの KL ダイバージェンス \(shown(divergence)) nat/トークン（最近接丸めは \(shown(nearest))）、"
        + "平文のパープレキシティ \(own)（元モデルは \(shown(base))）")
  }

  /// What stands in the header, in a line.
  func header(_ header: CheckpointHeader) -> String {
    let dtypes = header.scalesDtypes.sorted { $0.key < $1.key }.map { "\($0.key) x \($0.value)" }
      .joined(separator: ", ")
    let settings =
      "group_size \(header.groupSize), desc_act \(header.descAct), sym \(header.sym),"
      + " \(header.checkpointFormat)"
    let size = NumberText.bytes(header.tensorBytes)
    return pick(
      "\(header.bits) bits, \(settings); scales \(dtypes); \(header.quantizedModules) quantized"
        + " modules, \(header.files) files, \(size)",
      "\(header.bits) ビット、\(settings)、スケール \(dtypes)、量子化モジュール \(header.quantizedModules) 個、"
        + "\(header.files) ファイル、\(size)")
  }

  /// How sure a finding is; nil where it is read or measured outright.
  func certainty(_ finding: AuditFinding) -> String? {
    guard let factor = finding.log10BayesFactor else { return nil }
    guard factor < 100 else {
      return pick("certain (likelihood ratio above 10^100)", "確実（尤度比 10^100 超）")
    }
    let shown = factor < 6 ? NumberText.count(Int(pow(10, factor))) : "10^\(Int(factor))"
    return pick(
      "\(shown) times likelier than in a healthy checkpoint", "正常なチェックポイントの \(shown) 倍の尤度")
  }

  /// The first modules of a finding.
  func modules(_ finding: AuditFinding) -> String? {
    guard !finding.modules.isEmpty else { return nil }
    let more = finding.modules.count - 3
    guard more > 0 else { return finding.modules.joined(separator: ", ") }
    let first = finding.modules.prefix(3).joined(separator: ", ")
    return pick("\(first) and \(more) more", "\(first) ほか \(more) 個")
  }

  /// Why a loader refuses, and what else to know.
  func why(_ loader: LoaderReport) -> String {
    (loader.refusals + loader.remarks).map(text).joined(separator: pick("; ", "；"))
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
