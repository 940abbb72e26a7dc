import Basics
import Calib
import CalibStore
import Foundation
import GPTQ
import Model
import Results

/// What a sweep will take in memory, on disk and in time, from config.json and the settings alone:
/// the weights need not be there.
public struct PassEstimate: Sendable {
  /// Memory at the peak.
  public let memory: MemoryPlan
  /// Floating-point operations.
  public let cost: PassCost
  /// Tokens of each calibration window, and whether they were assumed.
  public let calibration: (windows: [Int], isAssumed: Bool)
  /// Bytes of the base model that are read, as 16-bit weights.
  public let readBytes: Int
  /// Bytes of a saved pass beside the study.
  public let savedBytes: Int
  /// Bytes of the checkpoint of each trial, should it be written.
  public let checkpointBytes: [Int]
  /// Decoder layers.
  public let layers: Int

  /// An estimate of `trials`, which are run in one pass, as `file` says.
  public init(
    _ file: SweepFile, trials: [TrialResult], memoryBudget: Int? = nil
  ) throws(InputError) {
    let config = try ModelConfig(directory: HubCache().model(file.model))
    for trial in trials { try config.check(trial.config) }
    let known = Self.windows(of: file.calibration)
    let windows = known ?? [Int](repeating: 2048, count: 128)
    self.init(
      config, calibration: windows, evaluation: file.evaluationWindows, trials: trials,
      isAssumed: known == nil, memoryBudget: memoryBudget)
  }

  /// An estimate for a model of `config` and windows of these numbers of tokens.
  public init(
    _ config: ModelConfig, calibration windows: [Int], evaluation domains: [[Int]],
    trials: [TrialResult], isAssumed: Bool = false, memoryBudget: Int? = nil
  ) {
    let configs = trials.map(\.config)
    memory = MemoryPlan(
      config: config, calibration: [windows], evaluation: domains, trials: configs,
      budget: memoryBudget)
    let own = PassCost.Load(windows: windows)
    let isShared = configs.contains { $0.propagation == .shared }
    cost = PassCost(
      config: config, calibration: isShared ? own : PassCost.Load(),
      evaluation: PassCost.Load(windows: domains.joined()),
      trials: trials.map {
        PassCost.Member(
          number: $0.number, config: $0.config,
          own: $0.config.propagation == .quantized ? own : PassCost.Load())
      })
    calibration = (windows, isAssumed)
    let tokens = windows.reduce(0, +)
    let heldout = domains.joined().reduce(0, +)
    let quantized = configs.count { $0.propagation == .quantized }
    savedBytes =
      4 * config.hiddenSize
      * ((isShared ? tokens : 0) + quantized * tokens + (trials.count + 1) * heldout)
    let embeddings =
      config.vocabularySize * config.hiddenSize * (config.tiesEmbeddings ? 1 : 2)
    readBytes = 2 * (config.linearParameters + embeddings)
    checkpointBytes = configs.map(config.checkpointBytes(of:))
    layers = config.layers
  }

  /// The numbers of tokens of a calibration set's windows; nil where the set is not there yet.
  private static func windows(of calibration: String) -> [Int]? {
    let url = URL(fileURLWithPath: calibration)
    guard FileManager.default.fileExists(atPath: url.path),
      ["sqlite", "db", "sqlite3"].contains(url.pathExtension.lowercased())
    else { return nil }
    return try? CalibrationSet.read(from: url).windows.map(\.count)
  }
}

extension SweepFile {
  /// The numbers of tokens of each domain's windows, where the texts are as long as is asked for, and of
  /// the prompts at most; tenbin's own prompts are too short to count.
  var evaluationWindows: [[Int]] {
    heldout.map { _ in [Int](repeating: context, count: max(1, heldoutTokens / context)) }
      + [(prompts ?? []).map { min(context, $0.utf8.count + 1) }].filter { !$0.isEmpty }
  }
}
