import Analysis
import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// From two quantizations to the cause of their difference, in a few passes over the model: the two
/// sides on every domain; the coalitions of the settings in which they differ; the swap of
/// modules; and the inputs' spectra.
public struct DiagnosisRun: Sendable {
  /// The model, its calibration set, and the held-out domains, the main one first.
  public let inputs: SweepInputs
  /// The quantization that is suspected.
  public let suspect: DiagnosisSource
  /// The one it is held against.
  public let baseline: DiagnosisSource
  /// How thoroughly.
  public let options: DiagnosisOptions
  private let streams: CalibrationStreams

  /// Opens the calibration sets of both sides.
  public init(
    _ inputs: SweepInputs, suspect: DiagnosisSource, baseline: DiagnosisSource,
    options: DiagnosisOptions = DiagnosisOptions()
  ) throws(InputError) {
    guard !inputs.domains.isEmpty else {
      throw InputError(
        .usage, asked: "diagnose without held-out text", found: "no --heldout",
        hint: "give one file a domain, the main one first")
    }
    self.inputs = inputs
    (self.suspect, self.baseline) = DiagnosisSource.alike(suspect, baseline)
    self.options = options
    streams = try CalibrationStreams(
      [suspect.calibration, baseline.calibration], common: inputs.calibration.windows,
      modelDirectory: inputs.modelDirectory)
  }

  /// What makes its numbers say less than they seem to, each sentence once.
  public var notes: [String] {
    var notes = inputs.notes(for: [])
    for side in [suspect, baseline] where !side.isCheckpoint {
      let tokens = streams.windows(.init(spec: side.calibration, draw: 0)).joined().count
      let note = inputs.decoder.config.rankNote(calibrationTokens: tokens, trials: [side.config])
      if let note, !notes.contains(note) { notes.append(note) }
    }
    return notes
  }

  /// Carries it out; `progress` gets each step. Where `folder` is given, it saves itself there,
  /// and goes on with what an interrupted run of the same diagnosis has left; the folder is the
  /// caller's to remove.
  public func run(
    savingIn folder: URL? = nil, observers: [any PassObserver] = [],
    progress: (String) -> Void = { _ in }
  ) throws(InputError) -> Diagnosis {
    let began = ContinuousClock.now
    var saved: SavedPasses?
    if let folder { saved = try SavedPasses(folder, key: key()) }
    let passes = DiagnosisPasses(
      inputs: inputs, streams: streams, store: WeightStore(folder: saved?.codes), saved: saved,
      observers: observers)
    var (mine, theirs) = try (
      SideModels(suspect, .suspect, inputs), SideModels(baseline, .baseline, inputs)
    )
    progress("both sides, and one factor at a time, on \(inputs.domains[0].name)")
    var walk = Attribution(
      suspect: suspect.recipe, baseline: baseline.recipe, orders: options.orders)
    var probing = Probing(suspect.recipe)
    var pass = DiagnosisPass()
    mine.ask(&pass, draws: options.draws)
    theirs.ask(&pass, draws: options.draws)
    walk.ask(&pass, draws: options.draws)
    probing.ask(&pass, draws: options.draws)
    let main = Array(inputs.domains.prefix(1))
    try checkMemory(of: pass.asked.count, on: main)
    var outcomes = try passes.run(
      pass, domains: main, width: width(main), capture: capture(mine, theirs))
    if inputs.domains.count > 1 {
      progress("both sides on \(inputs.domains.count - 1) more domains")
      try score(mine, theirs, passes, &outcomes)
    }
    if suspect.isCheckpoint || baseline.isCheckpoint {
      progress("checkpoints from their own files whole")
    }
    try mine.runWhole(&outcomes)
    try theirs.runWhole(&outcomes)

    progress("spectra of the inputs")
    let windows = streams.windows(.init(spec: suspect.calibration, draw: 0))
    let spectrum = try InputSpectrum(
      inputs.decoder, windows: Array(windows.prefix(options.spectrumWindows)))

    var report = DiagnosisAssembly(
      run: self, suspect: mine, baseline: theirs, base: outcomes.base,
      outcomes: outcomes.trials, walk: walk,
      spectrum: spectrum
    ).diagnosis(probing: probing)
    if options.swaps, report.verdict.isDifference, !mine.isRecast, !theirs.isRecast {
      progress("modules swapped")
      try swapModules(mine, theirs, passes, &report)
    }
    report.toolVersion = ToolVersion.current
    report.wallSeconds = began.duration(to: .now).seconds
    return report
  }

  /// The codes that other domains and the swaps will need again.
  private func capture(
    _ mine: SideModels, _ theirs: SideModels
  ) -> [DiagnosisPass.TrialID: [DiagnosisRole]] {
    var capture: [DiagnosisPass.TrialID: [DiagnosisRole]] = [:]
    capture[mine.rtn, default: []].append(.suspectRTN)
    capture[theirs.rtn, default: []].append(.baselineRTN)
    for side in [mine, theirs] where !side.source.isCheckpoint {
      capture[side.main, default: []].append(side.role)
    }
    return capture
  }

  /// Scores both sides, round-to-nearest on their grids, and the base on the other domains.
  private func score(
    _ mine: SideModels, _ theirs: SideModels, _ passes: DiagnosisPasses,
    _ outcomes: inout PassOutcomes
  ) throws(InputError) {
    let domains = Array(inputs.domains.dropFirst())
    var pass = DiagnosisPass()
    var copies: [(original: DiagnosisPass.TrialID, again: DiagnosisPass.TrialID)] = []
    for side in [mine, theirs] {
      let again = side.askAgain(&pass, passes.store)
      copies += [(side.main, again.main), (side.rtn, again.rtn)]
    }
    let scored = try passes.run(
      pass, domains: domains, width: width(domains), calibrating: false)
    outcomes.base += scored.base
    // Two sides may share a model: it is scored twice, and kept once.
    for (original, again) in copies where outcomes.trials[original].result.evaluations.count == 1 {
      outcomes.trials[original].result.evaluations += scored.trials[again].result.evaluations
    }
  }

  private func swapModules(
    _ mine: SideModels, _ theirs: SideModels, _ passes: DiagnosisPasses,
    _ report: inout Diagnosis
  ) throws(InputError) {
    let domain = inputs.domains[0].prefix(tokens: options.swapTokens)
    let swaps = ModuleSwaps(
      passes, suspect: mine, baseline: theirs, domain: domain, width: width([domain]),
      seed: UInt64(bitPattern: Int64(options.seed)))
    let (groups, modules) = try swaps.run()
    report.groups = groups
    report.swapTokens = domain.windows.reduce(0) { $0 + $1.count - 1 }
    for (unit, effect) in modules {
      for index in report.modules.indices where report.modules[index].path == unit.name {
        report.modules[index].swap = effect
      }
    }
  }

  /// A hash of everything that decides the numbers of a diagnosis.
  private func key() throws(InputError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var parts = [
      ToolVersion.current, inputs.engine.summary, try inputs.modelHash(), "\(options)",
    ]
    for side in [suspect, baseline] {
      parts.append(String(decoding: (try? encoder.encode(side.config)) ?? Data(), as: UTF8.self))
      parts.append("\(side.calibration)")
      if let folder = side.folder {
        parts.append(try SweepInputs.hash(of: SafetensorsDirectory(folder)))
      }
    }
    let specs = [suspect.calibration, baseline.calibration]
    for windows in specs.map(streams.windows(of:)) + inputs.domains.map(\.windows) {
      parts.append("\(windows.map(\.count))")
      parts.append(SHA256.hexDigest(of: windows.flatMap(\.littleEndianBytes)))
    }
    return SHA256.hexDigest(of: parts.joined(separator: "\n" as String).utf8)
  }

  /// Refuses passes over `models` models for which there is no memory.
  private func checkMemory(of models: Int, on domains: [HeldoutDomain]) throws(InputError) {
    let plan = MemoryPlan(
      config: inputs.decoder.config, calibration: [inputs.calibration.windows.map(\.count)],
      evaluation: domains.map { $0.windows.map(\.count) },
      trials: [suspect.config, baseline.config])
    let together = min(models, width(domains))
    try MemoryLimits.current.check(
      plan: plan.total + max(0, together - 2) * bytesPerModel(domains),
      for: "diagnose with \(together) models in a pass",
      smaller: ("give a smaller --memory-budget", plan.total + 2 * bytesPerModel(domains)))
  }

  /// Models that one pass may carry: residual stream and widest inner result of every token.
  private func width(_ domains: [HeldoutDomain]) -> Int {
    max(4, options.memoryBudget / max(bytesPerModel(domains), 1))
  }

  private func bytesPerModel(_ domains: [HeldoutDomain]) -> Int {
    let tokens = domains.flatMap(\.windows).reduce(0) { $0 + $1.count }
    let config = inputs.decoder.config
    return 4 * tokens * (config.hiddenSize + max(config.widestInner, config.hiddenSize))
  }
}

extension HeldoutDomain {
  /// The first windows, of at least `tokens` tokens where there are so many.
  func prefix(tokens: Int) -> HeldoutDomain {
    var kept: [[Int32]] = []
    var count = 0
    for window in windows where count < tokens {
      kept.append(window)
      count += window.count
    }
    // Of the documents only paired scores are taken here, whose units are the windows.
    return HeldoutDomain(name: name, windows: kept, characters: characters)
  }
}
