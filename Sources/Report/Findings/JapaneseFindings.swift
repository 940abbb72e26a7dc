import Analysis
import GPTQ
import Results

/// The findings in Japanese sentences: `FindingWords`, in the other language of a page.
struct JapaneseFindings {
  let findings: Findings
  private var results: StudyResults { findings.results }
  private var standings: Standings { findings.standings }

  /// One finding, as a paragraph of plain sentences.
  func sentence(_ finding: Finding) -> String {
    switch finding {
    case .notHeldOut(let overlaps): return OverlapWords.sentence(overlaps).ja
    case .nothingToRank: return "完了して評価されたトライアルがまだないため、順位はつけられません。"
    case .unfinished(let running, let failed): return unfinished(running, failed)
    case .pruned(let trials):
      return "\(list(trials)) は途中で打ち切りました。hidden_error で同じサイズの他のトライアルが明らかに優れていたためです。"
    case .drawNoise(let noises): return drawNoise(noises)
    case .screening(let verdicts): return screening(verdicts)
    case .notScored(let trials):
      return "\(list(trials)) はパープレキシティが有限値でないため、順位と図から除きました。"
    case .noBase: return "元モデルを評価していないため、対応のある差が使えず、大きな差しか判定できません。"
    case .best(let size): return best(size)
    case .front(let trials): return front(trials)
    case .packerRegressions(let regressions): return packer(regressions)
    case .packerHarmless(let trials):
      return "\(list(trials)) では、パッキング方式による測定できる差はありません。"
    case .inversion(let larger, let smaller, let comparison):
      return "\(label(larger)) は \(label(smaller)) より大きいのに劣っています（\(nats(comparison))）。"
        + "ビット数を増やして悪化することは本来ないため、設定ではなく不具合を疑ってください。"
    case .companions(let verdict): return companions(verdict)
    case .setting(let effect): return setting(effect)
    case .overfitting(let gap): return overfitting(gap)
    case .rescued(let summary): return rescued(summary)
    case .unexpectedLoss(let loss): return unexpected(loss)
    case .coverage(let coverage, _): return self.coverage(coverage)
    case .routingDrift(let least, let most): return drift(least, most)
    }
  }

  private func best(_ size: SizeClass) -> String {
    guard let trial = results.trial(size.best), let evaluation = standings.evaluation(trial)
    else { return "" }
    var text =
      "重みあたり約 \(NumberText.significant(size.middle, 3)) ビット（\(size.trials.count) トライアル）："
      + "最良は \(names(trial))、パープレキシティ "
      + NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr)
      + (standings.isRepeated(trial) ? "（再実行の平均）" : "")
    if results.mainBase != nil {
      let delta = NumberText.estimate(evaluation.nllDelta, evaluation.nllDeltaStderr, signed: true)
      text +=
        standings.isWorseThanBase(trial)
        ? "、元モデルとの差 \(delta) nat/トークン" : "、元モデルと区別できません（\(delta) nat/トークン）"
      text += "、KL \(NumberText.estimate(evaluation.kldMean, evaluation.kldStderr))"
    }
    text += "。"
    if !size.ties.isEmpty { text += "\(list(size.ties.sorted())) は同等です。" }
    return text
  }

  private func front(_ trials: [Int]) -> String {
    let found = trials.compactMap { number in
      results.trial(number).flatMap { trial in
        standings.evaluation(trial).map { (trial, $0.perplexity) }
      }
    }
    let steps = zip(found, found.dropFirst()).map { smaller, larger in
      "重みあたり \(NumberText.significant(smaller.0.bitsPerWeight, 3)) → "
        + "\(NumberText.significant(larger.0.bitsPerWeight, 3)) ビット（\(names(smaller.0)) → "
        + "\(names(larger.0))）でパープレキシティが \(NumberText.significant(smaller.1, 4)) から "
        + "\(NumberText.significant(larger.1, 4)) に下がります"
    }
    let means = found.contains { standings.isRepeated($0.0) } ? "（再実行の平均）" : ""
    return "サイズを増やす価値があるのは：\(steps.joined(separator: "、"))\(means)。"
      + "それ以外のサイズの増加では測定できる改善はありません。"
  }

  private func packer(_ regressions: [PackerRegression]) -> String {
    guard let regression = regressions.first, let trial = results.trial(regression.trial),
      let twin = results.trial(regression.twin)
    else { return "" }
    var text =
      "パッキングの不具合：\(trial.config.packer.rawValue) により \(names(trial)) のパープレキシティは "
      + "\(perplexity(trial)) になります。同じ量子化コードを正確にパッキングした #\(twin.number) では "
      + "\(perplexity(twin)) です（\(nats(regression.comparison))）。"
    if regression.changedCodes > 0 {
      text +=
        "量子化コードの \(NumberText.percent(regression.changedCodes))、最大で "
        + "\(regression.worstModule) の \(NumberText.percent(regression.worstModuleChangedCodes)) が変わっています。"
    }
    if let rival = regression.beatenBy.flatMap({ results.trial($0) }) {
      text +=
        "Int\(rival.config.quantize.bits)（\(names(rival))、\(perplexity(rival))）より劣りますが、"
        + "原因はパッキングであり、\(trial.config.quantize.bits) ビット量子化そのものではありません。"
    }
    if let others = OtherRegressions(regressions, separator: " ～ ") {
      text +=
        "ほかに \(list(others.trials)) も \(others.nats) nat/トークン劣化しています"
        + "（量子化コードの \(others.codes)）。"
    }
    return text
  }

  private func screening(_ verdicts: [ScreeningVerdict]) -> String {
    let parts = verdicts.map { verdict in
      guard let comparison = verdict.comparison else {
        return "\(label(verdict.screened)) は \(verdict.confirmed) 件中で最良のまま"
      }
      let what = comparison.verdict == .tie ? "の優位は誤差の範囲内" : "が逆転"
      return "当初は \(label(verdict.screened)) が最良、\(label(verdict.best)) \(what)"
        + "（\(nats(comparison))）"
    }
    return "各トライアル自身の量子化済み活性値での再実行：\(parts.joined(separator: "、"))。"
  }

  private func drawNoise(_ noises: [DrawNoise]) -> String {
    let methods = Set(results.draws.map(\.method))
    let source =
      methods == [.rows] ? "（同じソースの別の行）" : methods == [.bootstrap] ? "（窓の復元抽出）" : ""
    let parts = noises.map { noise in
      let (low, high) = (
        noise.repeatedPerplexities.lowerBound, noise.repeatedPerplexities.upperBound
      )
      let texts = [low, high].map { NumberText.significant($0, 4) }
      return "\(label(noise.trial)) のパープレキシティは "
        + (texts[0] == texts[1] ? texts[0] : "\(texts[0])～\(texts[1])")
        + "、元のデータでは \(NumberText.significant(noise.perplexity, 4))"
        + "（最小と最大の差は \(NumberText.significant(noise.spread, 2)) nat/トークン）"
    }
    let count = noises.map(\.repeats.count).max() ?? 0
    let fewer =
      methods == [.bootstrap] ? "復元抽出では同じ窓が重なり、実質のデータ量が減るため、値が悪くなりがちです。" : ""
    return "ノイズの大きさ：キャリブレーションデータを \(count) 回抽出し直した結果\(source)、\(join(parts))でした。\(fewer)"
  }

  private func companions(_ verdict: CompanionVerdict) -> String {
    let total = verdict.wins.count + verdict.ties.count + verdict.losses.count
    var text =
      "同じグリッドの最近接丸め（RTN）に対し、GPTQ は \(total) トライアル中 \(verdict.wins.count) 件で優れ、"
      + "\(verdict.ties.count) 件で同等、\(verdict.losses.count) 件で劣ります。"
    if let widest = verdict.wins.first {
      text += "最大の差は \(label(widest.trial))、\(nats(widest.comparison))。"
    }
    if !verdict.losses.isEmpty {
      let losses = verdict.losses.prefix(3).map { "\(label($0.trial))（\(nats($0.comparison))）" }
      text += "RTN のほうが優れているのは \(join(losses)) です。"
    }
    if verdict.modules > 0 {
      text +=
        verdict.modulesWorse == 0
        ? "評価テキストで RTN より悪いモジュールはありません。"
        : "評価テキストでは \(NumberText.count(verdict.modules)) モジュール中 \(verdict.modulesWorse) 個が RTN より悪い値です。"
    }
    return text
  }

  private func setting(_ effect: SettingEffect) -> String {
    let even = effect.groups.filter(\.losers.isEmpty)
    var parts: [String] = []
    if !even.isEmpty {
      let values = Set(even.flatMap { [$0.bestValue] + $0.ties })
      let ordered = values.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) }
      var scopes: [String] = []
      for group in even where !scopes.contains(grid(group.best)) { scopes.append(grid(group.best)) }
      let scope =
        even.count == effect.groups.count && even.count > 3 ? "すべての組み合わせ" : join(scopes)
      parts.append("\(scope) では \(join(ordered)) の間に測定できる差はありません")
    }
    for group in effect.groups where !group.losers.isEmpty {
      let losers = group.losers.map { "\($0.value)（\(nats($0.comparison))）" }
      let ties = group.ties.isEmpty ? "" : "（\(join(group.ties)) も同等）"
      parts.append("\(grid(group.best)) では \(group.bestValue)\(ties) が \(join(losers)) より優れています")
    }
    return "\(effect.key)：\(parts.joined(separator: "。"))。"
  }

  private func overfitting(_ gap: OverfittingGap) -> String {
    func excess(_ ratio: Double) -> String {
      "\(NumberText.significant(abs(100 * (ratio - 1)), 2)) % \(ratio < 1 ? "小さく" : "大きく")"
    }
    let rounding =
      gap.rtnMedian.isFinite ? "（適合を行わない RTN では \(excess(gap.rtnMedian))なります）" : ""
    return "キャリブレーションデータへの適合：評価テキストでの誤差は、キャリブレーションデータでの誤差より中央値で "
      + "\(excess(gap.median))なります\(rounding)。最大は \(label(gap.widest)) で \(excess(gap.widestGap))なります。"
  }

  private func unexpected(_ loss: UnexpectedLoss) -> String {
    let places = loss.places.prefix(4).map {
      "#\($0.trial) の \($0.module)（\(NumberText.significant($0.factor, 3)) 倍）"
    }
    let rest = loss.places.count - places.count
    return "\(NumberText.count(loss.solves)) 件の求解のうち \(loss.places.count) 件で、損失が丸めから見込まれる値"
      + "（expected_loss）の \(NumberText.significant(UnexpectedLoss.limit, 1)) 倍を超えています："
      + places.joined(separator: "、") + (rest > 0 ? " ほか \(rest) 件" : "")
      + "。スケールによるクリップが多いか、ヘッセ行列が特異に近い状態です。damp やキャリブレーションデータを増やすか、"
      + "dynamic で対象から外してください。"
  }

  private func rescued(_ summary: RescueSummary) -> String {
    let ways: [(SolverPath, String)] = [
      (.double, "倍精度で分解"), (.damped, "damp を増加"), (.rtn, "最近接丸めで代替"),
      (.pooled, "層の全トークンを使用"), (.noTokens, "トークンがなく最近接丸め"), (.failed, "失敗"),
    ]
    let counts = ways.compactMap { path, words in
      summary.counts[path].map { "\(words) \($0) 件" }
    }
    let total = summary.counts.values.reduce(0, +)
    let places = summary.places.prefix(4).map { place in
      "\(place.module)（\(place.trials.count > 4 ? "\(place.trials.count) トライアル" : list(place.trials))）"
    }
    let rest = summary.places.count - places.count
    return "\(NumberText.count(summary.solves)) 件の求解のうち \(total) 件が指定どおりに進みませんでした："
      + "\(join(counts))。モジュール：\(places.joined(separator: "、"))"
      + (rest > 0 ? " ほか \(rest) 個。" : "。")
  }

  private func unfinished(_ running: [Int], _ failed: [Int]) -> String {
    var parts: [String] = []
    if !failed.isEmpty { parts.append("\(list(failed)) は失敗") }
    if !running.isEmpty { parts.append("\(list(running)) は未完了") }
    return parts.joined(separator: "、") + "です。実行中でなければ、同じコマンドで続きから再開できます。"
  }

  private func coverage(_ coverage: ExpertCoverage) -> String {
    let all = NumberText.count(coverage.experts.count)
    var parts: [String] = []
    if !coverage.unseen.isEmpty {
      let fate =
        coverage.unseen.contains(where: \.isPooled)
        ? "他のエキスパートのトークンで解いています" : "最近接丸めになっています"
      parts.append(
        "\(all) 個のエキスパートのうち \(coverage.unseen.count) 個にキャリブレーショントークンが届かず"
          + "（\(places(coverage.unseen))）、\(fate)")
    }
    let cold = coverage.cold.filter { !$0.isPooled }
    if !cold.isEmpty {
      parts.append(
        "\(cold.count) 個は \(coverage.minTokens) トークン未満で（\(places(cold))）、実質的に最近接丸めです")
    }
    if coverage.cold.count > cold.count {
      parts.append(
        "\(coverage.minTokens) トークン未満の \(coverage.cold.count - cold.count) 個は、層の全エキスパートのトークンで解いています"
      )
    }
    let deficient = coverage.deficient
    if let fewest = deficient.filter({ $0.tokens > 0 }).min(by: { $0.tokens < $1.tokens }) {
      parts.append(
        "\(deficient.count) 個はトークン数が入力次元より少なく、情報のない方向は damp だけで決まります"
          + "（0 を除く最少は層 \(fewest.layer) のエキスパート \(fewest.expert) で \(fewest.tokens)）")
    }
    return parts.joined(separator: "。") + "。"
  }

  private func drift(_ least: RoutingDrift, _ most: RoutingDrift) -> String {
    func share(_ value: Double) -> String { "\(NumberText.significant(100 * value, 2)) %" }
    func text(_ drift: RoutingDrift) -> String {
      "#\(drift.trial) では平均 \(share(drift.mean))、最大 \(share(drift.worst))（層 \(drift.worstLayer)）"
    }
    let trials = least.trial == most.trial ? [least] : [least, most]
    return "元モデルと異なるエキスパートに送られる評価トークンの割合は、\(trials.map(text).joined(separator: "、"))です。"
  }

  /// Experts by layer.
  private func places(_ experts: [ExpertCoverage.Expert]) -> String {
    let layers = Dictionary(grouping: experts, by: \.layer).sorted { $0.key < $1.key }
    let texts = layers.prefix(4).map { layer, experts in
      let numbers = experts.prefix(8).map { String($0.expert) }.joined(separator: ", ")
      return "層 \(layer)：\(numbers)" + (experts.count > 8 ? " ほか \(experts.count - 8) 個" : "")
    }
    let rest = layers.count - texts.count
    return texts.joined(separator: "、") + (rest > 0 ? "、ほか \(rest) 層" : "")
  }

  private func names(_ trial: TrialResult) -> String { findings.names.label(trial) }

  private func label(_ number: Int) -> String {
    results.trial(number).map(names) ?? "#\(number)"
  }

  private func grid(_ number: Int) -> String {
    results.trial(number)?.config.quantize.gridName ?? "#\(number)"
  }

  private func perplexity(_ trial: TrialResult) -> String {
    guard let evaluation = results.mainEvaluation(trial) else { return NumberText.missing }
    return NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr)
  }

  private func nats(_ comparison: Comparison) -> String {
    guard comparison.metric == .kld else {
      let value = NumberText.estimate(comparison.difference, comparison.stderr, signed: true)
      return "\(value) nat/トークン"
    }
    return PickWords.amount(comparison.metric, comparison.difference, comparison.stderr).ja
  }

  private func list(_ trials: [Int]) -> String {
    trials.count > 8
      ? join(trials.prefix(6).map { "#\($0)" }) + " ほか \(trials.count - 6) 件"
      : join(trials.map { "#\($0)" })
  }

  private func join(_ words: [String]) -> String { words.joined(separator: "、") }
}

extension Findings {
  /// Everything found in both languages of a page, most important first.
  var bilingualSentences: [Bilingual] {
    zip(all, sentences).map { finding, english in
      Bilingual(english, JapaneseFindings(findings: self).sentence(finding))
    }
  }
}
