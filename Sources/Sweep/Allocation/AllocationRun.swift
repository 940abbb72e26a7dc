import Analysis
import Basics
import Compute
import GPTQ
import Model
import Results

/// Bits put where they matter, from the trials of a study: what each part of the model costs is measured
/// with that part quantized alone, the options of all parts are chosen within each budget, and the
/// mixed models are run, as trials of the study, beside the uniform ones that they are to beat.
public struct AllocationRun: Sendable {
  /// The sweep that the study is of.
  public let sweep: SweepRun
  /// What is asked for.
  public let request: AllocationRequest
  private let results: StudyResults
  private let options: AllocationOptions
  private let kept: DynamicRules
  private let parts: [AllocationPart]
  private let mixed: MixedConfig
  private let probes: AllocationProbes

  /// An allocation between the trials of `results`, which `sweep` has made. Refuses budgets that no
  /// choice fits into.
  public init(
    _ sweep: SweepRun, of results: StudyResults, _ request: AllocationRequest
  ) throws(InputError) {
    (self.sweep, self.results, self.request) = (sweep, results, request)
    options = try AllocationOptions(results, asked: request.options)
    kept = try DynamicRules(request.keep.map { .init(key: "-:" + $0) })
    let model = sweep.inputs.decoder.config
    let names = model.linearPrefixes
    if let key = kept.unmatched(by: names).first {
      throw InputError(
        .usage, asked: "--keep \(key.dropFirst(2))",
        found: "no linear of this model has such a name",
        hint: "write a regular expression over names such as \(names.first ?? "")")
    }
    let (frame, rules) = (options.trials[0].config, kept)
    parts = model.allocationParts(isFree: request.isFree) { layer, name in
      var config = frame
      config.dynamic = rules
      return config.quantize(for: layer, name) != nil
    }
    guard !parts.isEmpty else {
      throw InputError(
        .usage, asked: "allocate bits with --keep \(request.keep.joined(separator: " "))",
        found: "every linear of the model is kept as it is", hint: "keep fewer of them")
    }
    mixed = MixedConfig(options: options.trials.map(\.config), parts: parts, kept: kept)
    probes = AllocationProbes(parts, like: options.trials[0].config, limit: request.probes)
    for budget in request.budgets { try check(budget) }
  }

  /// What the run has before it.
  public struct Plan: Sendable {
    /// Parts of the model.
    public let parts: Int
    /// Options of each.
    public let options: Int
    /// Parts that are measured.
    public let probes: Int
    /// What the first pass takes, which measures them: the largest, where there are many.
    public let first: PassEstimate
  }

  /// What the run has before it, within `memoryBudget` bytes.
  public func estimate(memoryBudget: Int?) throws(InputError) -> Plan {
    let inputs = sweep.inputs
    let first = PassEstimate(
      inputs.decoder.config, calibration: inputs.calibration.windows.map(\.count),
      evaluation: inputs.texts.map { domain in
        domain.prefix(tokens: request.probeTokens).windows.map(\.count)
      },
      trials: probes.trials.map(\.result), memoryBudget: memoryBudget)
    return Plan(
      parts: parts.count, options: options.trials.count, probes: probes.parts.count, first: first)
  }

  /// What is left of a budget for the parts, in bits.
  private func room(_ budget: AllocationRequest.Budget) throws(InputError) -> Int {
    let model = sweep.inputs.decoder.config
    let uniform = try mixed.config([Int](repeating: 0, count: parts.count))
    let own = parts.reduce(0) { $0 + $1.bits(uniform) }
    switch budget {
    case .bitsPerWeight(let bits):
      // Linears that are kept are weights of the model, too.
      let weights = Double(model.linearParameters)
      return Int(((bits - model.bitsPerWeight(of: uniform)) * weights).rounded(.down)) + own
    case .size(let bytes):
      return 8 * (bytes - sweep.inputs.checkpointBytes(of: uniform)) + own
    case .memory(let bytes, let context):
      return try room(.size(bytes - model.cacheBytes(context: context)))
    }
  }

  private func check(_ budget: AllocationRequest.Budget) throws(InputError) {
    let room = try room(budget)
    let least = parts.reduce(0) { sum, part in
      sum + (options.trials.map { part.bits($0.config) }.min() ?? 0)
    }
    guard room < least else { return }
    let model = sweep.inputs.decoder.config
    let smallest = try mixed.config(
      parts.map { part in
        options.trials.indices.min {
          part.bits(options.trials[$0].config) < part.bits(options.trials[$1].config)
        } ?? 0
      })
    let bits = model.bitsPerWeight(of: smallest).formatted(.number.precision(.fractionLength(2)))
    let bytes = sweep.inputs.checkpointBytes(of: smallest)
    let (asked, found) =
      switch budget {
      case .bitsPerWeight(let asked):
        ("--budget \(asked)", "the smallest options take \(bits) bits per weight")
      case .size(let asked):
        ("--size \(ByteText.size(asked))", "the smallest options take \(ByteText.size(bytes))")
      case .memory(let asked, let context):
        (
          "--fits \(ByteText.size(asked)) with \(context) tokens of context",
          "the smallest options take \(ByteText.size(bytes)), keys and values "
            + ByteText.size(model.cacheBytes(context: context))
        )
      }
    throw InputError(
      .usage, asked: asked, found: found,
      hint: "allow more, or sweep smaller options: fewer bits, or larger groups")
  }

  /// Measures what is not known yet, chooses, and runs the mixed models, which `study` has afterwards
  /// beside the uniform ones.
  public func run(
    into study: Study, observers: [any PassObserver] = []
  ) throws(InputError) -> Allocation {
    let sensitivities = try measured(in: study, observers)
    let uniform = try options.trials.map { trial throws(InputError) in
      var config = trial.config
      config.propagation = .quantized
      config.dynamic = kept
      return TrialResult(
        number: trial.number, config: config, companion: trial.companion, role: .confirm)
    }
    try sweep.pass(
      TrialPlan(uniform), title(2, "the uniform models on their own quantized activations"),
      of: study, observers: observers)
    var allocation = try allocation(sensitivities, uniform: uniform.map(\.config), study.results())
    let configs = try allocation.mixes.map { mix throws(InputError) in
      try mixed.config(mix.choices)
    }
    // Two budgets may have one answer.
    var asked: [TrialConfig] = []
    for config in configs where !asked.contains(config) { asked.append(config) }
    let plan = asked.enumerated().flatMap { number, config in
      [
        TrialResult(
          number: 2 * number, config: config, companion: 2 * number + 1, role: .allocation),
        TrialResult(
          number: 2 * number + 1, config: config.companion, companion: nil, role: .companion),
      ]
    }
    try sweep.pass(
      TrialPlan(plan), title(3, "the mixed models"), of: study, observers: observers)
    let trials = try study.results().trials.filter { $0.draw == 0 }
    for (index, config) in configs.enumerated() {
      let trial = trials.first { $0.config == config && $0.state == .complete }
      allocation.mixes[index].trial = trial?.number
      allocation.mixes[index].measured = trial?.meanDivergence?.value
    }
    try study.save(allocation)
    try study.finish()
    return allocation
  }

  private func title(_ number: Int, _ what: String) -> PassTitle {
    PassTitle(number: number, count: 3, what: what)
  }

  /// The sensitivity of each part that was probed, in one pass those that the study does not know.
  private func measured(
    in study: Study, _ observers: [any PassObserver]
  ) throws(InputError) -> [[Int: Sensitivity]] {
    let domains = sweep.inputs.texts.map { $0.prefix(tokens: request.probeTokens) }
    let text = SHA256.hexDigest(
      of: domains.flatMap { $0.windows.flatMap(\.littleEndianBytes) })
    let key = SensitivityKey(config: probes.config, text: text)
    var known = try study.sensitivities(key)
    let waiting = probes.parts.filter { known[$0.place] == nil }
    if !waiting.isEmpty {
      let left = AllocationProbes(waiting, like: probes.config, limit: .max)
      let inputs = sweep.inputs
      var pass = OnePass(
        decoder: inputs.decoder, engine: inputs.engine,
        streams: [inputs.calibration.windows], domains: domains)
      pass.groupsAtOnce = inputs.groupsAtOnce
      let trials = left.trials
      pass.checkpoint = PassCheckpoint(
        beside: study.url,
        key: pass.key(
          trials, modelHash: try inputs.modelHash(),
          note: waiting.map { "\($0.place)" }.joined(separator: " ")))
      let title = self.title(1, "each part quantized alone")
      for observer in observers { observer.titled(title) }
      // Its trials are none of the study's.
      let writer = ProgressObserver(
        study, title, trials: [], layers: inputs.decoder.config.layers, domains: domains.count)
      let finished = try pass.run(trials, observers: [writer] + observers).trials
      for (part, sensitivity) in zip(waiting, try left.sensitivities(finished)) {
        known[part.place] = sensitivity
      }
      try study.save(known, key)
      pass.checkpoint?.remove()
    }
    return parts.map { part in
      var layers: [Int: Sensitivity] = [:]
      for probed in probes.parts where probed.name == part.name {
        layers[probed.layer] = known[probed.place]
      }
      return layers
    }
  }

  /// What each option costs in each part, and the choice within each budget.
  private func allocation(
    _ sensitivities: [[Int: Sensitivity]], uniform: [TrialConfig], _ results: StudyResults
  ) throws(InputError) -> Allocation {
    let parts = zip(self.parts, sensitivities).map(described)
    let all = options.trials.indices.map { option in
      described(option, parts, uniform: uniform[option], results)
    }
    var allocation = Allocation(
      options: all, parts: parts, weights: sweep.inputs.decoder.config.linearParameters)
    for budget in request.budgets {
      if let mix = try mix(within: room(budget), allocation) { allocation.mixes.append(mix) }
    }
    return allocation
  }

  private func described(
    _ part: AllocationPart, _ layers: [Int: Sensitivity]
  ) -> Allocation.Part {
    let slope = layers.slope(at: part.layer) ?? 0
    return Allocation.Part(
      layer: part.layer, name: part.name, linears: part.linears.map(\.name),
      weights: part.linears.reduce(0) { $0 + $1.weights }, sensitivity: slope,
      sensitivityStderr: layers[part.layer]?.slopeStderr,
      sizes: options.trials.map { part.bits($0.config) },
      damages: options.trials.map {
        slope * (part.error($0.modules, \.relativeErrorHeldout) ?? 0)
      })
  }

  private func described(
    _ option: Int, _ parts: [Allocation.Part], uniform config: TrialConfig,
    _ results: StudyResults
  ) -> Allocation.Option {
    let trial = results.trials.first {
      $0.config == config && $0.draw == 0 && $0.state == .complete
    }
    return Allocation.Option(
      trial: options.trials[option].number,
      bitsPerWeight: sweep.inputs.decoder.config.bitsPerWeight(of: config),
      sizeBytes: sweep.inputs.checkpointBytes(of: config),
      damage: parts.reduce(0) { $0 + $1.damages[option] },
      measured: trial?.meanDivergence?.value)
  }

  /// The choice within `room` bits for the parts; nil where none is small enough.
  private func mix(
    within room: Int, _ allocation: Allocation
  ) throws(InputError) -> Allocation.Mix? {
    let knapsack = ChoiceKnapsack(
      allocation.parts.map { part in
        zip(part.sizes, part.damages).map { ChoiceKnapsack.Option(size: $0, damage: $1) }
      })
    guard let solution = knapsack.solve(within: room) else { return nil }
    let forecast = DivergenceForecast(
      allocation.options.compactMap { option in
        option.measured.map { DivergenceForecast.Model(sum: option.damage, measured: $0) }
      })
    let value = forecast.value(
      solution.damage, error: allocation.relativeError(of: solution.choices))
    let isKnown = value.interval.upperBound.isFinite
    let config = try mixed.config(solution.choices)
    let used = sweep.inputs.decoder.config.bitsPerWeight(of: config)
    return Allocation.Mix(
      budget: used + Double(room - solution.size) / Double(allocation.weights),
      choices: solution.choices, bitsPerWeight: used,
      sizeBytes: sweep.inputs.checkpointBytes(of: config), predicted: value.value,
      low: isKnown ? value.interval.lowerBound : nil,
      high: isKnown ? value.interval.upperBound : nil,
      bound: forecast.value(solution.bound).value)
  }
}

extension Allocation {
  /// The standard error of the sum of the damages of `choices`, as a share of it, as far as it comes
  /// from that of the sensitivities.
  fileprivate func relativeError(of choices: [Int]) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for (part, choice) in zip(parts, choices) where part.sensitivity > 0 {
      let damage = part.damages[choice]
      let error = (part.sensitivityStderr ?? 0) / part.sensitivity * damage
      sum += damage
      squares += error * error
    }
    return sum > 0 ? squares.squareRoot() / sum : 0
  }
}

extension AllocationPart {
  /// What it is stored under.
  var place: SensitivityPlace { SensitivityPlace(layer: layer, part: name) }
}
