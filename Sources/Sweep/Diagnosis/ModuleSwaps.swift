import Analysis
import Basics
import GPTQ
import Model
import Tensor

/// Modules swapped between the two sides, to find where the difference sits.
struct ModuleSwaps {
  /// A set of modules that is swapped as one.
  struct Unit: Sendable {
    /// `layers.3.mlp.down_proj`, `layers.3`, `layers.3, experts`, or `mlp.down_proj`.
    let name: String
    /// The layer; nil is all of them.
    let layer: Int?
    /// Which of its linears; nil is all of them.
    let linear: Choice?

    /// Linears by what they are.
    enum Choice: Sendable {
      case one(LinearName)
      /// Those of one kind, of all experts.
      case kind(String)
      /// Those of all experts.
      case experts
    }

    func contains(_ layer: Int, _ linear: LinearName) -> Bool {
      guard (self.layer ?? layer) == layer else { return false }
      return switch self.linear {
      case nil: true
      case .one(let name): name == linear
      case .kind(let kind): kind == linear.kind
      case .experts: linear.expert != nil
      }
    }

    static func one(_ layer: Int, _ linear: LinearName) -> Unit {
      Unit(name: "layers.\(layer).\(linear.rawValue)", layer: layer, linear: .one(linear))
    }

    /// Whether it may be more than one linear.
    var isGroup: Bool { if case .one = linear { layer == nil } else { true } }

    /// How many linears of a model it has.
    func size(_ model: ModelConfig) -> Int {
      model.linears.count { contains($0.layer, $0.linear.name) }
    }
  }

  /// Models with so many modules have each of them swapped at once; in larger ones only those of
  /// the layers that matter most.
  static let moduleLimit = 60
  /// How many layers those are.
  static let layersInDetail = 3

  /// How a unit is tried.
  private struct Models {
    let unit: Unit
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
  func run() throws(InputError) -> (groups: [SwapEffect], modules: [(Unit, SwapEffect)]) {
    let model = passes.inputs.decoder.config
    let byLayer = (0..<model.layers).map { Unit(name: "layers.\($0)", layer: $0, linear: nil) }
    let experts = (0..<model.layers).filter { model.layer($0).routed != nil }.map {
      Unit(name: "layers.\($0), experts", layer: $0, linear: .experts)
    }
    let byKind =
      model.linearKinds.map { Unit(name: $0, layer: nil, linear: .kind($0)) } + experts
    func modules(_ layers: some Sequence<Int>) -> [Unit] {
      layers.flatMap { layer in
        model.layer(layer).linears.map { Unit.one(layer, $0.name) }
      }
    }
    guard model.linears.count > Self.moduleLimit else {
      let effects = try effects(byLayer + byKind + modules(0..<model.layers))
      let count = byLayer.count + byKind.count
      return (Array(effects.map(\.1).prefix(count)), Array(effects.dropFirst(count)))
    }
    let groups = try effects(byLayer + byKind)
    let worst = groups.prefix(byLayer.count).sorted {
      abs($0.1.kld.value) > abs($1.1.kld.value)
    }.prefix(Self.layersInDetail).compactMap(\.0.layer).sorted()
    return (groups.map(\.1), try effects(modules(worst)))
  }

  private func effects(_ units: [Unit]) throws(InputError) -> [(Unit, SwapEffect)] {
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
