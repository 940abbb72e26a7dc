import Analysis
import Calib

/// The circumstances of a study, which every report prints.
public struct StudyEnvironment: Sendable, Codable, Equatable {
  /// tenbin's own version.
  public var toolVersion = ""
  /// The engine's summary: BLAS, kernels, threads.
  public var engine = ""
  /// The machine's CPU and operating system.
  public var machine = ""
  /// The model's name on the Hub where it stands in its cache, else its folder's.
  public var model = ""
  /// The commit of a model of the Hub; empty for any other.
  public var modelRevision = ""
  /// SHA-256 over the model's config and weights.
  public var modelHash = ""
  /// Parameters in the model.
  public var parameters = 0
  /// Parameters in the linears that are quantized.
  public var quantizedParameters = 0
  /// Bytes of the unquantized checkpoint.
  public var baseSizeBytes = 0
  /// The calibration set's file name.
  public var calibration = ""
  /// SHA-256 over the calibration set's token ids.
  public var calibrationHash = ""
  /// Calibration windows.
  public var calibrationSamples = 0
  /// Calibration tokens.
  public var calibrationTokens = 0
  /// What the calibration set holds; nil in a study of an older tenbin.
  public var calibrationStatistics: SetStatistics?
  /// Evaluation domains, in the order of sweep.yaml; the first is the main one.
  public var domains: [String] = []
  /// SHA-256 over the domains' token ids; empty in a study of an older tenbin.
  public var heldoutHash = ""
  /// Domains that are not held out, since the calibration set holds of their text; nil in a study of an
  /// older tenbin, which did not look.
  public var heldoutOverlaps: [HeldoutOverlap]?
  /// The domain that trials are ranked on; empty: the first.
  public var metricDomain = ""
  /// What they are ranked by there, an `EvaluationMetric`; empty: perplexity.
  public var metric = ""
  /// The window of the `blocks` convention, in tokens.
  public var context = 0
  /// Evaluation tokens scored per domain.
  public var heldoutTokens = 0
  /// The prompts behind which each model's next tokens are looked at; empty: none, or a study of an older
  /// tenbin.
  public var prompts: [Prompt] = []
  /// The seed of whatever is drawn.
  public var seed = 0
  /// sweep.yaml as it was run.
  public var sweepYAML = ""
  /// When the study began, ISO 8601.
  public var started = ""
  /// Seconds the study took, all runs together.
  public var wallSeconds = 0.0

  /// What the study's trials are ranked by.
  public var rankingMetric: EvaluationMetric { .named(metric) ?? EvaluationMetric.all[0] }

  /// An environment of which nothing is known yet.
  public init() {}
}
