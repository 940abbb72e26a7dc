import Analysis
import GPTQ
import Results

/// The findings in English sentences. Another language is another file like this one.
struct FindingWords {
  let findings: Findings
  private var results: StudyResults { findings.results }
  private var standings: Standings { findings.standings }

  /// One finding, as a paragraph of plain sentences.
  func sentence(_ finding: Finding) -> String {
    switch finding {
    case .notHeldOut(let overlaps): return OverlapWords.sentence(overlaps).en
    case .nothingToRank: return "No trial is complete and scored yet: there is nothing to rank."
    case .unfinished(let running, let failed): return unfinished(running, failed)
    case .pruned(let trials):
      return
        "\(list(trials)) \(verb(trials, "was", "were")) stopped on \(verb(trials, "its", "their"))"
        + " way: others of the same size were clearly better by hidden_error."
    case .drawNoise(let noises): return drawNoise(noises)
    case .screening(let verdicts): return screening(verdicts)
    case .notScored(let trials):
      return "\(list(trials)) \(verb(trials, "has", "have")) no finite perplexity and "
        + "\(verb(trials, "is", "are")) left out of every ranking and plot."
    case .noBase:
      return "The base model was not evaluated: no difference is paired, so only wide ones count."
    case .best(let size): return best(size)
    case .front(let trials): return front(trials)
    case .packerRegressions(let regressions): return packer(regressions)
    case .packerHarmless(let trials):
      return "The packer makes no measurable difference in \(list(trials))."
    case .inversion(let larger, let smaller, let comparison):
      return "\(label(larger)) is bigger than \(label(smaller)) and worse: "
        + "\(nats(comparison)). More bits should never lose: look for a fault, not a setting."
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
    let count = size.trials.count
    var text =
      "About \(NumberText.significant(size.middle, 3)) bits per weight (\(count) "
      + "\(count == 1 ? "trial" : "trials")): \(names(trial)) is best at perplexity "
      + NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr)
      + (standings.isRepeated(trial) ? " (the mean of its repeats)" : "")
    if results.mainBase != nil {
      let delta = NumberText.estimate(evaluation.nllDelta, evaluation.nllDeltaStderr, signed: true)
      text +=
        standings.isWorseThanBase(trial)
        ? ", \(delta) nats per token from the base"
        : ", indistinguishable from the base (\(delta) nats per token)"
      text += ", KL \(NumberText.estimate(evaluation.kldMean, evaluation.kldStderr))"
    }
    text += "."
    if !size.ties.isEmpty {
      text += " \(list(size.ties.sorted())) \(verb(size.ties, "ties", "tie")) with it."
    }
    return text
  }

  private func front(_ trials: [Int]) -> String {
    let found = trials.compactMap { number in
      results.trial(number).flatMap { trial in
        standings.evaluation(trial).map { (trial, $0.perplexity) }
      }
    }
    let steps = zip(found, found.dropFirst()).map { smaller, larger in
      "\(NumberText.significant(smaller.0.bitsPerWeight, 3)) → "
        + "\(NumberText.significant(larger.0.bitsPerWeight, 3)) bits per weight (\(names(smaller.0)) → "
        + "\(names(larger.0))) lowers perplexity from \(NumberText.significant(smaller.1, 4)) to "
        + NumberText.significant(larger.1, 4)
    }
    let means = found.contains { standings.isRepeated($0.0) } ? " (means of repeats)" : ""
    return "Worth the extra size: \(steps.joined(separator: "; "))\(means)."
      + " No other step up in size gives a measurable gain."
  }

  private func packer(_ regressions: [PackerRegression]) -> String {
    guard let regression = regressions.first, let trial = results.trial(regression.trial),
      let twin = results.trial(regression.twin)
    else { return "" }
    var text =
      "Packing defect: the \(trial.config.packer.rawValue) packer raises the perplexity of "
      + "\(names(trial)) to \(perplexity(trial)), from \(perplexity(twin)) for #\(twin.number) with "
      + "the same codes packed exactly (\(nats(regression.comparison)))."
    if regression.changedCodes > 0 {
      text +=
        " It changed \(NumberText.percent(regression.changedCodes)) of the codes, up to "
        + "\(NumberText.percent(regression.worstModuleChangedCodes)) in \(regression.worstModule)."
    }
    if let rival = regression.beatenBy.flatMap({ results.trial($0) }) {
      text +=
        " That is worse than Int\(rival.config.quantize.bits) (\(names(rival)), \(perplexity(rival))):"
        + " the cause is the packer, not \(trial.config.quantize.bits)-bit quantization."
    }
    if let others = OtherRegressions(regressions) {
      text +=
        " It also harms \(list(others.trials)), by \(others.nats) nats per token "
        + "(\(others.codes) of the codes)."
    }
    return text
  }

  private func screening(_ verdicts: [ScreeningVerdict]) -> String {
    let parts = verdicts.map { verdict in
      guard let comparison = verdict.comparison else {
        return "\(label(verdict.screened)) stays the best of \(verdict.confirmed)"
      }
      let what =
        comparison.verdict == .tie ? "is ahead by no more than noise" : "overtakes it"
      return "\(label(verdict.screened)) was first, but \(label(verdict.best)) \(what) "
        + "(\(nats(comparison)))"
    }
    return "Run again on their own quantized activations: \(parts.joined(separator: "; "))."
  }

  private func drawNoise(_ noises: [DrawNoise]) -> String {
    let methods = Set(results.draws.map(\.method))
    let source =
      methods == [.rows]
      ? " (other rows of the same sources)"
      : methods == [.bootstrap] ? " (the set's own windows, with replacement)" : ""
    let parts = noises.map { noise in
      let (low, high) = (
        noise.repeatedPerplexities.lowerBound, noise.repeatedPerplexities.upperBound
      )
      let texts = [low, high].map { NumberText.significant($0, 4) }
      return "\(label(noise.trial)) a perplexity of "
        + (texts[0] == texts[1] ? texts[0] : "\(texts[0]) to \(texts[1])")
        + ", where it had \(NumberText.significant(noise.perplexity, 4)) on the set itself"
        + " (\(NumberText.significant(noise.spread, 2)) nats per token from lowest to highest)"
    }
    let count = noises.map(\.repeats.count).max() ?? 0
    let fewer =
      methods == [.bootstrap]
      ? " Resamples repeat windows and so hold less text than the set: they tend to come out worse."
      : ""
    return
      "Noise floor: \(count == 1 ? "another calibration draw" : "\(count) other calibration draws")"
      + "\(source) gave \(join(parts)).\(fewer)"
  }

  private func companions(_ verdict: CompanionVerdict) -> String {
    let total = verdict.wins.count + verdict.ties.count + verdict.losses.count
    var text =
      "GPTQ beats round-to-nearest (RTN) on the same grid in \(verdict.wins.count) of \(total) "
      + "\(total == 1 ? "trial" : "trials"), ties in \(verdict.ties.count), loses in "
      + "\(verdict.losses.isEmpty ? "none" : String(verdict.losses.count))."
    if let widest = verdict.wins.first {
      text += " Widest win: \(label(widest.trial)), \(nats(widest.comparison))."
    }
    if !verdict.losses.isEmpty {
      let losses = verdict.losses.prefix(3).map { "\(label($0.trial)) (\(nats($0.comparison)))" }
      text += " Round-to-nearest is better than \(join(losses))."
    }
    if verdict.modules > 0 {
      text +=
        verdict.modulesWorse == 0
        ? " On held-out text no module is worse than round-to-nearest."
        : " On held-out text \(verdict.modulesWorse) of \(NumberText.count(verdict.modules)) "
          + "modules are worse than round-to-nearest."
    }
    return text
  }

  private func setting(_ effect: SettingEffect) -> String {
    let even = effect.groups.filter(\.losers.isEmpty)
    var parts: [String] = []
    if !even.isEmpty {
      let values = Set(even.flatMap { [$0.bestValue] + $0.ties })
      let ordered = values.sorted { (Double($0) ?? 0, $0) < (Double($1) ?? 0, $1) }
      let scope =
        even.count == effect.groups.count && even.count > 3
        ? "every combination" : join(even.map { grid($0.best) }.uniqued)
      parts.append("\(join(ordered)) make no measurable difference on \(scope)")
    }
    for group in effect.groups where !group.losers.isEmpty {
      let losers = group.losers.map { "\($0.value) (\(nats($0.comparison)))" }
      let ties = group.ties.isEmpty ? "" : " (with \(join(group.ties)) no worse)"
      parts.append("\(group.bestValue)\(ties) beats \(join(losers)) on \(grid(group.best))")
    }
    return "\(effect.key): \(parts.joined(separator: "; "))."
  }

  private func overfitting(_ gap: OverfittingGap) -> String {
    func excess(_ ratio: Double) -> String {
      let percent = NumberText.significant(abs(100 * (ratio - 1)), 2)
      return "\(percent) % \(ratio < 1 ? "lower" : "higher")"
    }
    var text =
      "Fit to the calibration text: error on held-out text is \(excess(gap.median)) than on "
      + "calibration text in the median GPTQ trial"
    if gap.rtnMedian.isFinite {
      text += " (RTN, which fits nothing: \(excess(gap.rtnMedian)))"
    }
    return text + ", and \(excess(gap.widestGap)) in \(label(gap.widest)), where the gap is widest."
  }

  private func unexpected(_ loss: UnexpectedLoss) -> String {
    let places = loss.places.prefix(4).map {
      "\($0.module) of #\($0.trial) (\(NumberText.significant($0.factor, 3)) times)"
    }
    let rest = loss.places.count - places.count
    return "\(loss.places.count) of \(NumberText.count(loss.solves)) solves lost more than "
      + "\(NumberText.significant(UnexpectedLoss.limit, 1)) times what rounding explains "
      + "(expected_loss): \(places.joined(separator: ", "))"
      + (rest > 0 ? " and \(rest) more." : ".")
      + " Their grids clip much, or their Hessians are nearly singular: try more damp or "
      + "calibration text, or leave them out with dynamic."
  }

  private func rescued(_ summary: RescueSummary) -> String {
    let ways: [(SolverPath, String)] = [
      (.double, "factorised in double precision"), (.damped, "given more damp"),
      (.rtn, "fell back to round-to-nearest"), (.pooled, "took all tokens of their layer"),
      (.noTokens, "had no token and were rounded to nearest"), (.failed, "failed"),
    ]
    let counts = ways.compactMap { path, words in
      summary.counts[path].map { "\($0) \(words)" }
    }
    let total = summary.counts.values.reduce(0, +)
    let places = summary.places.prefix(4).map { place in
      "\(place.module) (\(place.trials.count > 4 ? "\(place.trials.count) trials" : list(place.trials)))"
    }
    let rest = summary.places.count - places.count
    return "\(total) of \(NumberText.count(summary.solves)) solves did not go as asked: "
      + "\(join(counts)). Modules: \(places.joined(separator: ", "))"
      + (rest > 0 ? " and \(rest) more." : ".")
  }

  private func unfinished(_ running: [Int], _ failed: [Int]) -> String {
    var parts: [String] = []
    if !failed.isEmpty { parts.append("\(list(failed)) failed") }
    if !running.isEmpty {
      parts.append("\(list(running)) \(verb(running, "is", "are")) not finished")
    }
    return parts.joined(separator: "; ")
      + ": where no sweep is running, the same command goes on where it stopped."
  }

  private func names(_ trial: TrialResult) -> String { findings.names.label(trial) }

  private func label(_ number: Int) -> String {
    results.trial(number).map(names) ?? "#\(number)"
  }

  private func grid(_ number: Int) -> String {
    guard let config = results.trial(number)?.config.quantize else { return "#\(number)" }
    return config.gridName
  }

  private func perplexity(_ trial: TrialResult) -> String {
    guard let evaluation = results.mainEvaluation(trial) else { return NumberText.missing }
    return NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr)
  }

  private func nats(_ comparison: Comparison) -> String {
    guard comparison.metric == .kld else {
      let value = NumberText.estimate(comparison.difference, comparison.stderr, signed: true)
      return "\(value) nats per token"
    }
    return PickWords.amount(comparison.metric, comparison.difference, comparison.stderr).en
  }

  private func list(_ trials: [Int]) -> String {
    trials.count > 8
      ? trials.prefix(6).map { "#\($0)" }.joined(separator: ", ") + " and \(trials.count - 6) more"
      : join(trials.map { "#\($0)" })
  }

  private func verb(_ trials: [Int], _ singular: String, _ plural: String) -> String {
    trials.count == 1 ? singular : plural
  }

  private func join(_ words: [String]) -> String {
    guard words.count > 1, let last = words.last else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}

/// The trials that their packer damaged besides the worst, in ranges.
struct OtherRegressions {
  /// Their numbers.
  let trials: [Int]
  /// How much worse they are, nats per token: `0.036 to 0.071`.
  let nats: String
  /// The codes that changed: `7.2 to 8.0 %`.
  let codes: String

  /// Nil where there is none.
  init?(_ regressions: [PackerRegression], separator: String = " to ") {
    let others = regressions.dropFirst()
    guard !others.isEmpty else { return nil }
    trials = others.map(\.trial).sorted()
    func range(_ values: [Double], _ unit: Double = 1) -> String {
      let ends = [values.min(), values.max()].map { NumberText.significant(($0 ?? .nan) * unit, 2) }
      return ends[0] == ends[1] ? ends[0] : ends[0] + separator + ends[1]
    }
    nats = range(others.map(\.comparison.difference))
    codes = range(others.map(\.changedCodes), 100) + " %"
  }
}

extension [String] {
  /// The texts without repetition, in order.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}

extension Findings {
  /// Everything found in English, most important first.
  public var sentences: [String] {
    all.map { FindingWords(findings: self).sentence($0) }
  }

  /// The best trial of each size as a table for `--format`.
  public var bestPerSizeTable: Table {
    Table(
      columns: [
        .init("bits_per_weight"), .init("trial"), .init("settings"), .init("perplexity"),
        .init("nll_delta"), .init("kld_mean"), .init("draw_spread"), .init("ties"),
      ],
      rows: sizes.compactMap { size in
        guard let trial = results.trial(size.best), let evaluation = standings.evaluation(trial)
        else { return nil }
        let hasBase = results.mainBase != nil
        let spread = standings.drawSpread(trial)
        return [
          .number(trial.bitsPerWeight), .integer(trial.number), .text(names.name(trial)),
          .estimate(evaluation.perplexity, stderr: evaluation.perplexityStderr),
          hasBase
            ? .estimate(evaluation.nllDelta, stderr: evaluation.nllDeltaStderr) : .missing,
          hasBase ? .estimate(evaluation.kldMean, stderr: evaluation.kldStderr) : .missing,
          spread.map { .number($0) } ?? .missing,
          size.ties.isEmpty
            ? .missing : .text(size.ties.map { "#\($0)" }.joined(separator: " ")),
        ]
      })
  }
}
