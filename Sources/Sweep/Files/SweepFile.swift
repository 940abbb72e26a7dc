import Analysis
import Basics
import Calib
import Codecs
import Foundation
import Results

/// A sweep.yaml in the schema of W&B sweeps: a method, a metric, and parameters that hold one
/// `value`, the `values` to try, or a distribution. tenbin's own settings are parameters too.
public struct SweepFile: Sendable {
  /// The file's text, as it was read.
  public let text: String
  /// The model's folder.
  public var model: String
  /// A calibration set (.sqlite), or a .jsonl to build one from with the defaults.
  public var calibration: String
  /// Held-out text, one domain per file.
  public var heldout: [String]
  /// Questions that are answered by likelihood, one domain per file.
  public var tasks = TaskFiles()
  /// The prompts behind which each model's next tokens are looked at; nil: tenbin's own.
  public var prompts: [String]?
  /// Evaluation tokens per domain.
  public var heldoutTokens = 8192
  /// The window of the `blocks` convention.
  public var context = 512
  /// The seed of whatever is drawn.
  public var seed = 0
  /// How many trials of each size are run again with `propagation: quantized`; above 0 the others are
  /// solved on shared activations, unless the file says on which.
  public var confirm = 0
  /// On how many other calibration draws the best trial of each size is run again.
  public var draws = 3
  /// How trials are chosen.
  public let search: SweepSearch
  /// What trials are ranked by.
  public let metric: SweepMetric
  /// Which trials are stopped on their way; nil: none.
  public let earlyTermination: EarlyTermination?
  /// Keys that W&B's schema has and tenbin reads past.
  public let ignoredKeys: [String]
  /// The trials of the first round that no earlier result decides: all of `grid` and `random`, none
  /// of `bayes`.
  public let trials: [TrialConfig]

  /// Reads and checks a sweep file.
  public init(contentsOf url: URL) throws(InputError) {
    let text = try InputFile.text(
      url, asked: "read the sweep file \(url.path)",
      missing: "give the path of a sweep.yaml; docs/sweeps.md shows one")
    try self.init(text: text, name: url.lastPathComponent)
  }

  /// Parses and checks the text of a sweep file; `name` is what errors call it.
  public init(text: String, name: String) throws(InputError) {
    self.text = text
    let reader = SweepReader(name: name)
    // A key without a value is not given.
    let top = try reader.topLevel(text).filter { !$0.value.isNull }
    try reader.check(
      top.keys.filter { !SweepReader.holdsAnchors($0) }, among: SweepReader.topLevelKeys,
      place: "the top level of \(name)")
    let parameters = try reader.parameters(top["parameters"])

    model = try reader.string(reader.required(parameters, "model"), "model")
    calibration = try reader.string(reader.required(parameters, "calibration"), "calibration")
    guard let files = try reader.fixed(parameters, "heldout") else {
      throw reader.missing("heldout")
    }
    heldout = []
    for file in files { heldout.append(try reader.string(file, "heldout")) }
    if let value = try reader.single(parameters, "heldout_tokens") {
      heldoutTokens = try reader.count(value, "heldout_tokens", 2...1_000_000_000)
    }
    if let value = try reader.single(parameters, "context") {
      context = try reader.count(value, "context", 2...1_048_576)
    }
    if let value = try reader.single(parameters, "seed") {
      seed = try reader.count(value, "seed", 0...Int.max)
    }
    if let value = try reader.single(parameters, "confirm") {
      confirm = try reader.count(value, "confirm", 0...1000)
    }
    if let value = try reader.single(parameters, "calibration_draws") {
      draws = try reader.count(value, "calibration_draws", 0...100)
    }
    guard heldoutTokens >= context else {
      throw reader.wrong(
        "heldout_tokens", "\(heldoutTokens)", "at least one window of context: \(context)")
    }
    tasks = try TaskFiles(parameters, reader)
    prompts = try reader.prompts(parameters)
    metric = try SweepMetric(
      top["metric"], domains: heldout.map(SourceFile.stem),
      tasks: tasks.files.map(SourceFile.stem), reader)
    earlyTermination = try EarlyTermination(top["early_terminate"], reader)
    var usual = TrialConfig()
    if confirm > 0 { usual.propagation = .shared }
    search = try reader.search(top, parameters, usual, seed: seed)
    trials =
      search.method == .bayes ? [] : try search.trials(round: 0, after: [], size: { _ in 0 })
    ignoredKeys = SweepReader.ignoredKeys.filter { top[$0] != nil }
    guard confirm == 0 || screens else {
      throw InputError(
        .usage, asked: "confirm \(confirm) in \(name)",
        found: "propagation is quantized already: there is nothing to confirm",
        hint:
          "leave propagation out, then trials share the base's activations; or leave confirm out")
    }
  }

  /// Whether the file says whose activations trials are solved on.
  public var namesPropagation: Bool {
    search.space.axes.contains { $0.setting.key == "propagation" }
  }

  /// What to say where the file leaves open what costs most; nil: nothing.
  public var propagationNote: String? {
    let several = search.method == .bayes || trials.count > 1
    let couldShare = trials.allSatisfy { !$0.quantize.usesShift }
    guard several, couldShare, !namesPropagation, confirm == 0 else { return nil }
    return "each trial is solved on the activations of its own quantized layers, as quantize does;"
      + " propagation: {value: shared} solves all of them on the base's, in much less time"
  }

  /// Whether trials can be solved on the base's activations.
  private var screens: Bool {
    guard let axis = search.space.axes.first(where: { $0.setting.key == "propagation" }) else {
      return search.space.usual.propagation == .shared
    }
    let shared = JSONValue.string(TrialConfig.Propagation.shared.rawValue)
    return axis.domain.finiteValues?.contains(shared) ?? true
  }
}

extension SweepReader {
  /// The texts of `prompts`; none where that is false, nil where it is not given.
  fileprivate func prompts(
    _ parameters: [String: SearchDomain]
  ) throws(InputError) -> [String]? {
    guard let values = try fixed(parameters, "prompts") else { return nil }
    if values == [.bool(false)] { return [] }
    guard values.count <= PromptSet.most else {
      throw wrong("prompts", "\(values.count) texts", "a list of at most \(PromptSet.most) texts")
    }
    var texts: [String] = []
    for value in values {
      guard case .string(let text) = value, !text.isEmpty else {
        throw wrong(
          "prompts", value.words,
          "a list of texts, in quotes where YAML reads a number in them; or false: none")
      }
      texts.append(text)
    }
    return texts
  }

  /// The method and what bounds it.
  fileprivate func search(
    _ top: [JSONMember], _ parameters: [String: SearchDomain], _ usual: TrialConfig, seed: Int
  ) throws(InputError) -> SweepSearch {
    var search = SweepSearch(try SearchSpace(parameters, usual: usual, self))
    search.method = try choice(top["method"] ?? .string("grid"), "method")
    search.seed = seed
    if let value = top["run_cap"] { search.runCap = try count(value, "run_cap", 1...100_000) }
    if search.method != .grid, search.runCap == nil {
      throw wrong(
        "run_cap", "nothing",
        "how many trials to run, which method: \(search.method.rawValue) needs")
    }
    guard search.method != .bayes || !search.space.searched.contains(where: { $0.key == "preset" })
    else {
      throw wrong("preset", "several values", "one value under method: bayes: it is no one setting")
    }
    if let value = try single(parameters, "batch") {
      guard search.method == .bayes else {
        throw wrong("batch", "\(value)", "the trials of a round of method: bayes; leave it out")
      }
      search.batch = try count(value, "batch", 1...10_000)
    }
    return search
  }
}

extension SweepFile {
  /// The model that the study's own sweep file names; `MODEL` where a study has none.
  public static func model(of results: StudyResults) -> String {
    (try? SweepFile(text: results.environment.sweepYAML, name: "sweep.yaml"))?.model ?? "MODEL"
  }
}
