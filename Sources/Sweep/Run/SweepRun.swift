import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results

/// A sweep file carried out: its inputs opened, its trials run round by round, a round being one pass
/// over the model, its study written.
public struct SweepRun: Sendable {
  /// The sweep file.
  public let file: SweepFile
  /// The model and the tokens.
  public var inputs: SweepInputs
  /// What the task of a plan must find: with another model, set or text no study is begun.
  public var planned: StudyEnvironment?

  /// Opens what `file` names.
  public init(_ file: SweepFile, engine: any Engine) throws(InputError) {
    self.file = file
    inputs = try SweepInputs(
      model: file.model, calibration: file.calibration, heldout: file.heldout,
      context: file.context, heldoutTokens: file.heldoutTokens, engine: engine)
    try inputs.add(file.tasks)
    try inputs.add(prompts: file.prompts, context: file.context)
  }

  /// What loaders will say about the settings on this model's shapes, each complaint once.
  public var warnings: [String] {
    var warnings: [String] = []
    for trial in file.trials {
      for warning in inputs.decoder.config.warnings(for: trial)
      where !warnings.contains(warning) {
        warnings.append(warning)
      }
    }
    return warnings
  }

  /// Runs the trials that `study` lacks, and stores them there. A shard runs its part of the search;
  /// what follows from the results of all, confirmations and repeats, is left to a run of the merged
  /// study.
  public func run(
    into study: Study, shard: Shard? = nil, observers: [any PassObserver] = []
  ) throws(InputError) {
    if shard != nil { try file.checkShards() }
    for trial in file.trials {
      try inputs.decoder.config.check(trial)
      try inputs.decoder.config.requireLinears(in: trial)
    }
    try begin(study)
    let model = inputs.decoder.config
    for round in 0..<file.search.rounds {
      let seen = try study.results().trials.filter { $0.role == .search && $0.round < round }
        .map { SearchedTrial(config: $0.config, loss: file.metric.loss(of: $0)) }
      if seen.contains(where: { file.metric.isReached(by: $0.loss) }) { break }
      let configs = try file.search.trials(
        round: round, after: seen, size: model.bitsPerWeight(of:))
      guard !configs.isEmpty else { break }
      let stopping = file.earlyTermination.map { EarlyTerminationObserver(rule: $0, model: model) }
      try pass(
        TrialPlan(configs, round: round), title(round: round), of: study, shard: shard,
        observers: (stopping.map { [$0] } ?? []) + observers)
    }
    if shard == nil {
      let confirmed = file.confirmations(of: try study.results())
      try pass(TrialPlan(confirmed), confirmTitle, of: study, observers: observers)
      // A set of one window has no other draw.
      if inputs.calibration.samples.count > 1 {
        // Where a repeated trial turns out worse than another one, that is repeated, too.
        for _ in 0..<Self.repeatPasses {
          let repeated = file.repeats(of: try study.results())
          guard try pass(TrialPlan(repeated), repeatTitle, of: study, observers: observers)
          else { break }
        }
      }
    }
    try study.finish()
    // One that a crash left after its results were stored.
    PassCheckpoint(beside: study.url, key: "").remove()
  }

  /// What a study of this sweep records.
  public func environment() throws(InputError) -> StudyEnvironment {
    var environment = try inputs.environment(
      context: file.context, heldoutTokens: file.heldoutTokens)
    environment.seed = file.seed
    environment.sweepYAML = file.text
    environment.prompts = inputs.prompts?.prompts ?? []
    environment.metricDomain = file.metric.domain ?? ""
    environment.metric = file.metric.name
    return environment
  }

  /// Begins the study, or checks that it was begun with the same inputs.
  private func begin(_ study: Study) throws(InputError) {
    var environment = try environment()
    if let planned {
      try environment.check(
        against: planned, to: "run a task of a plan",
        hint: { "submit the sweep again with another --plan, or put the \($0) back" })
    }
    if let known = try study.environment() {
      try environment.check(against: known)
      try checkPropagation(of: try study.results())
      // A run that looks at no prompts leaves those of the trials that are there.
      if environment.prompts.isEmpty { environment.prompts = known.prompts }
      environment.started = known.started
      environment.wallSeconds = known.wallSeconds
    }
    try study.save(environment)
  }

  /// Refuses to go on with a study of an older tenbin, whose trials shared the base's activations where
  /// the file did not say: they would all be run again, beside those that are there.
  private func checkPropagation(of study: StudyResults) throws(InputError) {
    let searched = study.trials.filter { $0.role == .search && !$0.isRTN }
    guard !file.namesPropagation, file.confirm == 0, !searched.isEmpty,
      searched.allSatisfy({ $0.config.propagation == .shared })
    else { return }
    throw InputError(
      .usage, asked: "continue a study whose trials were solved on shared activations",
      found: "the sweep file names no propagation, which is quantized",
      hint: "write propagation: {value: shared} into it; or give a new --study")
  }

  /// Runs what the study lacks of `plan`, and stores it; whether there was any.
  @discardableResult
  func pass(
    _ plan: TrialPlan, _ title: PassTitle, of study: Study, shard: Shard? = nil,
    observers: [any PassObserver]
  ) throws(InputError) -> Bool {
    let began = ContinuousClock.now
    let waiting = try study.enter(plan, shard: shard)
    guard !waiting.isEmpty, var environment = try study.environment() else { return false }
    let drawn = CalibrationDraws(
      like: inputs.calibration, count: waiting.map(\.draw).max() ?? 0, seed: file.seed)
    var pass = OnePass(
      decoder: inputs.decoder, engine: inputs.engine,
      streams: [inputs.calibration.windows] + drawn.windows, domains: inputs.domains)
    pass.prompts = inputs.prompts
    pass.groupsAtOnce = inputs.groupsAtOnce
    pass.spectra = SpectrumPlan(lacking: try study.spectra(), for: waiting.map(\.config))
    let passing = waiting.map { PassTrial($0, stream: $0.draw) }
    pass.checkpoint = PassCheckpoint(
      beside: study.url,
      key: pass.key(passing, modelHash: environment.modelHash, note: file.text))
    for observer in observers { observer.titled(title) }
    let numbers = waiting.map(\.number)
    let clock = try ClockObserver(study, title, trials: numbers)
    let writers: [any PassObserver] = [
      clock,
      StudyObserver(study: study, trials: numbers),
      ProgressObserver(
        study, title, trials: numbers, layers: inputs.decoder.config.layers,
        domains: inputs.domains.count),
    ]
    let found = try pass.run(passing, observers: writers + observers)
    let finished = found.trials.map { trial in
      var trial = trial
      trial.sizeBytes = inputs.checkpointBytes(of: trial.config)
      return trial
    }
    environment.wallSeconds += began.duration(to: .now).seconds
    try study.save(
      finished, base: found.base, baseNextTokens: found.baseNextTokens, draws: drawn.draws,
      environment: environment)
    try clock.finish(finished)
    pass.checkpoint?.remove()
    return true
  }

  private func title(round: Int) -> PassTitle {
    let rounds = file.search.rounds
    return PassTitle(
      number: round + 1, count: passes,
      what: rounds == 1 ? "the trials" : "round \(round + 1) of \(rounds)")
  }

  private var confirmTitle: PassTitle {
    PassTitle(
      number: file.search.rounds + 1, count: passes,
      what: "the best again on their own quantized activations")
  }

  private var repeatTitle: PassTitle {
    PassTitle(number: passes, count: passes, what: "repeats on other calibration draws")
  }

  /// Passes over the model, at most.
  private var passes: Int {
    file.search.rounds + (file.confirm > 0 ? 1 : 0) + (file.draws > 0 ? 1 : 0)
  }

  /// Whether `study` has everything that the sweep file, or the `shard` of it, asks for: a run would
  /// find nothing to do.
  public func isFinished(_ study: StudyResults, shard: Shard? = nil) throws(InputError) -> Bool {
    let done = Set(
      study.trials.filter { $0.state == .complete || $0.state == .pruned }.map(\.identity))
    let model = inputs.decoder.config
    for round in 0..<file.search.rounds {
      let seen = study.trials.filter { $0.role == .search && $0.round < round }
        .map { SearchedTrial(config: $0.config, loss: file.metric.loss(of: $0)) }
      if seen.contains(where: { file.metric.isReached(by: $0.loss) }) { break }
      let configs = try file.search.trials(
        round: round, after: seen, size: model.bitsPerWeight(of:))
      let plan = TrialPlan(configs, round: round).trials.filter { shard?.holds($0.number) ?? true }
      guard plan.allSatisfy({ done.contains($0.identity) }) else { return false }
    }
    guard shard == nil else { return true }
    let repeats = inputs.calibration.samples.count > 1 ? file.repeats(of: study) : []
    return (file.confirmations(of: study) + repeats).allSatisfy { done.contains($0.identity) }
  }

  /// How often, at most, a pass repeats the best trial of a size that then is another one.
  private static let repeatPasses = 3
}

extension SweepFile {
  /// Sharding must not change what a trial is.
  public func checkShards() throws(InputError) {
    let found =
      search.method == .bayes
      ? "method: bayes chooses from the results of all trials"
      : earlyTermination == nil ? nil : "early_terminate compares all trials of a size"
    guard let found else { return }
    throw InputError(
      .usage, asked: "run a shard of the sweep", found: found,
      hint: "shard method: grid or random without early_terminate")
  }

  /// The best `confirm` of each size that were solved on the base's activations, again on their own.
  func confirmations(of results: StudyResults) -> [TrialResult] {
    guard confirm > 0 else { return [] }
    // What the repeats show comes later, and a rerun must confirm the same trials.
    var results = results
    results.trials.removeAll { $0.draw > 0 }
    return best(results, confirm) { $0.role == .search && $0.config.propagation == .shared }
      .map { trial in
        var config = trial.config
        config.propagation = .quantized
        return TrialResult(
          number: trial.number, config: config, companion: trial.companion, role: .confirm)
      }
  }

  /// The best trial of each size, a confirmed one where there are some, on each calibration draw.
  func repeats(of results: StudyResults) -> [TrialResult] {
    guard draws > 0 else { return [] }
    let isFinal = { (trial: TrialResult) in
      confirm > 0 ? trial.config.propagation == .quantized : trial.role == .search
    }
    return best(results, 1, where: isFinal).flatMap { trial in
      (1...draws).map { draw in
        TrialResult(
          number: trial.number, config: trial.config, companion: trial.companion, role: .repeat,
          draw: draw)
      }
    }
  }

  /// The `count` first choices among the GPTQ trials of each size, smallest size first. The sizes are
  /// those of all trials, and the rule is the report's.
  private func best(
    _ results: StudyResults, _ count: Int, where isWanted: (TrialResult) -> Bool
  ) -> [TrialResult] {
    let ranked = results.ranked
    let standings = Standings(results, metric: metric.metric)
    return SizeGrouping.sizes(of: ranked.map(\.bitsPerWeight)).flatMap { size in
      standings.choices(
        count, among: size.map { ranked[$0] }.filter { !$0.isRTN && isWanted($0) })
    }
  }
}

extension StudyEnvironment {
  /// What the prompts are called where they are compared: by the first that differs, or their number.
  private func promptNames(
    beside known: StudyEnvironment
  ) -> (String, old: String, new: String) {
    func name(_ environment: StudyEnvironment, _ place: Int?) -> String {
      let prompts = environment.prompts
      guard !prompts.isEmpty else { return "" }
      return place.map { "\"\(PieceSpelling.text(of: prompts[$0].text.utf8))\"" }
        ?? "\(prompts.count) prompts"
    }
    let texts = [known, self].map { $0.prompts.map(\.text) }
    let place = zip(texts[0], texts[1]).enumerated().first { $1.0 != $1.1 }?.offset
    return ("list of prompts", name(known, place), name(self, place))
  }

  /// Trials of one study are comparable only if they saw the same model, calibration and text.
  /// - Parameters:
  ///   - asked: what is done with them.
  ///   - hint: what to do where the input of that name is another one.
  func check(
    against known: StudyEnvironment, to asked: String = "continue a study",
    hint: (String) -> String = { "give a new --study, or go back to the \($0) it was begun with" }
  ) throws(InputError) {
    let pairs: [(String, String, String)] = [
      ("model", String(known.modelHash.prefix(16)), String(modelHash.prefix(16))),
      (
        "calibration", String(known.calibrationHash.prefix(16)),
        String(calibrationHash.prefix(16))
      ),
      ("heldout", known.domains.joined(separator: ", "), domains.joined(separator: ", ")),
      ("context", "\(known.context)", "\(context)"),
      ("heldout_tokens", "\(known.heldoutTokens)", "\(heldoutTokens)"),
    ]
    let texts = [
      (
        "text of heldout", String(known.heldoutHash.prefix(16)), String(heldoutHash.prefix(16))
      ),
      promptNames(beside: known),
    ].filter { !$0.1.isEmpty && !$0.2.isEmpty }
    for (name, old, new) in pairs + texts where old != new {
      throw InputError(
        .usage, asked: "\(asked) with another \(name)",
        found: "\(name) was \(old), now it is \(new)",
        hint: hint(name))
    }
  }
}

extension ModelConfig {
  /// What loaders will say about the settings of `trial` on this model's linears, and the patterns of
  /// its `dynamic` that match none; each complaint once.
  public func warnings(for trial: TrialConfig) -> [String] {
    var warnings: [String] = []
    for (layer, linear) in linears {
      guard let quantize = trial.quantize(for: layer, linear.name) else { continue }
      for warning in quantize.warnings(inFeatures: linear.columns)
      where !warnings.contains(warning) {
        warnings.append(warning)
      }
    }
    var names = linearPrefixes
    if trial.quantizesHead { names.append(DecoderHead.module) }
    for key in trial.dynamic.unmatched(by: names) {
      let others = "matches no linear of this model that an earlier pattern does not decide for"
      let matches = trial.dynamic.matches(key, anyOf: names)
      warnings.append("dynamic \(key) \(matches ? others : "matches no linear of this model")")
    }
    return warnings
  }

  /// Refuses a trial that leaves every linear as it is.
  public func requireLinears(in trial: TrialConfig) throws(InputError) {
    let quantizes = linears.contains { trial.quantize(for: $0.layer, $0.linear.name) != nil }
    guard !quantizes, trial.quantizeHead == nil else { return }
    throw InputError(
      .usage, asked: "quantize with dynamic and modules_in_block_to_quantize as they are",
      found: "nothing is left to quantize: they leave out every linear of the model",
      hint: "take back the pattern -: or the list that goes too far")
  }
}
