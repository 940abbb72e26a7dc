import Analysis
import Results

/// The words on and around the plots, in English.
enum PlotWords {
  static let bitsPerWeight = "bits per weight"
  static let layerAxis = "decoder layer"
  static let hiddenErrorAxis = "hidden_error (log)"
  static let kldAxis = "mean KL divergence from the base, nats per token (log)"

  static func perplexityAxis(_ domain: String) -> String {
    domain.isEmpty ? "perplexity" : "perplexity on \(domain)"
  }

  static func baseLabel(_ perplexity: Double) -> String {
    "base \(NumberText.significant(perplexity, 4))"
  }

  static func layer(_ number: Int) -> String { "layer \(number)" }

  // MARK: Legends

  static func roles(_ roles: Set<TrialRole>) -> [LegendEntry] {
    let entries: [(TrialRole, String)] = [
      (.gptq, "GPTQ"), (.rtn, "round-to-nearest, same grid"), (.fault, "packer other than exact"),
    ]
    return entries.filter { roles.contains($0.0) }
      .map { LegendEntry(mark: "key-\($0.0.rawValue)", text: $0.1) }
  }

  static let baseEntry = LegendEntry(mark: "key-base", text: "base model")
  static let frontEntry = LegendEntry(mark: "key-front", text: "size-quality front")
  static let dampLegend = [
    LegendEntry(mark: "key-line-gptq", text: "held-out"),
    LegendEntry(mark: "key-dashed-gptq", text: "calibration"),
    LegendEntry(mark: "key-band-gptq", text: "the gap: fitted to the calibration text alone"),
    LegendEntry(mark: "key-line-rtn", text: "round-to-nearest, held-out"),
  ]

  // MARK: Titles and how to read

  static func sizeQualityTitle(_ findings: Findings) -> String {
    let trials = findings.front.compactMap { findings.results.trial($0) }
    guard let smallest = trials.first, let largest = trials.last, trials.count > 1,
      let low = findings.standings.evaluation(smallest),
      let high = findings.standings.evaluation(largest)
    else { return "What does a bit buy?" }
    return "What does a bit buy? From \(NumberText.significant(smallest.bitsPerWeight, 2)) to "
      + "\(NumberText.significant(largest.bitsPerWeight, 2)) bits per weight, perplexity falls from "
      + "\(NumberText.significant(low.perplexity, 4)) to "
      + NumberText.significant(high.perplexity, 4)
  }

  static func sizeQualityReading(domain: String) -> String {
    "Lower left is better. Bars: ± one standard error of the paired difference to the base, the "
      + "scale on which trials are compared. Labels: the best trial of each size, and trials damaged "
      + "by the packer. Arrows: points above the axis."
  }

  static let heatMapTitle = "Where does the error sit?"
  static func heatMapReading(hasExperts: Bool) -> String {
    "One cell per module, by its relative error on held-out text; both trials on one logarithmic "
      + "scale. \(hasExperts ? "The experts of a layer stand together (*), by their mean. " : "")"
      + "Hover over or tap a cell to see its value; choose other trials from the lists."
  }

  static func heatMapLabel(_ trial: String) -> String {
    "Relative held-out error by layer and module, \(trial)"
  }

  static func worst(_ path: String, _ error: Double) -> String {
    "\(worstPrefix) \(path) \(NumberText.significant(error, 2))"
  }

  static let rampName = "relative error"
  static let worstPrefix = "worst:"

  static func omitted(_ count: Int) -> String {
    count == 0 ? "" : "\(count) more trials are in layers.csv only."
  }

  static func dampTitle(_ findings: Findings) -> String {
    for case .setting(let effect) in findings.all where effect.key == "damp_percent" {
      if effect.groups.allSatisfy(\.losers.isEmpty) {
        return "Does damping matter? No measurable difference in perplexity, on any grid tried"
      }
      let count = effect.groups.filter { !$0.losers.isEmpty }.count
      return "Does damping matter? In perplexity on \(count) of \(effect.groups.count) "
        + (effect.groups.count == 1 ? "combination" : "combinations")
    }
    return "Does damping matter?"
  }

  static let dampReading =
    "Mean relative error over modules against damp_percent, both logarithmic; damp 0 stands left of "
    + "the break. Large mark: the lowest held-out error. Panels of one grid share their scale."

  static let depthTitle = "How does the error grow with depth?"
  static let depthReading =
    "Squared error of the residual stream after each layer over its squared norm, on held-out "
    + "text: the best trial of each size, its round-to-nearest companion, and trials damaged by the packer."

  static let domainTitle = "Does the loss depend on the text?"
  static let domainReading =
    "Further left is nearer to the base. Bars: ± one standard error. A domain that lies far right "
    + "of the others is one that the calibration set does not cover."

  // MARK: Tooltips

  static func tooltip(_ trial: TrialResult, _ names: TrialNames, _ results: StudyResults) -> String
  {
    guard let evaluation = results.mainEvaluation(trial) else { return names.label(trial) }
    var lines = [
      names.label(trial),
      "\(NumberText.significant(trial.bitsPerWeight, 4)) bits per weight, "
        + NumberText.bytes(trial.sizeBytes),
      "perplexity \(NumberText.estimate(evaluation.perplexity, evaluation.perplexityStderr))",
    ]
    if results.mainBase != nil {
      lines.append(
        "ΔNLL \(NumberText.estimate(evaluation.nllDelta, evaluation.nllDeltaStderr, signed: true))")
      lines.append("KL \(NumberText.estimate(evaluation.kldMean, evaluation.kldStderr))")
    }
    return lines.joined(separator: "\n")
  }

  static func dampTooltip(_ point: DampPlot.Point, _ names: TrialNames) -> String {
    "\(names.label(point.trial))\ncalibration \(NumberText.significant(point.calibration, 3))\n"
      + "held-out \(NumberText.significant(point.heldout, 3)) "
      + "(\(NumberText.significant(point.heldout / point.calibration, 3)) ×)"
  }

  static func depthTooltip(_ line: DepthPlot.Line, _ names: TrialNames) -> String {
    let last = line.points.last.map { NumberText.significant($0.error, 2) } ?? ""
    return "\(names.label(line.trial)): \(last) after the last layer"
  }

  static func domainTooltip(_ mark: DomainPlot.Mark, _ names: TrialNames) -> String {
    "\(names.label(mark.trial)) on \(mark.domain)\nKL \(NumberText.estimate(mark.kld, mark.stderr))"
  }
}
