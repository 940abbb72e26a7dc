import Analysis

/// The findings of a diagnosis as sentences, the most important first.
struct DiagnosisSentences: Sendable {
  /// One sentence and how a reader should take it.
  struct Sentence: Sendable, Equatable {
    let tone: String
    let text: String
  }

  let diagnosis: Diagnosis
  let words: DiagnosisWords

  init(_ diagnosis: Diagnosis, _ words: DiagnosisWords) {
    self.diagnosis = diagnosis
    self.words = words
  }

  /// All of them.
  var all: [Sentence] {
    let parts = [verdict, tokenizers, causes, noise, place, hypotheses, measured]
    return parts.flatMap { $0 }
  }

  /// The answer to the page's title, in one sentence.
  var answer: String {
    switch diagnosis.verdict {
    case .regression, .fartherFromBase:
      guard let cause = diagnosis.leadingCause else {
        return words.pick(
          "It is, but no single setting could be identified as the cause.",
          "劣化していますが、原因となる設定は特定できませんでした。")
      }
      let (name, what) = (words.cause(cause.kind), settings(of: cause))
      return cause.isBeyondNoise
        ? words.pick("Because of \(name): \(what).", "原因は\(name)です（\(what)）。")
        : words.pick(
          "Probably because of \(name): \(what).", "おそらく\(name)が原因です（\(what)）。")
    case .improvement, .nearerToBase:
      return words.pick("No: there is no regression.", "劣化は認められません。")
    case .noise:
      return diagnosis.difference.hasInterval
        ? words.pick(
          "Not measurably: the difference is within noise.",
          "差があるとは言えません。誤差の範囲内です。")
        : words.pick(
          "Undecided: \(missing) no scatter.", "判断できません。\(missing)ばらつきを推定できません。")
    case .sameScores:
      return words.pick(
        "No: every token scores alike, though the files differ.",
        "劣化は認められません。ファイルは異なりますが、全トークンで値が一致します。")
    case .identical:
      return words.pick("No: they are the same model.", "劣化はありません。両者は同じモデルです。")
    }
  }

  private var measured: [Sentence] { [.init(tone: "note", text: words.measured(diagnosis))] }

  // MARK: The difference

  private var verdict: [Sentence] {
    let (suspect, baseline) = (diagnosis.suspect.name, diagnosis.baseline.name)
    let interval = words.interval(diagnosis.difference)
    let domain = diagnosis.domains.first ?? ""
    let values = perplexities
    switch diagnosis.verdict {
    case .regression:
      return [
        .init(
          tone: "warning",
          text: words.pick(
            "\(suspect) is worse than \(baseline): \(interval) nats per token on \(domain)\(values).",
            "\(suspect) は \(baseline) より劣ります（\(domain) で \(interval) nat/トークン）\(values)。"))
      ]
    case .improvement:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "There is no regression: \(suspect) is better than \(baseline), \(interval) nats per token "
              + "on \(domain)\(values).",
            "劣化は認められません。\(suspect) は \(baseline) より優れています（\(domain) で \(interval) "
              + "nat/トークン）\(values)。"))
      ]
    case .fartherFromBase:
      return [
        .init(
          tone: "warning",
          text: words.pick(
            "Perplexity on \(domain) does not separate the two, but \(suspect) is further from the "
              + "base by KL divergence: \(interval) nats per token\(values).",
            "\(domain) のパープレキシティには差がありませんが、\(suspect) のほうが元モデルから離れています"
              + "（KL ダイバージェンス \(interval) nat/トークン）\(values)。"))
      ]
    case .nearerToBase:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "There is no regression: perplexity on \(domain) does not separate the two, and "
              + "\(suspect) is nearer to the base by KL divergence: \(interval) nats per token\(values).",
            "劣化は認められません。\(domain) のパープレキシティには差がなく、\(suspect) のほうが元モデルに近い値です"
              + "（KL ダイバージェンス \(interval) nat/トークン）\(values)。"))
      ]
    case .noise where !diagnosis.difference.hasInterval:
      return [
        .init(
          tone: "warning",
          text: words.pick(
            "Whether there is a difference is undecided: \(words.signed(diagnosis.difference.value)) "
              + "nats per token on \(domain)\(values), and \(missing) no scatter. Give more held-out "
              + "text (--heldout-tokens) or more calibration draws (--seeds 3).",
            "差があるかどうかは判断できません（\(domain) で "
              + "\(words.signed(diagnosis.difference.value)) nat/トークン）\(values)。\(missing)"
              + "ばらつきを推定できません。評価文（--heldout-tokens）かキャリブレーションデータの抽出（--seeds 3）を増やしてください。"))
      ]
    case .noise:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "The difference is within noise: \(interval) nats per token on \(domain)\(values). Other "
              + "calibration rows or other held-out text could have produced it.",
            "差は誤差の範囲内です（\(domain) で \(interval) nat/トークン）\(values)。"
              + "キャリブレーションデータや評価文の選び方しだいで生じうる程度の差です。"))
      ]
    case .sameScores:
      let (few, count) = (diagnosis.unequalFiles.prefix(3), diagnosis.unequalFiles.count)
      let more =
        count > few.count
        ? words.pick(" and \(count - few.count) more", " ほか \(count - few.count) 件") : ""
      let names = words.list(Array(few)) + more
      return [
        .init(
          tone: "note",
          text: words.pick(
            "Every token scores alike under \(suspect) and \(baseline), but they are not the same: "
              + "\(names). Other loaders, or other text, may tell them apart.",
            "\(suspect) と \(baseline) は全トークンで値が一致しますが、同一ではありません：\(names)。"
              + "別のローダーや別の文章では差が出ることがあります。"))
      ]
    case .identical:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "\(suspect) and \(baseline) are the same model: every token scores alike.",
            "\(suspect) と \(baseline) は同じモデルです。全トークンで値が一致します。"))
      ]
    }
  }

  /// What there is one of, where no interval can be estimated.
  private var missing: String {
    diagnosis.difference.stderr.isNaN
      ? words.pick("a single window of text shows", "評価文が 1 窓しかないため、")
      : words.pick("a single calibration draw shows", "キャリブレーションデータの抽出が 1 通りしかないため、")
  }

  private var perplexities: String {
    guard let mine = diagnosis.suspect.main, let theirs = diagnosis.baseline.main else { return "" }
    func text(_ value: Double) -> String { NumberText.significant(value, 4) }
    return words.pick(
      " (perplexity \(text(mine.perplexity)) against \(text(theirs.perplexity)); base "
        + "\(text(mine.basePerplexity)))",
      "（パープレキシティ \(text(mine.perplexity)) 対 \(text(theirs.perplexity))、元モデル "
        + "\(text(mine.basePerplexity))）")
  }

  // MARK: Causes

  private var causes: [Sentence] {
    guard let leading = diagnosis.leadingCause else { return [] }
    let isRegression =
      diagnosis.verdict == .regression || diagnosis.verdict == .fartherFromBase
    var sentences = [self.leading(leading)]
    if isRegression {
      let remedy = words.remedy(leading.kind, isCheckpoint: diagnosis.suspect.isCheckpoint)
      sentences += [
        .init(tone: "result", text: words.pick("What to do: \(remedy)", "対処：\(remedy)")),
        certainty(leading),
      ]
    }
    if let pair = interaction(of: leading) { sentences.append(pair) }
    for cause in diagnosis.causes.dropFirst() where cause.isBeyondNoise {
      let part = words.interval(cause.value(diagnosis.metric))
      let what = settings(of: cause)
      let isMinor = abs(cause.value(diagnosis.metric).value) < 0.1 * abs(diagnosis.difference.value)
      let tone = isMinor || cause.share < 0 || !isRegression ? "note" : "warning"
      sentences.append(
        .init(
          tone: tone,
          text: cause.share > 0
            ? words.pick(
              "\(capitalized(words.cause(cause.kind))) adds to it (\(what)): \(part).",
              "\(words.cause(cause.kind))（\(what)）も同じ向きに働きます（\(part)）。")
            : words.pick(
              "\(capitalized(words.cause(cause.kind))) works against it (\(what)): \(part).",
              "\(words.cause(cause.kind))（\(what)）は逆向きに働きます（\(part)）。")))
    }
    return sentences
  }

  private func leading(_ cause: Cause) -> Sentence {
    let isRegression =
      diagnosis.verdict == .regression || diagnosis.verdict == .fartherFromBase
    let share = NumberText.percent(cause.share)
    let part = words.interval(cause.value(diagnosis.metric))
    let what = settings(of: cause)
    let takes = words.signed(-cause.reverted(diagnosis.metric))
    let name = words.cause(cause.kind)
    let article = cause.isBeyondNoise ? "The main cause is" : "The likely main cause is"
    let japanese = cause.isBeyondNoise ? "主な原因は" : "おそらく主な原因は"
    var text = words.pick(
      isRegression
        ? "\(article) \(name) (\(what)): it explains \(share) of the difference, \(part). "
          + "Undoing only this setting changes the suspect by \(takes)."
        : "What makes the difference is \(name) (\(what)): it explains \(share), \(part).",
      isRegression
        ? "\(japanese)\(name)（\(what)）です。差の \(share)、\(part) を占めます。"
          + "この設定だけを元に戻すと対象モデルは \(takes) 変わります。"
        : "差を生んでいるのは\(name)（\(what)）です。差の \(share)、\(part) を占めます。")
    if cause.kind == .packing { text += overflow }
    if cause.kind == .making { text += audited }
    return Sentence(tone: isRegression ? "warning" : "note", text: text)
  }

  /// How sure the difference and its cause are.
  private func certainty(_ cause: Cause) -> Sentence {
    var text =
      cause.isBeyondNoise
      ? words.pick(
        "Confidence: the 95 % intervals of the difference and of this part both exclude 0.",
        "確かさ：差とこの寄与の 95 % 区間は、どちらも 0 を含みません。")
      : words.pick(
        "Confidence: the 95 % interval of the difference excludes 0, that of this part does not. "
          + "More calibration draws (--seeds) would narrow it.",
        "確かさ：差の 95 % 区間は 0 を含みませんが、この寄与の区間は 0 を含みます。"
          + "キャリブレーションデータの抽出（--seeds）を増やすと狭まります。")
    if diagnosis.metric == .kld {
      text += words.pick(
        " Only KL divergence tells the two apart; more text (--heldout-tokens) may show it in "
          + "perplexity.",
        "差が検出されたのは KL ダイバージェンスのみです。パープレキシティでも差が出るかを確かめるには、"
          + "評価文を増やしてください（--heldout-tokens）。")
    }
    return Sentence(tone: "note", text: text)
  }

  /// What the suspect's audit says of its linears, the worst first.
  private var audited: String {
    let found = diagnosis.audit.filter { $0.level > .note && !$0.modules.isEmpty }
      .sorted { $0.level > $1.level }
    guard !found.isEmpty else { return "" }
    let names = found.prefix(3).map { finding in
      let more = finding.modules.count - 1
      return finding.defect.rawValue + " (" + finding.modules[0]
        + (more > 0 ? words.pick(" and \(more) more", " ほか \(more) 件") : "") + ")"
    }
    return words.pick(
      " The audit of the suspect finds \(words.list(names)).",
      "対象モデルの監査結果：\(words.list(names))。")
  }

  /// Which modules a packer damaged, and how much of them.
  private var overflow: String {
    let damaged = diagnosis.modules.filter { $0.suspect.packerChangedCodes > 0 }
      .sorted { $0.suspect.packerChangedCodes > $1.suspect.packerChangedCodes }
    guard let worst = damaged.first else { return "" }
    let mean =
      damaged.reduce(0) { $0 + $1.suspect.packerChangedCodes } / Double(damaged.count)
    let shares = (
      NumberText.percent(mean), NumberText.percent(worst.suspect.packerChangedCodes)
    )
    return words.pick(
      " It changed \(shares.0) of the codes of \(damaged.count) of \(diagnosis.modules.count) "
        + "modules, most in \(worst.path) (\(shares.1)).",
      "\(diagnosis.modules.count) モジュール中 \(damaged.count) で量子化コードの \(shares.0) が変わり、"
        + "最大は \(worst.path)（\(shares.1)）です。")
  }

  private func interaction(of cause: Cause) -> Sentence? {
    let sign = diagnosis.difference.value < 0 ? -1.0 : 1.0
    let pair = diagnosis.interactions.first { pair in
      pair.keys.contains { cause.factors.contains($0) }
        && !pair.keys.allSatisfy { cause.factors.contains($0) }
        && sign * pair.value(diagnosis.metric).value > 0.25 * abs(diagnosis.difference.value)
    }
    guard let pair, pair.keys.count == 2 else { return nil }
    let names = pair.keys.map { key in
      "\(key) \(diagnosis.factors.first { $0.key == key }?.suspect ?? "")"
    }
    let part = words.interval(pair.value(diagnosis.metric))
    return Sentence(
      tone: "note",
      text: words.pick(
        "Interaction: combining \(names[0]) with \(names[1]) costs \(part) more than the two "
          + "separate effects add up to.",
        "\(names[0]) と \(names[1]) の交互作用：両方を同時に適用すると、それぞれ単独の効果の和より "
          + "\(part) 悪化します。"))
  }

  /// `bits 8 instead of 4, …`.
  private func settings(of cause: Cause) -> String {
    let parts = diagnosis.factors.filter { cause.factors.contains($0.key) }.map { factor in
      guard factor.suspect != factor.baseline else { return factor.key }
      return words.pick(
        "\(factor.key) \(factor.suspect) instead of \(factor.baseline)",
        "\(factor.key) \(factor.baseline) → \(factor.suspect)")
    }
    return words.list(parts)
  }

  private func capitalized(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  private var noise: [Sentence] {
    let leading = diagnosis.leadingCause?.kind
    let small = diagnosis.causes.filter { !$0.isBeyondNoise && $0.kind != leading }
    guard !small.isEmpty, diagnosis.verdict != .identical, diagnosis.verdict != .sameScores else {
      return []
    }
    let names = words.list(small.map { settings(of: $0) })
    return [
      .init(
        tone: "note",
        text: words.pick(
          "Within noise: \(names).", "誤差の範囲内の要因：\(names)。"))
    ]
  }

  // MARK: Hypotheses

  private var hypotheses: [Sentence] {
    let confirmed = diagnosis.hypotheses.filter {
      $0.status == .confirmed && $0.hypothesis != .evaluationNoise
    }
    return confirmed.compactMap { finding in
      guard let number = finding.numbers.first else { return nil }
      let text = HypothesisWords(words: words)
      return Sentence(
        tone: "note",
        text: words.pick(
          "\(finding.hypothesis.rawValue) confirmed, \(text.name(finding.hypothesis)): "
            + "\(text.number(number)).",
          "\(finding.hypothesis.rawValue) を確認（\(text.name(finding.hypothesis))）："
            + "\(text.number(number))。"))
    }
  }
}
