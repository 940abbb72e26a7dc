import Analysis
import Results

/// Scores of a checkpoint beside its base and round-to-nearest, and where they are from.
public struct CardScores: Sendable {
  /// Who measured them.
  public enum Origin: Sendable, Equatable {
    /// A trial of a study whose model, settings, calibration set and codes are the checkpoint's.
    case trial(Int)
    /// This run, on the checkpoint's files.
    case measured
  }

  /// The scores on one text.
  public struct Row: Sendable, Equatable {
    /// The text's name.
    public var domain: String
    /// The checkpoint's scores.
    public var own: Evaluation
    /// The base's; nil: not measured, and own has no differences.
    public var base: Evaluation?
    /// Those of round-to-nearest on the same grid.
    public var rtn: Evaluation?

    /// Scores on the text called `domain`.
    public init(
      domain: String, own: Evaluation, base: Evaluation? = nil, rtn: Evaluation? = nil
    ) {
      (self.domain, self.own, self.base, self.rtn) = (domain, own, base, rtn)
    }
  }

  /// Who measured them.
  public var origin: Origin
  /// The window, in tokens.
  public var context: Int
  /// tenbin's version, and the engine.
  public var tool: String
  /// SHA-256 over the token ids of all texts; empty: not known.
  public var textHash: String
  /// Texts that the calibration set holds, too.
  public var overlaps: [HeldoutOverlap]
  /// One row a text.
  public var rows: [Row]

  /// Scores of `origin` in windows of `context` tokens.
  public init(
    _ origin: Origin, context: Int, tool: String, textHash: String = "",
    overlaps: [HeldoutOverlap] = [], rows: [Row]
  ) {
    (self.origin, self.context, self.tool) = (origin, context, tool)
    (self.textHash, self.overlaps, self.rows) = (textHash, overlaps, rows)
  }

  /// The scores of `trial` of a study.
  public init(_ trial: TrialResult, of results: StudyResults) {
    let companion = trial.companion.flatMap { results.trial($0) }
    let environment = results.environment
    self.init(
      .trial(trial.number), context: environment.context,
      tool: "tenbin \(environment.toolVersion), \(environment.engine)",
      textHash: environment.heldoutHash, overlaps: environment.heldoutOverlaps ?? [],
      rows: results.allDomains.compactMap { domain in
        // Questions have no perplexity of a text.
        guard let own = trial.evaluation(on: domain), own.accuracy == nil else { return nil }
        return Row(
          domain: domain, own: own, base: results.base.first { $0.domain == domain },
          rtn: companion?.evaluation(on: domain))
      })
  }
}
