import Analysis
import Results

/// The words of the first screen: what to ship, why, how sure that is, and what is wrong.
struct PickWords {
  let findings: Findings
  let picks: Picks
  var results: StudyResults { findings.results }
  var standings: Standings { findings.standings }

  init(_ findings: Findings) {
    self.findings = findings
    picks = findings.picks
  }

  static let columns: [Bilingual] = [
    "", Bilingual("trial", "トライアル"), size, change, kld, ties,
  ]
  static let size = Bilingual("size", "サイズ")
  static let change = Bilingual("perplexity against the base", "パープレキシティの変化")
  static let kld = Bilingual("KL, 10⁻³ nats per token", "KL、10⁻³ nat/トークン")
  static let ties = Bilingual("ties with", "同等のトライアル")
  static let base = Bilingual("base", "元モデル")
  static let avoid = Bilingual("do not ship", "出荷しない")
  static let why = Bilingual("Why", "理由")
  static let certainty = Bilingual("How sure", "確かさ")
  static let wrong = Bilingual("What is wrong", "問題点")
  static let bitsPerWeight = Bilingual("bits / weight", "ビット/重み")

  static func role(_ role: Picks.Role) -> Bilingual {
    switch role {
    case .small: Bilingual("small", "小型")
    case .nearLossless: Bilingual("near-lossless", "ほぼ劣化なし")
    case .nearest: Bilingual("nearest to the base", "元モデルに最も近い")
    }
  }

  /// Why these were chosen.
  var reason: Bilingual {
    guard !picks.ship.isEmpty else {
      return Bilingual("No trial can be ranked yet.", "順位をつけられるトライアルがまだありません。")
    }
    let parts = picks.ship.compactMap(reason)
    let why = [
      Bilingual(
        parts.map(\.en).joined(separator: "; ") + ".",
        parts.map(\.ja).joined(separator: "、") + "。"), rule,
    ]
    return (why + picks.ship.compactMap(alternatives)).dropFirst().reduce(why[0]) {
      $0 + Bilingual(" ", "") + $1
    }
  }

  private func reason(_ pick: Picks.Pick) -> Bilingual? {
    guard let trial = results.trial(pick.trial), let evaluation = standings.evaluation(trial)
    else { return nil }
    let name = findings.names.label(trial)
    var share = Bilingual(name)
    if results.environment.baseSizeBytes > 0, trial.sizeBytes > 0 {
      let percent = NumberText.percent(
        Double(trial.sizeBytes) / Double(results.environment.baseSizeBytes))
      share = Bilingual(
        "\(name) takes \(percent) of the base's bytes", "\(name) は元モデルの \(percent) のサイズ")
    }
    guard results.mainBase != nil else {
      let value = NumberText.significant(evaluation.perplexity, 4)
      return share + Bilingual(" at perplexity \(value)", "でパープレキシティ \(value)")
    }
    return share
      + (standings.isWorseThanBase(trial)
        ? Bilingual(
          " and raises perplexity by \(Self.percent(evaluation, signed: false))",
          "でパープレキシティが \(Self.percent(evaluation, signed: false)) 上がります")
        : Bilingual(" and is indistinguishable from it", "で元モデルと区別できません"))
  }

  /// What the numbers rest on.
  var sureness: Bilingual {
    let domain = results.mainDomain ?? ""
    let evaluations = ([results.mainBase] + results.ranked.map { results.mainEvaluation($0) })
      .compactMap { $0 }
    guard !evaluations.isEmpty else {
      return Bilingual("Nothing has been scored yet.", "まだ評価されていません。")
    }
    let tokens = NumberText.count(evaluations.map(\.tokensScored).max() ?? 0)
    if evaluations.contains(where: { $0.accuracy != nil }) {
      return Bilingual(
        "Scored on \(tokens) questions of \(domain), each paired with the base's answer.",
        "\(domain) の \(tokens) 問で評価しました（元モデルの回答と対応づけ）。") + drawNoise
    }
    let windows = evaluations.lazy.compactMap { $0.windows?.tokens.count }.max()
    return Bilingual(
      "Scored on \(tokens) tokens of \(domain)"
        + (windows.map { ", in \($0) windows paired with the base's" } ?? "") + ".",
      "\(domain) の \(tokens) トークン"
        + (windows.map { "（\($0) 個の窓、元モデルと対応づけ）" } ?? "") + "で評価しました。") + drawNoise
  }

  /// How much the calibration draw moved the trials, as far as that is known.
  private var drawNoise: Bilingual {
    let text: Bilingual
    if findings.standings.noises.isEmpty {
      text = Bilingual(
        " The calibration text was drawn once: how much another draw would move the trials is not "
          + "known.",
        "キャリブレーションデータの抽出は 1 回だけなので、抽出による変動は分かりません。")
    } else {
      let moved = standings.noises.map {
        "#\($0.trial) \(NumberText.significant(PerplexityChange.percent($0.spread), 2)) %"
      }
      let draws = standings.noises.map(\.repeats.count).max() ?? 0
      text = Bilingual(
        " From the lowest to the highest perplexity over the calibration set and "
          + "\(draws) more \(draws == 1 ? "draw" : "draws") of it: \(moved.joined(separator: ", ")); "
          + "these trials stand by the mean of their repeats.",
        "元のキャリブレーションデータと、抽出し直した \(draws) 回での変動幅（最小から最大）は "
          + "\(moved.joined(separator: "、")) です（これらの値は再実行の平均）。")
    }
    let floor = NumberText.significant(PerplexityChange.percent(FloatNoise.nll), 1)
    return text
      + Bilingual(
        " No difference below \(floor) % counts.", "\(floor) % 未満の差は差とみなしません。")
  }

  /// What is wrong with the study's texts and its trials.
  var problem: Bilingual {
    for case .notHeldOut(let overlaps) in findings.all {
      return OverlapWords.sentence(overlaps) + Bilingual(" ", "") + trialProblem
    }
    return trialProblem
  }

  private var trialProblem: Bilingual {
    guard let avoid = picks.avoid, let trial = results.trial(avoid.trial) else {
      return picks.ship.isEmpty
        ? Bilingual("Nothing was measured.", "測定結果がありません。")
        : Bilingual(
          "Nothing found: no packer changed a result, no bigger model is worse than a smaller one, "
            + "and round-to-nearest never beats GPTQ.",
          "見つかりませんでした。パッキングによる劣化、サイズの逆転、RTN に劣る GPTQ はありません。")
    }
    let name = findings.names.label(trial)
    switch avoid.fault {
    case .packer(let regression):
      let codes = NumberText.percent(regression.changedCodes)
      let change = Self.amount(regression.comparison)
      let rival = regression.beatenBy.flatMap { results.trial($0) }.map(findings.names.label)
      return Bilingual(
        "The \(trial.config.packer.rawValue) packer changed \(codes) of the codes of \(name): "
          + "\(change.en) than with the same codes packed exactly"
          + (rival.map { ", worse than \($0)" } ?? "") + ".",
        "\(trial.config.packer.rawValue) のパッキングで \(name) の量子化コードの \(codes) が変わり、"
          + "正確にパッキングした場合より\(change.ja)値です"
          + (rival.map { "（\($0) より劣る）" } ?? "") + "。")
    case .notScored:
      return Bilingual(
        "\(name) has no finite perplexity.", "\(name) はパープレキシティが有限値になりません。")
    case .inversion(let smaller, let comparison):
      let other = label(smaller)
      return Bilingual(
        "\(name) is bigger than \(other) and worse (\(Self.amount(comparison).en)): look for a fault, "
          + "not a setting.",
        "\(name) は \(other) より大きいのに劣ります（\(Self.amount(comparison).ja)）。"
          + "設定ではなく不具合を疑ってください。"
      )
    case .losesToRounding(let companion, let comparison):
      return Bilingual(
        "\(name) is worse than round-to-nearest on the same grid, \(label(companion)): "
          + "\(Self.amount(comparison).en).",
        "\(name) は同じグリッドの最近接丸め \(label(companion)) より劣ります（\(Self.amount(comparison).ja)）。")
    case .rounded(let better, let comparison):
      let worse = Self.amount(comparison.metric, -comparison.difference, comparison.stderr)
      return Bilingual(
        "No trial of this study is broken. \(name) is round-to-nearest, and worse than "
          + "\(label(better)) on the same grid: \(worse.en).",
        "このスタディのトライアルに不具合はありません。\(name) は最近接丸めで、同じグリッドの "
          + "\(label(better)) より劣ります（\(worse.ja)）。")
    }
  }

  private func label(_ number: Int) -> String {
    results.trial(number).map(findings.names.label) ?? "#\(number)"
  }

  /// A change of perplexity, `+3.3 ± 0.6 %`.
  static func percent(_ evaluation: Evaluation, signed: Bool = true) -> String {
    let change = PerplexityChange(evaluation)
    return NumberText.estimate(change.percent, change.stderr, signed: signed) + " %"
  }

  private static func amount(_ comparison: Comparison) -> Bilingual {
    amount(comparison.metric, comparison.difference, comparison.stderr)
  }
}
