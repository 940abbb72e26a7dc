import Analysis

/// The findings of a diagnosis as sentences, the most important first.
struct DiagnosisSentences: Sendable {
  /// One sentence and how a reader should take it.
  struct Sentence: Sendable, Equatable {
    let tone: String
    let text: String
  }

  private let diagnosis: Diagnosis
  private let words: DiagnosisWords

  init(_ diagnosis: Diagnosis, _ words: DiagnosisWords) {
    self.diagnosis = diagnosis
    self.words = words
  }

  /// All of them.
  var all: [Sentence] {
    let parts = [verdict, causes, noise, place, hypotheses, measured]
    return parts.flatMap { $0 }
  }

  /// The answer to the page's title, in one sentence.
  var answer: String {
    switch diagnosis.verdict {
    case .regression, .fartherFromBase:
      guard let cause = diagnosis.leadingCause else {
        return words.pick(
          "It is, but no setting can be told to be the cause.",
          "劣るが、原因となる設定は特定できない。")
      }
      let (name, what) = (words.cause(cause.kind), settings(of: cause))
      return cause.isBeyondNoise
        ? words.pick("Because of \(name): \(what).", "原因は\(name)である:\(what)。")
        : words.pick(
          "Probably because of \(name): \(what).", "おそらく\(name)が原因である:\(what)。")
    case .improvement, .nearerToBase:
      return words.pick("No: there is no regression.", "いいえ。劣化はない。")
    case .noise:
      return diagnosis.difference.hasInterval
        ? words.pick(
          "Not as far as can be told: the difference is noise.",
          "差があるとは言えない。誤差の範囲内である。")
        : words.pick(
          "It cannot be told: \(missing) no scatter.", "判断できない。\(missing)ばらつきが分からない。")
    case .identical:
      return words.pick("No: they are the same model.", "いいえ。両者は同じモデルである。")
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
            "\(suspect) is worse than \(baseline): \(interval) nats a token on \(domain)\(values).",
            "\(suspect) は \(baseline) より劣る:\(domain) で \(interval) nat/トークン\(values)。"))
      ]
    case .improvement:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "There is no regression: \(suspect) is better than \(baseline), \(interval) nats a token "
              + "on \(domain)\(values).",
            "劣化はない。\(suspect) は \(baseline) より良い:\(domain) で \(interval) "
              + "nat/トークン\(values)。"))
      ]
    case .fartherFromBase:
      return [
        .init(
          tone: "warning",
          text: words.pick(
            "The text on \(domain) is as likely under both, but \(suspect) has moved further from "
              + "the base: KL divergence \(interval)\(values).",
            "\(domain) の尤度に差はないが、\(suspect) はベースからより離れている:"
              + "KL ダイバージェンス \(interval)\(values)。"))
      ]
    case .nearerToBase:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "There is no regression: on \(domain) both are alike, and \(suspect) is nearer to the "
              + "base, KL divergence \(interval)\(values).",
            "劣化はない。\(domain) では差がなく、\(suspect) のほうがベースに近い:"
              + "KL ダイバージェンス \(interval)\(values)。"))
      ]
    case .noise where !diagnosis.difference.hasInterval:
      return [
        .init(
          tone: "warning",
          text: words.pick(
            "Whether there is a difference cannot be told: \(words.signed(diagnosis.difference.value)) "
              + "nats a token on \(domain)\(values), and \(missing) no scatter. Give more held-out "
              + "text (--heldout-tokens) or more calibration draws (--seeds 3).",
            "差があるかどうかは判断できない:\(domain) で "
              + "\(words.signed(diagnosis.difference.value)) nat/トークン\(values)。\(missing)"
              + "ばらつきが分からない。評価文 (--heldout-tokens) か較正データの抽出 (--seeds 3) を増やすこと。"))
      ]
    case .noise:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "The difference is noise: \(interval) nats a token on \(domain)\(values). Another draw "
              + "of calibration rows or of held-out text could have made it.",
            "差は誤差の範囲内である:\(domain) で \(interval) nat/トークン\(values)。"
              + "較正データや評価文の抽出が変われば生じうる大きさにすぎない。"))
      ]
    case .identical:
      return [
        .init(
          tone: "result",
          text: words.pick(
            "\(suspect) and \(baseline) are the same model: every token scores alike.",
            "\(suspect) と \(baseline) は同じモデルである。全トークンで値が一致する。"))
      ]
    }
  }

  /// What there is one of, where no interval can be estimated.
  private var missing: String {
    diagnosis.difference.stderr.isNaN
      ? words.pick("a single window of text shows", "評価文が 1 窓しかなく、")
      : words.pick("a single calibration draw shows", "較正データの抽出が 1 通りしかなく、")
  }

  private var perplexities: String {
    guard let mine = diagnosis.suspect.main, let theirs = diagnosis.baseline.main else { return "" }
    func text(_ value: Double) -> String { NumberText.significant(value, 4) }
    return words.pick(
      " (perplexity \(text(mine.perplexity)) against \(text(theirs.perplexity)); base "
        + "\(text(mine.basePerplexity)))",
      " (パープレキシティ \(text(mine.perplexity)) 対 \(text(theirs.perplexity))、ベース "
        + "\(text(mine.basePerplexity)))")
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
        .init(tone: "result", text: words.pick("What to do: \(remedy)", "対処:\(remedy)")),
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
              "\(words.cause(cause.kind)) (\(what)) も同じ向きに働く:\(part)。")
            : words.pick(
              "\(capitalized(words.cause(cause.kind))) works against it (\(what)): \(part).",
              "\(words.cause(cause.kind)) (\(what)) は逆向きに働く:\(part)。")))
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
        ? "\(article) \(name) (\(what)): its part is \(share) of the difference, \(part). "
          + "Put back alone, it changes the suspect by \(takes)."
        : "What makes the difference is \(name) (\(what)): its part is \(share), \(part).",
      isRegression
        ? "\(japanese)\(name) (\(what)) である。差の \(share)、\(part) を占める。"
          + "これだけを元に戻すと疑わしい側は \(takes) 変わる。"
        : "差を生んでいるのは\(name) (\(what)) である:差の \(share)、\(part)。")
    if cause.kind == .packing { text += overflow }
    return Sentence(tone: isRegression ? "warning" : "note", text: text)
  }

  /// How sure the difference and its cause are.
  private func certainty(_ cause: Cause) -> Sentence {
    var text =
      cause.isBeyondNoise
      ? words.pick(
        "How sure: the 95 % intervals of the difference and of this part leave 0 out.",
        "確かさ:差とこの寄与の 95 % 区間は、どちらも 0 を含まない。")
      : words.pick(
        "How sure: the 95 % interval of the difference leaves 0 out, that of this part does not. "
          + "More calibration draws (--seeds) would narrow it.",
        "確かさ:差の 95 % 区間は 0 を含まないが、この寄与の区間は 0 を含む。"
          + "較正データの抽出 (--seeds) を増やすと狭まる。")
    if diagnosis.metric == .kld {
      text += words.pick(
        " Only KL divergence tells the two apart; more text (--heldout-tokens) may show it in "
          + "perplexity.",
        "差が見えるのは KL ダイバージェンスだけで、パープレキシティに現れるかはより多くの評価文 "
          + "(--heldout-tokens) が要る。")
    }
    return Sentence(tone: "note", text: text)
  }

  /// Which modules a packer spoilt, and how much of them.
  private var overflow: String {
    let spoilt = diagnosis.modules.filter { $0.suspect.packerChangedCodes > 0 }
      .sorted { $0.suspect.packerChangedCodes > $1.suspect.packerChangedCodes }
    guard let worst = spoilt.first else { return "" }
    let mean =
      spoilt.reduce(0) { $0 + $1.suspect.packerChangedCodes } / Double(spoilt.count)
    let shares = (
      NumberText.percent(mean), NumberText.percent(worst.suspect.packerChangedCodes)
    )
    return words.pick(
      " It changed \(shares.0) of the codes of \(spoilt.count) of \(diagnosis.modules.count) "
        + "modules, most in \(worst.path) (\(shares.1)).",
      " \(diagnosis.modules.count) モジュール中 \(spoilt.count) でコードの \(shares.0) が変わり、"
        + "最大は \(worst.path) (\(shares.1))。")
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
        "It takes two: \(names[0]) and \(names[1]) together cost \(part) beyond what each does "
          + "alone.",
        "二つがそろって効く:\(names[0]) と \(names[1]) の組み合わせは、それぞれ単独の効果を超えて "
          + "\(part) を加える。"))
  }

  /// `bits 8 instead of 4, …`.
  private func settings(of cause: Cause) -> String {
    let parts = diagnosis.factors.filter { cause.factors.contains($0.key) }.map { factor in
      words.pick(
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
    guard !small.isEmpty, diagnosis.verdict != .identical else { return [] }
    let names = words.list(small.map { settings(of: $0) })
    return [
      .init(
        tone: "note",
        text: words.pick(
          "Within noise: \(names).", "誤差の範囲内の要因:\(names)。"))
    ]
  }

  // MARK: Where

  private var place: [Sentence] {
    guard let worst = worstGroup else { return [] }
    let all = diagnosis.difference.value
    var sentences = [
      Sentence(
        tone: "note",
        text: words.pick(
          "It sits mostly in \(worst.name): exchanged alone, these \(worst.modules) modules change "
            + "the baseline by \(words.interval(worst.value(diagnosis.metric))) of "
            + "\(words.signed(all)).",
          "主な場所は \(worst.name) である。この \(worst.modules) モジュールだけを入れ替えると、全体の差 "
            + "\(words.signed(all)) に対して \(words.interval(worst.value(diagnosis.metric))) 変わる。"))
    ]
    if let noise = worst.noiseKLD, noise.value > 0, worst.kld.value > 0 {
      let ratio = worst.kld.value / noise.value
      let text = NumberText.significant(ratio, 2)
      sentences.append(
        .init(
          tone: "note",
          text: ratio > 1.25
            ? words.pick(
              "There the error is badly placed: it moves the model \(text) times as far as random "
                + "noise of the same size.",
              "そこでは誤差の置き場所が悪い。同じ大きさの雑音の \(text) 倍モデルを動かす。")
            : ratio < 0.8
              ? words.pick(
                "There the error is well placed for its size: \(text) of what random noise as large "
                  + "would do. Its size is what hurts.",
                "そこでは誤差の置き場所は良く、同じ大きさの雑音の \(text) 倍で済む。効いているのは誤差の大きさ"
                  + "である。")
              : words.pick(
                "There the error acts like random noise of its size (\(text) times): its size is "
                  + "what hurts.",
                "そこでは誤差は同じ大きさの雑音と同様に働く (\(text) 倍)。効いているのは誤差の大きさである。")))
    }
    return sentences
  }

  /// The layer or kind whose exchange goes furthest the way of the difference.
  private var worstGroup: SwapEffect? {
    let sign = diagnosis.difference.value < 0 ? -1.0 : 1.0
    return diagnosis.groups.filter { sign * $0.value(diagnosis.metric).value > 0 }
      .max {
        sign * $0.value(diagnosis.metric).value < sign * $1.value(diagnosis.metric).value
      }
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
          "\(finding.hypothesis.rawValue) を確認 (\(text.name(finding.hypothesis))):"
            + "\(text.number(number))。"))
    }
  }
}
