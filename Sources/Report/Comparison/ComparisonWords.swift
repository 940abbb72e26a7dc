import Analysis
import Results

/// The words of a comparison of two studies or trials. In tables and plots they are A and B.
struct ComparisonWords {
  /// What the first is called.
  let first: Bilingual
  /// What the second is called.
  let second: Bilingual

  init(_ first: String, _ second: String) {
    self.first = Bilingual("A: \(first)", "A：\(first)")
    self.second = Bilingual("B: \(second)", "B：\(second)")
    names = (first, second)
  }

  private let names: (String, String)

  static let answer = Bilingual("Answer", "結論")
  static let differences = Bilingual("Differences", "差の一覧")
  static let settings = Bilingual("Settings", "設定の比較")
  static let setting = Bilingual("setting", "設定")
  static let circumstance = Bilingual("circumstance", "条件")
  static let same = Bilingual("same?", "一致")
  static let modules = Bilingual("Modules", "モジュール別の比較")

  var title: Bilingual {
    Bilingual("\(names.0) against \(names.1)", "\(names.0) と \(names.1) の比較")
  }

  var summary: Bilingual {
    Bilingual(
      "A is \(names.0), B is \(names.1). Differences are A minus B: below 0, A is better.",
      "A は \(names.0)、B は \(names.1)。差は A − B で、0 より小さければ A のほうが良い結果です。")
  }

  var note: Bilingual {
    Bilingual(
      "Differences are taken window by window on the same tokens; ± is one standard error over text and "
        + "calibration draws. Where A or B was repeated on other draws, the difference is that of the means.",
      "差は同じトークンの窓ごとに取ったものです。± はテキストとキャリブレーション抽出を合わせた標準誤差。"
        + "別の抽出で再実行したトライアルの差は、再実行の平均どうしの差です。")
  }

  // MARK: Sentences

  func matched(_ count: Int, areSameSettings: Bool) -> Bilingual {
    if count == 0 {
      return Bilingual(
        "No trial of A has a counterpart in B: neither the same settings nor a best of a like size.",
        "A のトライアルに対応するものが B にありません（同じ設定も、近いサイズの最良トライアルもなし）。")
    }
    return areSameSettings
      ? Bilingual(
        "\(count) \(count == 1 ? "trial has" : "trials have") the same settings in both.",
        "両方に同じ設定のトライアルが \(count) 件あります。")
      : Bilingual(
        "No settings are in both. Compared are the best trials of like sizes: \(count) "
          + (count == 1 ? "pair." : "pairs."),
        "同じ設定のトライアルがないため、近いサイズの最良トライアルどうしを比較します（\(count) 組）。")
  }

  func counts(_ verdicts: [Comparison.Verdict]) -> Bilingual {
    let better = verdicts.count { $0 == .better }
    let worse = verdicts.count { $0 == .worse }
    let ties = verdicts.count { $0 == .tie }
    return Bilingual(
      "In KL, A is nearer to the base in \(better), further in \(worse), and ties with B in \(ties).",
      "KL では、A のほうが元モデルに近いものが \(better) 件、遠いものが \(worse) 件、同等が \(ties) 件です。")
  }

  func answer(_ found: Comparison, on domain: String) -> Bilingual {
    let kld = found.metric == .kld
    let nll = NumberText.estimate(found.difference, found.stderr, signed: true)
    let difference =
      kld
      ? Bilingual("A's ", "A の ") + PickWords.amount(.kld, found.difference, found.stderr)
      : Bilingual("NLL \(nll) nats per token", "NLL の差 \(nll) nat/トークン")
    let noise = found.noise.isFinite ? NumberText.significant(found.noise, 3) : NumberText.missing
    let english =
      switch found.verdict {
      case .better: kld ? "A is nearer to the base than B" : "A predicts the text better than B"
      case .worse: kld ? "A is further from the base than B" : "A predicts the text worse than B"
      case .tie:
        kld ? "A and B are tied in KL from the base" : "A and B are tied in perplexity"
      }
    let japanese =
      switch found.verdict {
      case .better: kld ? "A のほうが元モデルに近い結果です" : "A のほうがパープレキシティが低い結果です"
      case .worse: kld ? "A のほうが元モデルから離れています" : "A のほうがパープレキシティが高い結果です"
      case .tie: kld ? "元モデルとの KL は同等です" : "パープレキシティは同等です"
      }
    return Bilingual(
      "\(english): \(difference.en) on \(domain). A difference must exceed \(noise) to be more than "
        + "noise.",
      "\(japanese)（\(domain)、\(difference.ja)）。\(noise) を超える差を有意とみなします。")
  }

  var noDomain: Bilingual {
    Bilingual(
      "Not comparable: A and B have no domain in common.",
      "比較できません：A と B に共通のドメインがありません。")
  }

  func obstacle(_ obstacle: ComparedStudies.Obstacle, on domain: String) -> Bilingual {
    switch obstacle {
    case .notScored:
      Bilingual(
        "Not comparable on \(domain): one of the two was not scored there.",
        "\(domain) では比較できません：一方が評価されていません。")
    case .otherTokens:
      Bilingual(
        "Not comparable on \(domain): they were scored on different tokens. No difference is shown.",
        "\(domain) では比較できません：評価したトークンが異なるため、差は表示しません。")
    case .noWindows:
      Bilingual(
        "Not comparable on \(domain): a study of an older tenbin keeps no scores of single windows.",
        "\(domain) では比較できません：古い tenbin のスタディには窓ごとの値がありません。")
    }
  }

  var otherModel: Bilingual {
    Bilingual(
      "The two quantize different models: KL is measured from each model's own base, and its difference "
        + "is left out.",
      "元モデルが異なります。KL はそれぞれの元モデルからの値なので、差は表示しません。")
  }

  // MARK: Table and plots

  static func verdict(_ verdict: Comparison.Verdict) -> Bilingual {
    switch verdict {
    case .better: Bilingual("A better", "A が良い")
    case .worse: Bilingual("B better", "B が良い")
    case .tie: Bilingual("tie", "同等")
    }
  }

  func columns(isOfTrials: Bool) -> [TableMarkup.Column] {
    let verdict = Bilingual("verdict", "判定")
    let name =
      isOfTrials ? Bilingual("domain", "ドメイン") : Bilingual("trial of A / of B", "A / B のトライアル")
    let perplexity = Bilingual("perplexity", "パープレキシティ")
    let kld = Bilingual(
      "mean KL(base ‖ trial), thousandths of a nat per token", "平均 KL(元モデル ‖ トライアル)、10⁻³ nat/トークン")
    func thousandths(_ title: Bilingual, _ help: Bilingual) -> TableMarkup.Column {
      .init(title, help: help, isNumeric: true, unit: 1e-3)
    }
    return [
      .init(name), .init(Bilingual("bits, A", "ビット、A"), isNumeric: true),
      .init(Bilingual("bits, B", "ビット、B"), isNumeric: true),
      .init(perplexity + Bilingual(", A", "、A"), isNumeric: true),
      .init(perplexity + Bilingual(", B", "、B"), isNumeric: true),
      thousandths(
        Bilingual("NLL, A − B ± ×10⁻³", "NLL、A − B ± ×10⁻³"),
        Bilingual("thousandths of a nat per token, paired", "対応のある差、10⁻³ nat/トークン")),
      .init(verdict), thousandths(Bilingual("KL, A ± ×10⁻³", "KL、A ± ×10⁻³"), kld),
      thousandths(Bilingual("KL, B ± ×10⁻³", "KL、B ± ×10⁻³"), kld),
      thousandths(
        Bilingual("KL, A − B ± ×10⁻³", "KL、A − B ± ×10⁻³"),
        Bilingual("thousandths of a nat per token, paired", "対応のある差、10⁻³ nat/トークン")),
      .init(verdict),
    ]
  }

  func plotTitle(_ metric: DiagnosisMetric) -> Bilingual {
    metric == .kld
      ? Bilingual("Which is nearer to the base?", "どちらが元モデルに近いか")
      : Bilingual("Which predicts the text better?", "どちらがテキストをよく予測するか")
  }

  var plotReading: Bilingual {
    Bilingual(
      "Left of 0, A is better. The bar is what a difference must exceed (95 %, all rows together, and never "
        + "less than float noise): where it reaches 0 the two are tied.",
      "0 より左なら A のほうが良い結果です。横棒は有意とみなす幅（全行合わせて 95 %、浮動小数点の誤差を下回らない）で、"
        + "0 に届く場合は同等です。")
  }

  var plotLegend: [LegendEntry] {
    [
      LegendEntry(mark: "key-gptq", text: Bilingual("A better", "A が良い")),
      LegendEntry(mark: "key-fault", text: Bilingual("B better", "B が良い")),
      LegendEntry(mark: "key-base block", text: Bilingual("tie", "同等")),
    ]
  }

  static func plotAxis(_ metric: DiagnosisMetric) -> Bilingual {
    let name = metric == .kld ? "KL" : "NLL"
    return Bilingual(
      "\(name), A − B, 10⁻³ nats per token", "\(name) の差 A − B、10⁻³ nat/トークン")
  }

  var mapTitle: Bilingual {
    Bilingual("In which modules do they differ?", "どのモジュールで差があるか")
  }

  var mapReading: Bilingual {
    Bilingual(
      "Relative error on held-out text, A over B: magenta where A's is larger, blue where B's is; full "
        + "colour from a factor of 4.",
      "評価テキストでの相対誤差の比 A/B です。赤紫は A、青は B の誤差が大きいセル（4 倍以上で最も濃い）。")
  }

  var moduleColumns: [TableMarkup.Column] {
    let error = Bilingual("relative_error_heldout", "relative_error_heldout")
    return [
      .init(PageWords.module),
      .init(Bilingual("error, A", "誤差、A"), help: error, isNumeric: true),
      .init(Bilingual("error, B", "誤差、B"), help: error, isNumeric: true),
      .init(Bilingual("A over B", "A/B の比"), isNumeric: true),
    ]
  }
}
