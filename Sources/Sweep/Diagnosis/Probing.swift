import Analysis
import GPTQ

/// Suspects with one thing changed: what the hypotheses are decided by, whether or not the baseline
/// differs in that thing.
struct Probing {
  private enum Probe: CaseIterable {
    case exactPacker
    case moreDamp
    case floatScales
    case staticGroups
    /// A little more damp, which cannot matter to a sound solve.
    case control
  }

  /// The damp of the control over the suspect's.
  static let controlDamp = 1.02

  /// Damp that is ample for any Hessian met so far.
  static let ampleDamp = 0.1

  private let suspect: DiagnosisRecipe
  /// The suspect with an exact packer, by draw: what the other probes are held against, because an
  /// overflow's noise would drown them.
  private var references: [DiagnosisPass.TrialID] = []
  private var plain: [DiagnosisPass.TrialID] = []
  private var trials: [Probe: [DiagnosisPass.TrialID]] = [:]

  /// Probes of `suspect`.
  init(_ suspect: DiagnosisRecipe) {
    self.suspect = suspect
  }

  /// Asks for the probes that make a difference.
  mutating func ask(_ pass: inout DiagnosisPass, draws: Int) {
    var reference = suspect
    if suspect.config.packer == .autogptqBF16 { reference.config.quantize.scalesDtype = .bf16 }
    reference.config.packer = .exact
    plain = (0..<draws).map { pass.ask(suspect, draw: $0) }
    references = (0..<draws).map { pass.ask(reference, draw: $0) }
    for probe in Probe.allCases {
      guard let changed = changed(probe, reference) else { continue }
      trials[probe] = (0..<draws).map { pass.ask(changed, draw: $0) }
    }
  }

  /// What each probe takes off.
  func findings(
    _ outcomes: [DiagnosisPass.Outcome], _ metric: DiagnosisMetric
  ) -> HypothesisEvidence.Probes {
    func gain(
      _ before: [DiagnosisPass.TrialID], _ after: [DiagnosisPass.TrialID]
    ) -> Estimate { Self.gain(before, after, outcomes, metric) }
    var probes = HypothesisEvidence.Probes()
    if suspect.config.packer != .exact {
      probes.exactPacker = gain(plain, references)
    }
    probes.moreDamp = trials[.moreDamp].map { gain(references, $0) }
    probes.floatScales = trials[.floatScales].map { gain(references, $0) }
    probes.staticGroups = trials[.staticGroups].map { gain(references, $0) }
    probes.control = trials[.control].map { trials in
      let moves = Self.gains(references, trials, outcomes, metric).map(\.value)
      return (moves.reduce(0) { $0 + $1 * $1 } / Double(max(1, moves.count))).squareRoot()
    }
    return probes
  }

  private func changed(_ probe: Probe, _ reference: DiagnosisRecipe) -> DiagnosisRecipe? {
    var changed = reference
    let solves = reference.config.quantize.algorithm != .rtn
    switch probe {
    case .exactPacker: return nil
    case .moreDamp:
      guard solves, reference.config.quantize.dampPercent < Self.ampleDamp else { return nil }
      changed.config.quantize.dampPercent = Self.ampleDamp
      changed.config.quantize.rescue = .auto
    case .floatScales:
      guard reference.config.quantize.scalesDtype != .f32 else { return nil }
      changed.config.quantize.scalesDtype = .f32
    case .staticGroups:
      guard solves, reference.config.quantize.groupSize > 0,
        !reference.config.quantize.staticGroups
      else { return nil }
      changed.config.quantize.staticGroups = true
    case .control:
      guard solves, reference.config.quantize.dampPercent > 0 else { return nil }
      changed.config.quantize.dampPercent *= Self.controlDamp
    }
    return changed
  }

  private static func gain(
    _ before: [DiagnosisPass.TrialID], _ after: [DiagnosisPass.TrialID],
    _ outcomes: [DiagnosisPass.Outcome], _ metric: DiagnosisMetric
  ) -> Estimate {
    Estimate(draws: gains(before, after, outcomes, metric))
  }

  /// What each draw's change takes off.
  private static func gains(
    _ before: [DiagnosisPass.TrialID], _ after: [DiagnosisPass.TrialID],
    _ outcomes: [DiagnosisPass.Outcome], _ metric: DiagnosisMetric
  ) -> [LinearContrast] {
    zip(before, after).map { before, after -> LinearContrast in
      guard let first = outcomes[before].scores.first, let second = outcomes[after].scores.first
      else { return LinearContrast([], metric) }
      return LinearContrast([(1, first), (-1, second)], metric)
    }
  }
}
