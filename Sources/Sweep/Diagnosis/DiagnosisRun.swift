import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model

/// From two quantizations to the cause of their difference, in a few passes over the model: the two
/// sides on every domain; the coalitions of the settings in which they differ; the exchange of
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
    self.suspect = suspect
    self.baseline = baseline
    self.options = options
    streams = try CalibrationStreams(
      [suspect.calibration, baseline.calibration], common: inputs.calibration.windows,
      modelDirectory: inputs.modelDirectory)
  }

  /// Carries it out; `progress` is told each step.
  public func run(
    observer: any PassObserver = SilentObserver(), progress: (String) -> Void = { _ in }
  ) throws(InputError) -> Diagnosis {
    let began = ContinuousClock.now
    let store = WeightStore()
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
    var (base, outcomes) = try pass.run(
      inputs, streams, domains: main, width: width(main), capture: capture(mine, theirs),
      store: store, observer: observer)
    if inputs.domains.count > 1 {
      progress("both sides on \(inputs.domains.count - 1) more domains")
      base += try score(mine, theirs, store, observer, &outcomes)
    }

    progress("spectra of the inputs")
    let windows = streams.windows(.init(spec: suspect.calibration, draw: 0))
    let spectrum = try InputSpectrum(
      inputs.decoder, windows: Array(windows.prefix(options.spectrumWindows)),
      engine: inputs.engine)

    var report = DiagnosisAssembly(
      run: self, suspect: mine, baseline: theirs, base: base, outcomes: outcomes, walk: walk,
      spectrum: spectrum
    ).diagnosis(probing: probing)
    if options.swaps, report.verdict != .noise, report.verdict != .identical {
      progress("modules exchanged")
      try exchange(mine, theirs, store, observer, &report)
    }
    report.toolVersion = ToolVersion.current
    report.wallSeconds = began.duration(to: .now).seconds
    return report
  }

  /// The codes that other domains and the swaps will need again.
  private func capture(
    _ mine: SideModels, _ theirs: SideModels
  ) -> [DiagnosisPass.Ticket: [DiagnosisRole]] {
    var capture: [DiagnosisPass.Ticket: [DiagnosisRole]] = [:]
    capture[mine.rtn, default: []].append(.suspectRTN)
    capture[theirs.rtn, default: []].append(.baselineRTN)
    for side in [mine, theirs] where !side.source.isCheckpoint {
      capture[side.main, default: []].append(side.role)
    }
    return capture
  }

  /// Scores both sides, and round-to-nearest on their grids, on the other domains; returns the
  /// base's scores there.
  private func score(
    _ mine: SideModels, _ theirs: SideModels, _ store: WeightStore,
    _ observer: any PassObserver, _ outcomes: inout [DiagnosisPass.Outcome]
  ) throws(InputError) -> [Evaluation] {
    let domains = Array(inputs.domains.dropFirst())
    var pass = DiagnosisPass()
    var copies: [(original: DiagnosisPass.Ticket, again: DiagnosisPass.Ticket)] = []
    for side in [mine, theirs] {
      let again = side.askAgain(&pass, store)
      copies += [(side.main, again.main), (side.rtn, again.rtn)]
    }
    let (base, scored) = try pass.run(
      inputs, streams, domains: domains, width: width(domains), calibrating: false,
      observer: observer)
    // Two sides may share a model: it is scored twice, and kept once.
    for (original, again) in copies where outcomes[original].result.evaluations.count == 1 {
      outcomes[original].result.evaluations += scored[again].result.evaluations
    }
    return base
  }

  private func exchange(
    _ mine: SideModels, _ theirs: SideModels, _ store: WeightStore,
    _ observer: any PassObserver, _ report: inout Diagnosis
  ) throws(InputError) {
    let domain = inputs.domains[0].prefix(tokens: options.swapTokens)
    let swaps = ModuleSwaps(
      inputs, streams, suspect: mine, baseline: theirs, store: store, domain: domain,
      width: width([domain]), seed: UInt64(bitPattern: Int64(options.seed)))
    let (groups, modules) = try swaps.run(observer: observer)
    report.groups = groups
    report.swapTokens = domain.windows.reduce(0) { $0 + $1.count - 1 }
    for (unit, effect) in modules {
      for index in report.modules.indices where report.modules[index].path == unit.name {
        report.modules[index].swap = effect
      }
    }
  }

  /// Models that one pass may carry: residual stream and widest inner result of every token.
  private func width(_ domains: [HeldoutDomain]) -> Int {
    let tokens = domains.flatMap(\.windows).reduce(0) { $0 + $1.count }
    let config = inputs.decoder.config
    let bytes = 4 * tokens * (config.hiddenSize + max(config.intermediateSize, config.hiddenSize))
    return max(4, options.memoryBudget / max(bytes, 1))
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
    return HeldoutDomain(name: name, windows: kept, characters: characters)
  }
}
