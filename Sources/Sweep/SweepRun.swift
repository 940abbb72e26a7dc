import Basics
import Compute
import Foundation
import GPTQ
import Model

/// A sweep file carried out: its inputs opened, its trials run in one pass, its study written.
public struct SweepRun: Sendable {
  /// The sweep file.
  public let file: SweepFile
  /// The model and the tokens.
  public let inputs: SweepInputs

  /// Opens what `file` names.
  public init(_ file: SweepFile, engine: any Engine) throws(InputError) {
    self.file = file
    inputs = try SweepInputs(
      model: file.model, calibration: file.calibration, heldout: file.heldout,
      context: file.context, heldoutTokens: file.heldoutTokens, engine: engine)
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

  /// Runs the trials that `study` lacks, and stores them there.
  public func run(
    into study: Study, observer: any PassObserver = SilentObserver()
  ) throws(InputError) {
    let began = ContinuousClock.now
    var environment = try inputs.environment(
      context: file.context, heldoutTokens: file.heldoutTokens)
    environment.seed = file.seed
    environment.sweepYAML = file.text
    if let known = try study.environment() {
      try environment.check(against: known)
      environment.started = known.started
      environment.wallSeconds = known.wallSeconds
    }
    try study.save(environment)

    let waiting = try study.enter(TrialPlan(file.trials))
    guard !waiting.isEmpty else { return }
    let (base, trials) = try inputs.pass.run(waiting, observer: observer)
    for trial in trials {
      var trial = trial
      trial.sizeBytes = inputs.checkpointBytes(of: trial.config)
      try study.save(trial)
    }
    try study.save(base: base)
    environment.wallSeconds += began.duration(to: .now).seconds
    try study.save(environment)
  }
}

extension StudyEnvironment {
  /// Trials of one study are comparable only if they saw the same model, calibration and text.
  func check(against known: StudyEnvironment) throws(InputError) {
    let pairs: [(String, String, String)] = [
      ("model", known.modelHash, modelHash),
      ("calibration", known.calibrationHash, calibrationHash),
      ("heldout", known.domains.joined(separator: ", "), domains.joined(separator: ", ")),
      ("context", "\(known.context)", "\(context)"),
      ("heldout_tokens", "\(known.heldoutTokens)", "\(heldoutTokens)"),
    ]
    for (name, old, new) in pairs where old != new {
      throw InputError(
        .usage, asked: "continue a study with another \(name)",
        found: "\(name) was \(old.prefix(16)), now it is \(new.prefix(16))",
        hint: "give a new --study, or go back to the \(name) it was begun with")
    }
  }
}

extension ModelConfig {
  /// What loaders will say about the settings of `trial` on this model's linears, and the patterns of
  /// its `dynamic` that match none; each complaint once.
  public func warnings(for trial: TrialConfig) -> [String] {
    var warnings: [String] = []
    for layer in 0..<layers {
      for module in LinearModule.allCases {
        guard let quantize = trial.quantize(for: layer, module) else { continue }
        for warning in quantize.warnings(inFeatures: shape(of: module).columns)
        where !warnings.contains(warning) {
          warnings.append(warning)
        }
      }
    }
    var names = (0..<layers).flatMap { layer in
      LinearModule.allCases.map { $0.tensorPrefix(layer: layer) }
    }
    if trial.quantizesHead { names.append(DecoderHead.module) }
    for key in trial.dynamic.unmatched(by: names) {
      warnings.append("dynamic \(key) decides for no linear of this model")
    }
    return warnings
  }
}
