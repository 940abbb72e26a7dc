import Analysis
import Results

/// The rules by which the first screen picks, and what a pick's numbers are of.
extension PickWords {
  /// The rule of choice among trials of one size: `Standings.choice`.
  var rule: Bilingual {
    let criteria = standings.criteria.map { metric in
      switch metric {
      case .nll: Bilingual("perplexity", "パープレキシティ")
      case .kld: Self.divergence
      }
    }
    let tie = Bilingual(
      criteria.map { "tie with the lowest \($0.en)" }.joined(
        separator: ", then of these those that "),
      criteria.map { "\($0.ja)が最小のものと同等なトライアル" }.joined(separator: "のうち "))
    let text = Bilingual(
      "Each is chosen from its size's trials: of those that \(tie.en), GPTQ before round-to-nearest, "
        + "then the smallest file, then the simplest recipe.",
      "いずれも同じサイズのトライアルから選びました。\(tie.ja)の中で、最近接丸めより GPTQ、次に最小のファイル、"
        + "次に最も単純な設定の順です。")
    guard !standings.noises.isEmpty else { return text }
    return text
      + Bilingual(
        " One that was repeated on other calibration draws stays the choice until another is better "
          + "beyond noise.",
        "別のキャリブレーション抽出で再実行したトライアルは、誤差を超えて優れたものがない限り選ばれたままです。")
  }

  /// The trials that would do as well as a pick; nothing where there are none.
  func alternatives(_ pick: Picks.Pick) -> Bilingual? {
    guard !pick.ties.isEmpty else { return nil }
    let numbers = pick.ties.sorted().map { "#\($0)" }
    let shown = numbers.prefix(6)
    let more = numbers.count - shown.count
    let names = Bilingual(
      shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : ""),
      shown.joined(separator: "、") + (more > 0 ? " ほか \(more) 件" : ""))
    return Bilingual(
      "#\(pick.trial) ties with \(names.en): any of them would do.",
      "#\(pick.trial) は \(names.ja) と同等で、どれを選んでもかまいません。")
  }

  /// What the badges of the table mean, those that it has.
  var badges: Bilingual? {
    let roles = Picks.Role.allCases.filter { role in picks.ship.contains { $0.roles.contains(role) }
    }
    var parts = roles.map { Self.role($0) + Bilingual(": ", "：") + definition($0) }
    if picks.avoid != nil {
      parts.append(
        Self.avoid
          + Bilingual(
            ": the trial with the gravest fault (\(Self.wrong.en))",
            "：最も重大な問題のあるトライアル（「\(Self.wrong.ja)」を参照）"))
    }
    guard !parts.isEmpty else { return nil }
    return Bilingual(
      parts.map(\.en).joined(separator: "; ") + ".",
      parts.map(\.ja).joined(separator: "。") + "。")
  }

  private func definition(_ role: Picks.Role) -> Bilingual {
    guard results.mainBase != nil else {
      return Bilingual(
        "the size of the lowest perplexity, as no base was scored",
        "パープレキシティが最小のサイズ（元モデルを評価していないため）")
    }
    func limit(_ loss: Double) -> String {
      NumberText.significant(PerplexityChange.percent(loss), 1) + " %"
    }
    let (usable, lossless) = (limit(Picks.usableLoss), limit(Picks.losslessLoss))
    return switch role {
    case .small:
      Bilingual(
        "the smallest size whose choice raises the base's perplexity by at most \(usable), or else the "
          + "one that raises it least",
        "元モデルに対するパープレキシティの上昇が \(usable) 以下である最小のサイズ（なければ上昇が最も小さいもの）")
    case .nearLossless:
      Bilingual(
        "the smallest size of which the upper end of the rise's 95 % interval is at most \(lossless)",
        "上昇の 95 % 区間の上端が \(lossless) 以下である最小のサイズ")
    case .nearest:
      Bilingual(
        "the size that raises perplexity least, as none is near-lossless "
          + "(95 % interval of the rise up to \(lossless))",
        "パープレキシティの上昇が最も小さいサイズ（95 % 区間の上端が \(lossless) 以下のサイズがないため）")
    }
  }

  /// What the checkpoint of a repeated trial itself scored, where its row shows the mean of its repeats;
  /// nil of any other.
  func own(_ trial: TrialResult) -> Bilingual? {
    guard let repeats = standings.noises.first(where: { $0.trial == trial.number })?.repeats.count,
      let evaluation = results.mainEvaluation(trial)
    else { return nil }
    let shown = Bilingual(
      repeats == 1 ? "The value of its repeat." : "Mean of \(repeats) repeats.",
      repeats == 1 ? "再実行の値です。" : "再実行 \(repeats) 回の平均です。")
    guard results.mainBase != nil else {
      let value = NumberText.significant(evaluation.perplexity, 4)
      return shown
        + Bilingual(
          " The checkpoint that this command writes scored perplexity \(value).",
          "このコマンドで書き出すチェックポイント自体のパープレキシティは \(value) です。")
    }
    let values = "\(Self.percent(evaluation)), KL \(Self.thousandths(evaluation))"
    return shown
      + Bilingual(
        " The checkpoint that this command writes scored \(values).",
        "このコマンドで書き出すチェックポイント自体の値は \(values.replacing(", ", with: "、")) です。")
  }

  /// KL divergence from the base, 10⁻³ nats per token, as the table has it.
  static func thousandths(_ evaluation: Evaluation) -> String {
    NumberText.estimate(1000 * evaluation.kldMean, 1000 * evaluation.kldStderr)
  }

  private static let divergence = Bilingual("KL", "KL ")

  /// How a trial is worse than another: `perplexity higher by 3.3 ± 0.6 %`.
  static func amount(_ metric: DiagnosisMetric, _ difference: Double, _ stderr: Double) -> Bilingual
  {
    let isHigher = difference > 0
    let size = abs(difference)
    switch metric {
    case .nll:
      let percent = PerplexityChange.percent(difference)
      let value = NumberText.estimate(abs(percent), (100 + percent) * stderr) + " %"
      return Bilingual(
        "perplexity \(isHigher ? "higher" : "lower") by \(value)",
        "パープレキシティが \(value) \(isHigher ? "高い" : "低い")")
    case .kld:
      let value = NumberText.estimate(size, stderr)
      return Bilingual(
        "KL \(isHigher ? "higher" : "lower") by \(value) nats per token",
        "KL が \(value) nat/トークン\(isHigher ? "高い" : "低い")")
    }
  }
}
