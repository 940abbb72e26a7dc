import Basics
import Compute
import Tensor

/// The weights of some linears, (out, in) each.
public typealias StageWeights = [LinearName: EngineBuffer]

/// One decoder layer: what its description says, around a residual stream, taken stage by stage so
/// that each linear's input can be seen, and its weight replaced, before it is applied. Biases, norms
/// and routers belong to the layer and are never replaced.
///
///     for stage in layer.description.stages {
///       layer.forEachInput(of: stage, in: states) { group, x in … }     // (tokens, in_features)
///       layer.advance(&states, through: stage)
///     }
public struct DecoderLayer: Sendable {
  /// Which layer it is, from 0.
  public let index: Int
  /// What it does.
  public let description: LayerDescription
  private let linears: StageWeights
  private let biases: [LinearName: EngineBuffer]
  private let norms: [Norm: EngineBuffer]
  /// Routers, gates of shared experts and attention sinks, by the names of their tensors.
  private let sideTensors: [String: EngineBuffer]
  private let rotary: Rotary?
  /// Who does the arithmetic.
  public let engine: any Engine

  init(
    _ index: Int, _ description: LayerDescription, names: ModelNames, source: any WeightSource,
    positions: Int, engine: any Engine
  ) throws(InputError) {
    self.index = index
    self.description = description
    self.engine = engine
    rotary = description.attention.map { Rotary($0.rope, positions: positions, engine: engine) }
    var linears: StageWeights = [:]
    var biases: [LinearName: EngineBuffer] = [:]
    for linear in description.linears {
      let prefix = linear.name.tensorPrefix(layer: index)
      linears[linear.name] = try source.weight(
        "\(prefix).weight", rows: 0..<linear.rows, on: engine)
      if linear.hasBias {
        biases[linear.name] = engine.upload(vector: try source.finiteVector("\(prefix).bias"))
      }
    }
    self.linears = linears
    self.biases = biases
    var norms: [Norm: EngineBuffer] = [:]
    for norm in description.norms {
      norms[norm] = engine.upload(
        vector: try source.weight(of: norm, name: names.layer(index, norm.tensor)))
    }
    self.norms = norms
    var sides: [String: EngineBuffer] = [:]
    for tensor in description.sideTensors {
      let name = names.layer(index, tensor.name)
      if let rows = tensor.rows {
        sides[tensor.name] = try source.weight(name, rows: 0..<rows, on: engine)
      } else {
        sides[tensor.name] = engine.upload(vector: try source.finiteVector(name))
      }
    }
    sideTensors = sides
  }

  /// The base model's weight of the linear `name`, (out, in).
  /// - Precondition: the layer has such a linear.
  public func weight(_ name: LinearName) -> EngineBuffer {
    guard let weight = linears[name] else { preconditionFailure("a linear of the layer") }
    return weight
  }

  /// Calls `body` with each group of the stage, by its place, and its input X, (tokens, in_features),
  /// chunk after chunk.
  /// `groups` are the places of those that are wanted; nil: all.
  public func forEachInput(
    of stage: Stage, groups: Range<Int>? = nil, in states: HiddenStates,
    _ body: (Int, EngineBuffer) throws -> Void
  ) rethrows {
    for chunk in states.chunks.indices {
      let reading = read(stage, in: states, chunk)
      for group in groups ?? stage.groups.indices {
        try body(group, input(of: group, stage, reading))
      }
    }
  }

  /// Calls `body` with what the group at `place` would read if every token were sent to its expert,
  /// (tokens, in_features), chunk after chunk. The stage before is applied with the base model's
  /// weights where `weights` has none; nothing moves.
  public func forEachToken(
    of stage: Stage, group place: Int, in states: HiddenStates, weights: StageWeights = [:],
    _ body: (EngineBuffer) throws -> Void
  ) rethrows {
    for part in states.stream { try body(everyToken(of: part, stage, place, weights)) }
  }

  /// The same beside what the group would read of another model's states, of the same windows, which
  /// the stage before is applied to with the base model's weights.
  public func forEachToken(
    of stage: Stage, group place: Int, in states: HiddenStates, weights: StageWeights,
    beside others: HiddenStates, _ body: (_ x: EngineBuffer, _ other: EngineBuffer) throws -> Void
  ) rethrows {
    for (part, other) in zip(states.stream, others.stream) {
      try body(
        everyToken(of: part, stage, place, weights), everyToken(of: other, stage, place, [:]))
    }
  }

  private func everyToken(
    of stream: EngineBuffer, _ stage: Stage, _ place: Int, _ weights: StageWeights
  ) -> EngineBuffer {
    if case .stream(let norm) = stage.input { return normed(stream, norm) }
    guard let index = description.stages.firstIndex(of: stage), index > 0,
      case .stream(let norm) = description.stages[index - 1].input,
      case .gated(let activation) = description.stages[index - 1].outcome
    else { preconditionFailure("experts read the stream, or what their gates let pass") }
    let group = description.stages[index - 1].groups[place]
    let x = normed(stream, norm)
    return engine.gatedActivation(
      activation, gate: apply(.gate, of: group, x, weights),
      up: apply(.up, of: group, x, weights))
  }

  /// The same with the input that another model's states, of the same windows, give the stage. Of an
  /// expert's tokens, those that both models send to it.
  public func forEachInput(
    of stage: Stage, groups: Range<Int>? = nil, in states: HiddenStates,
    beside others: HiddenStates,
    _ body: (_ group: Int, _ x: EngineBuffer, _ other: EngineBuffer) throws -> Void
  ) rethrows {
    precondition(states.windows == others.windows, "the same windows")
    for chunk in states.chunks.indices {
      let (reading, other) = (read(stage, in: states, chunk), read(stage, in: others, chunk))
      for group in groups ?? stage.groups.indices {
        let both = (input(of: group, stage, reading), input(of: group, stage, other))
        guard let expert = stage.groups[group].expert, let mine = reading.choice,
          let theirs = other.choice
        else {
          try body(group, both.0, both.1)
          continue
        }
        let common = mine.experts[expert].places(sharedWith: theirs.experts[expert])
        try body(
          group, engine.gatherRows([(both.0, common.mine)]),
          engine.gatherRows([(both.1, common.theirs)]))
      }
    }
  }

  /// Applies the stage's linears, with the base model's weights where `weights` has none, and
  /// whatever follows up to the next stage's input.
  public func advance(
    _ states: inout HiddenStates, through stage: Stage, weights: StageWeights = [:]
  ) {
    var cache: LayerCache?
    advance(&states, through: stage, weights: weights, cache: &cache)
  }

  /// The same of tokens that stand behind those whose keys and values `cache` has; it takes in theirs.
  func advance(
    _ states: inout HiddenStates, through stage: Stage, weights: StageWeights = [:],
    cache: inout LayerCache?
  ) {
    var inner: [[EngineBuffer]] = []
    var choices: [ExpertChoice] = []
    var routing: [Routing] = []
    var isKept = true
    for (index, chunk) in states.chunks.enumerated() {
      let reading = read(stage, in: states, index)
      if case .residual(let norm) = stage.outcome {
        var branch: EngineBuffer?
        for (place, group) in stage.groups.enumerated() {
          let y = apply(.output, of: group, input(of: place, stage, reading), weights)
          gather(y, of: group, reading, tokens: chunk.rows.count, into: &branch)
        }
        guard let branch else { continue }
        let normed = normed(branch, norm)
        states.updateStream(index) { engine.add(normed, to: &$0) }
        continue
      }
      if let choice = reading.choice { choices.append(choice) }
      if isKept {
        let places = states.places.isEmpty ? [] : states.places[chunk.places]
        let made = make(stage, reading, chunk, weights, at: places, cache: &cache)
        if index == 0, cache == nil {
          isKept = canKeep(made, of: stage, tokens: states.tokens, ofChunk: chunk.rows.count)
        }
        if isKept { inner.append(made.map(engine.keep)) }
      } else if stage.router == nil {
        // What is made again for the next stage needs nothing here but the choice of experts.
        break
      }
      if let chosen = reading.routing { routing.append(chosen) }
    }
    states.inner = inner
    states.choices = choices
    if stage.router != nil { states.routing = routing }
    states.recipe = isKept ? nil : Recipe(stage: stage, weights: weights)
  }

  /// Whether what a stage makes can be kept for all `tokens`, `made` being that of the first chunk. If
  /// not, it is made again when the next stage reads it, which the residual stream alone allows.
  private func canKeep(
    _ made: [EngineBuffer], of stage: Stage, tokens: Int, ofChunk count: Int
  ) -> Bool {
    guard case .stream = stage.input, let first = made.first else { return true }
    let rows = made.reduce(0) { $0 + $1.rows }
    return engine.canKeep(first, rows: tokens * rows / max(count, 1))
  }

  /// What a stage makes of one chunk for the next: the heads' results, or the gated halves, group by
  /// group.
  private func make(
    _ stage: Stage, _ reading: Reading, _ chunk: Chunk, _ weights: StageWeights,
    at places: ArraySlice<CachePlace>, cache: inout LayerCache?
  ) -> [EngineBuffer] {
    stage.groups.enumerated().map { place, group in
      let x = input(of: place, stage, reading)
      func apply(_ role: Linear.Role) -> EngineBuffer { self.apply(role, of: group, x, weights) }
      return switch stage.outcome {
      case .attention(let attention):
        attend(
          attention, q: apply(.query), k: apply(.key), v: apply(.value), chunk.windows, places,
          &cache)
      case .gated(let activation):
        engine.gatedActivation(activation, gate: apply(.gate), up: apply(.up))
      case .residual: x
      }
    }
  }

  /// Applies the whole layer with the base model's weights.
  public func advance(_ states: inout HiddenStates) {
    for stage in description.stages { advance(&states, through: stage) }
  }

  /// What the groups of a stage read of one chunk.
  private struct Reading {
    /// One input for all groups, or one each.
    var inputs: [EngineBuffer]
    var choice: ExpertChoice?
    /// The router's choice, in the stage that has the router.
    var routing: Routing?
  }

  private func read(_ stage: Stage, in states: HiddenStates, _ chunk: Int) -> Reading {
    var reading = Reading(
      inputs: [], choice: states.choices.isEmpty ? nil : states.choices[chunk])
    switch stage.input {
    case .stream(let norm): reading.inputs = [normed(states.stream[chunk], norm)]
    case .previous:
      if let recipe = states.recipe {
        let before = read(recipe.stage, in: states, chunk)
        var none: LayerCache?
        reading.inputs = make(
          recipe.stage, before, states.chunks[chunk], recipe.weights, at: [], cache: &none)
      } else {
        reading.inputs = states.inner.isEmpty ? [states.stream[chunk]] : states.inner[chunk]
      }
    }
    if let router = stage.router, let weight = sideTensors[router.tensor] {
      let x = reading.inputs[0]
      let logits = engine.linear(
        x, weight: weight, rows: 0..<router.experts, bias: router.bias.flatMap { sideTensors[$0] })
      let routing = engine.route(logits, router.rule)
      var gates: [String: [Float]] = [:]
      for gate in stage.gates {
        guard let weight = sideTensors[gate] else { continue }
        gates[gate] =
          engine.download(engine.linear(x, weight: weight, rows: 0..<1, bias: nil)).elements
      }
      reading.routing = routing
      reading.choice = ExpertChoice(routing, count: router.experts, gates: gates)
    }
    return reading
  }

  /// The input of a group: what all of its stage read, or the rows of its expert.
  private func input(of group: Int, _ stage: Stage, _ reading: Reading) -> EngineBuffer {
    if case .previous = stage.input {
      return reading.inputs[min(group, reading.inputs.count - 1)]
    }
    guard case .expert(let expert) = stage.groups[group].tokens, let choice = reading.choice
    else { return reading.inputs[0] }
    return engine.gatherRows([(reading.inputs[0], choice.experts[expert].rows)])
  }

  /// Adds the output of a group to that of the groups before it.
  private func gather(
    _ y: EngineBuffer, of group: Stage.Group, _ reading: Reading, tokens: Int,
    into branch: inout EngineBuffer?
  ) {
    let (rows, weights): ([Int32], [Float])
    switch group.tokens {
    case .all:
      guard var sum = branch.take() else { return branch = y }
      engine.add(y, to: &sum)
      return branch = sum
    case .expert(let expert):
      let chosen = reading.choice?.experts[expert] ?? ExpertTokens()
      (rows, weights) = (chosen.rows, chosen.weights)
    case .shared(let gate):
      (rows, weights) = ((0..<Int32(tokens)).map(\.self), reading.choice?.shares[gate] ?? [])
    }
    var sum = branch.take() ?? engine.zeros(rows: tokens, columns: y.columns)
    engine.scatterAdd(y, weights: weights, to: &sum, rows: rows)
    branch = sum
  }

  /// The outputs of `group` that have `role`.
  private func apply(
    _ role: Linear.Role, of group: Stage.Group, _ x: EngineBuffer, _ weights: StageWeights
  ) -> EngineBuffer {
    for linear in group.linears {
      for part in linear.parts where part.role == role {
        return engine.linear(
          x, weight: weights[linear.name] ?? weight(linear.name), rows: part.rows,
          bias: biases[linear.name])
      }
    }
    preconditionFailure("a linear of this role in the group")
  }

  private func normed(_ x: EngineBuffer, _ norm: Norm?) -> EngineBuffer {
    guard let norm, let weight = norms[norm] else { return x }
    return engine.rmsNorm(x, weight: weight, epsilon: norm.epsilon)
  }

  private func attend(
    _ attention: Attention, q: EngineBuffer, k: EngineBuffer, v: EngineBuffer,
    _ windows: [Range<Int>], _ places: ArraySlice<CachePlace>, _ cache: inout LayerCache?
  ) -> EngineBuffer {
    var q = normed(q, attention.queryNorm)
    var k = normed(k, attention.keyNorm)
    let width = attention.shape.headDimension
    let runs =
      places.isEmpty
      ? windows.map { TokenRun(rows: $0) }
      : zip(windows, places).map { TokenRun(rows: $0, firstPosition: $1.firstPosition) }
    rotary?.rotate(&q, runs, headDimension: width)
    rotary?.rotate(&k, runs, headDimension: width)
    let sinks = attention.sinks.flatMap { sideTensors[$0] }
    guard cache != nil else {
      return engine.attention(
        q: q, k: k, v: v, shape: attention.shape, sinks: sinks,
        windows: windows.map { AttentionWindow($0) })
    }
    let seen =
      cache?.add(keys: k, values: v, of: windows, at: places, engine: engine) ?? []
    return engine.attention(
      q: q, k: cache?.keys ?? k, v: cache?.values ?? v, shape: attention.shape, sinks: sinks,
      windows: seen)
  }
}
