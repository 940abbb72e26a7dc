import Analysis
import Results

/// The words of the page itself, in English: headings, table columns, the environment block.
enum PageWords {
  static let language = "en"
  static let findings = "Findings"
  static let trials = "Trials"
  static let domains = "Scores by domain"
  static let environment = "How this was measured"
  static let sweepFile = "sweep.yaml as run"
  static let data = "data (CSV)"
  static let trialPicker = "trial"
  static let best = "best of its size"

  static func title(_ environment: StudyEnvironment) -> String {
    environment.model.isEmpty ? "Quantization study" : "\(environment.model), quantized"
  }

  static func summary(_ findings: Findings) -> String {
    let results = findings.results
    let environment = results.environment
    let companions = results.trials.filter(\.isRTN).count
    let repeats = results.trials.count { $0.draw > 0 }
    let solved = results.trials.count - companions - repeats
    var text = "\(solved) GPTQ \(solved == 1 ? "trial" : "trials")"
    if companions > 0 {
      text += " and \(companions) round-to-nearest \(companions == 1 ? "companion" : "companions")"
    }
    if repeats > 0 { text += ", \(repeats) repeats on other calibration draws" }
    if environment.parameters > 0 {
      text +=
        " of \(environment.model.isEmpty ? "a model" : environment.model) "
        + "(\(NumberText.parameters(environment.parameters)) parameters, "
        + "\(NumberText.parameters(environment.quantizedParameters)) of them quantized)"
    }
    if environment.calibrationTokens > 0 {
      text +=
        ", calibrated on \(NumberText.count(environment.calibrationSamples)) samples "
        + "(\(NumberText.count(environment.calibrationTokens)) tokens)"
    }
    if environment.heldoutTokens > 0 {
      text +=
        ", scored on \(NumberText.count(environment.heldoutTokens)) held-out tokens per domain"
    }
    text += "."
    if let base = results.mainBase {
      text +=
        " The base model's perplexity on \(base.domain) is "
        + "\(NumberText.estimate(base.perplexity, base.perplexityStderr))."
    }
    return text + " ± is one standard error: of a perplexity over documents, of a difference over "
      + "windows of text. Differences are called ties within their 95 % interval, over text, "
      + "calibration draws and the number of trials compared, or within "
      + "\(NumberText.brief(Comparison.floatNoise)) nats per token."
  }

  static func trialsNote(_ names: TrialNames) -> String {
    let shared =
      names.shared.isEmpty ? "" : " All GPTQ trials: \(names.shared.joined(separator: ", "))."
    return "Click a heading to sort. ★ marks the best of each size.\(shared) "
      + "Errors are relative, mean over modules."
  }

  /// Heading, explanation, and whether its cells are numbers.
  static let trialColumns: [(title: String, help: String, isNumeric: Bool)] = [
    ("#", "number in the study", true),
    ("settings", "what tells the trial from the others", false),
    ("bits / weight", "scales, zeros and g_idx counted", true),
    ("size", "bytes of the whole checkpoint", true),
    ("perplexity ±", "on the first domain", true),
    ("ΔNLL ± ×10⁻³", "thousandths of a nat per token over the base, paired", true),
    ("KL ± ×10⁻³", "mean KL(base ‖ trial), thousandths of a nat per token", true),
    ("same top, %", "tokens on which both rank the same token first", true),
    ("error, calib.", "mean relative error on calibration inputs", true),
    ("error, held-out", "mean relative error on held-out inputs", true),
    ("rescued", "modules whose solve did not go as asked", true),
    ("time", "seconds this trial added to the pass", true),
  ]

  static func state(_ state: TrialResult.State) -> String { state.rawValue }

  static func environmentRows(_ environment: StudyEnvironment) -> [(String, String)] {
    let rows: [(String, String)] = [
      ("tenbin", environment.toolVersion), ("engine", environment.engine),
      ("machine", environment.machine), ("model", environment.model),
      ("model revision", environment.modelRevision),
      ("model SHA-256", environment.modelHash),
      ("parameters", positive(environment.parameters)),
      ("quantized parameters", positive(environment.quantizedParameters)),
      (
        "base checkpoint",
        environment.baseSizeBytes > 0 ? NumberText.bytes(environment.baseSizeBytes) : ""
      ),
      ("calibration set", environment.calibration),
      ("calibration SHA-256", environment.calibrationHash),
      ("calibration samples", positive(environment.calibrationSamples)),
      ("calibration tokens", positive(environment.calibrationTokens)),
      ("domains", environment.domains.joined(separator: ", ")),
      ("context, blocks convention", positive(environment.context)),
      ("evaluation tokens per domain", positive(environment.heldoutTokens)),
      ("seed", String(environment.seed)), ("started", environment.started),
      (
        "wall time",
        environment.wallSeconds > 0 ? NumberText.duration(environment.wallSeconds) : ""
      ),
    ]
    return rows.filter { !$0.1.isEmpty }
  }

  private static func positive(_ value: Int) -> String {
    value > 0 ? NumberText.count(value) : ""
  }
}
