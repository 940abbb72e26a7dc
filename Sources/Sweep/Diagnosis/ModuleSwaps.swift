import Analysis
import Basics
import GPTQ
import Model
import Tensor

/// Modules swapped between the two sides, to find where the difference sits.
struct ModuleSwaps {
  /// Models with so many modules have each of them swapped at once; in larger ones only those of
  /// the layers that matter most.
  static let moduleLimit = 60
  /// How many layers those are.
  static let layersInDetail = 3
  /// How a unit is tried.
  private struct Models {
    let unit: SwapUnit
    let swapped: DiagnosisPass.TrialID
    let noise: DiagnosisPass.TrialID?
    let repaired: DiagnosisPass.TrialID?
  }

  private let passes: DiagnosisPasses
  private let suspect: SideModels
  private let baseline: SideModels
  private let domain: HeldoutDomain
  private let width: Int
  private let seed: UInt64

  /// Swaps between two sides, scored on `domain`, at most `width` models at once.
  init(
    _ passes: DiagnosisPasses, suspect: SideModels, baseline: SideModels, domain: HeldoutDomain,
    width: Int, seed: UInt64
  ) {
    self.passes = passes
    self.suspect = suspect
    self.baseline = baseline
    self.domain = domain
    self.width = width
    self.seed = seed
  }

  /// Layers and kinds first, then modules: all of them, or those of the worst layers.
  func run() throws(InputError) -> (groups: [SwapEffect], modules: [(SwapUnit, SwapEffect)]) {
    let model = passes.inputs.decoder.config
    let byLayer = SwapUnit.layers(of: model)
    let byKind = SwapUnit.kinds(of: model)
    guard model.linears.count > Self.moduleLimit else {
      let single = (0..<model.layers).flatMap { SwapUnit.linears(of: model, layer: $0) }
      let effects = try effects(byLayer + byKind + single)
      let count = byLayer.count + byKind.count
      return (Array(effects.map(\.1).prefix(count)), Array(effects.dropFirst(count)))
    }
    var groups = try effects(byLayer + byKind)
    let worst = groups.prefix(byLayer.count).sorted {
      abs($0.1.kld.value) > abs($1.1.kld.value)
    }.prefix(Self.layersInDetail).compactMap(\.0.place).sorted()
    let detail = try effects(worst.flatMap { SwapUnit.detail(of: model, layer: $0) })
    groups += detail.filter(\.0.isGroup)
    return (groups.map(\.1), detail.filter { !$0.0.isGroup })
  }

  private func effects(_ units: [SwapUnit]) throws(InputError) -> [(SwapUnit, SwapEffect)] {
    var pass = DiagnosisPass()
    let plain = ask(&pass) { _, _ in .baseline }
    let suspect = ask(&pass) { _, _ in .suspect }
    let trials = units.map { unit in
      // Single modules are neither put back nor compared with noise: their groups are.
      let isGroup = unit.isGroup
      return Models(
        unit: unit,
        swapped: ask(&pass) { unit.contains($0, $1) ? .suspect : .baseline },
        noise: isGroup ? ask(&pass) { unit.contains($0, $1) ? .noise : .baseline } : nil,
        repaired: isGroup ? ask(&pass) { unit.contains($0, $1) ? .baseline : .suspect } : nil)
    }
    let outcomes = try passes.run(pass, domains: [domain], width: width, calibrating: false).trials
    let model = passes.inputs.decoder.config
    return trials.map { one in
      func change(
        _ after: DiagnosisPass.TrialID, _ before: DiagnosisPass.TrialID, _ metric: DiagnosisMetric
      ) -> Estimate {
        guard let first = outcomes[before].scores.first, let second = outcomes[after].scores.first
        else { return Estimate(LinearContrast([], metric)) }
        return Estimate(LinearContrast([(1, second), (-1, first)], metric))
      }
      var effect = SwapEffect(
        name: one.unit.name, modules: one.unit.size(model),
        nll: change(one.swapped, plain, .nll), kld: change(one.swapped, plain, .kld))
      effect.noiseKLD = one.noise.map { change($0, plain, .kld) }
      effect.repairNLL = one.repaired.map { change(suspect, $0, .nll) }
      effect.repairKLD = one.repaired.map { change(suspect, $0, .kld) }
      return (one.unit, effect)
    }
  }

  private enum Origin {
    case suspect
    case baseline
    /// The base's weight with noise of the norm of the suspect's error.
    case noise
  }

  private func ask(
    _ pass: inout DiagnosisPass,
    _ origin: @escaping @Sendable (Int, LinearName) -> Origin
  ) -> DiagnosisPass.TrialID {
    pass.ask(isMeasured: false) {
      [inputs = passes.inputs, store = passes.store, suspect, baseline, seed] layer, linear
        throws(InputError) in
      switch origin(layer, linear) {
      case .suspect: return try suspect.finalWeight(layer, linear, store)
      case .baseline: return try baseline.finalWeight(layer, linear, store)
      case .noise:
        let base = try inputs.baseWeight(layer, linear)
        let norm = base.squaredDistance(to: try suspect.finalWeight(layer, linear, store))
        let place = inputs.decoder.config.place(ofLinear: linear, layer: layer) ?? 0
        return base.addingNoise(norm: norm.squareRoot(), seed: seed, place: place)
      }
    }
  }
}
