import Basics
import Compute
import Model

/// Readings of a checkpoint in which one part is left out, or two neighbouring layers take each other's
/// place. What a layer was trained to add makes the text likelier, so that neither helps a healthy
/// model; a part that is not the one it should be adds noise, and the model is better off without it.
///
/// All are walked together, layer by layer, and share the way up to where they part.
struct PartReadings {
  let model: Decoder
  let window: [Int32]

  /// How many readings a model of so many layers has.
  static func count(layers: Int) -> Int { 4 * layers - 1 }

  /// Tokens that are worth it: more for models that cost nothing.
  static func length(layers: Int) -> Int { layers <= 12 ? OtherReadings.length : 256 }

  /// Multiplications and additions that it takes where few readings are left open.
  static func operations(_ config: ModelConfig) -> Double {
    let tokens = count(layers: config.layers) * firstLook
    // A reading parts from the others half-way, on average.
    let walks = Double(config.linearParameters) * Double(tokens)
    return walks + 2 * Double(config.vocabularySize * config.hiddenSize) * Double(tokens)
  }

  /// Whether that is minutes, and the streams fit beside a layer.
  static func isAffordable(_ config: ModelConfig) -> Bool {
    let rows = count(layers: config.layers) * length(layers: config.layers)
    return operations(config) < 3e14 && rows * config.hiddenSize * 4 < 1 << 30
  }

  /// Every reading's gain over the files as they are: on the first tokens of the text, and on all of it
  /// where that leaves open whether there is one.
  func gains() throws(InputError) -> [ReadingGain] {
    let first = try gains(window.prefix(Self.firstLook)) { _ in true }
    let open = Set(first.filter(\.isOpen).map(\.reading))
    guard !open.isEmpty, window.count > Self.firstLook else { return first }
    return first.filter { !open.contains($0.reading) } + (try gains(window[...], open.contains))
  }

  /// Tokens that tell most readings from a gain.
  private static let firstLook = 64

  private func gains(
    _ window: ArraySlice<Int32>, _ isWanted: (AuditSentence) -> Bool
  ) throws(InputError) -> [ReadingGain] {
    var main = try model.embed([Array(window)])
    var others: [(name: OtherReading.Name, states: HiddenStates)] = []
    var last: (layer: DecoderLayer, before: HiddenStates)?
    for index in 0..<model.config.layers {
      let layer = try model.layer(index, positions: window.count)
      for place in others.indices { layer.advance(&others[place].states) }
      for branch in layer.description.branches {
        let name = Self.without(branch, of: layer)
        if isWanted(name.words) { others.append((name, Self.skip(branch, layer, main))) }
      }
      if let (name, weights) = Self.gateAndUp(of: layer), isWanted(name.words) {
        others.append((name, Self.advance(main, through: layer, weights)))
      }
      let name = Self.exchanged(index - 1, index)
      if let last, isWanted(name.words) {
        var states = last.before
        layer.advance(&states)
        last.layer.advance(&states)
        others.append((name, states))
      }
      last = (layer, main)
      layer.advance(&main)
      if let failure = model.engine.failure { throw failure }
    }
    let scored = try model.head().compare(
      base: main, trials: others.map(\.states), windows: [Array(window)])
    return zip(others, scored).map { other, tokens in
      ReadingGain(other.name, own: tokens.map(\.baseNLL), other: tokens.map(\.nll))
    }
  }

  private static func skip(
    _ branch: Range<Int>, _ layer: DecoderLayer, _ states: HiddenStates
  ) -> HiddenStates {
    var states = states
    for (place, stage) in layer.description.stages.enumerated() where !branch.contains(place) {
      layer.advance(&states, through: stage)
    }
    return states
  }

  private static func advance(
    _ states: HiddenStates, through layer: DecoderLayer, _ weights: StageWeights
  ) -> HiddenStates {
    var states = states
    for stage in layer.description.stages {
      layer.advance(&states, through: stage, weights: weights)
    }
    return states
  }

  /// The layer with gate and up under each other's names, where they are tensors of one MLP.
  private static func gateAndUp(
    of layer: DecoderLayer
  ) -> (name: OtherReading.Name, weights: StageWeights)? {
    let linears = layer.description.linears
    func only(_ role: Linear.Role) -> Linear? {
      let some = linears.filter { $0.parts.map(\.role) == [role] }
      return some.count == 1 ? some[0] : nil
    }
    guard let gate = only(.gate), let up = only(.up), gate.rows == up.rows, !gate.hasBias,
      !up.hasBias
    else { return nil }
    return (
      .init(
        words: .function(.gateAndUpOfLayer, layer.index), defect: .exchangedTensor,
        parts: [gate, up].map { $0.name.tensorPrefix(layer: layer.index) }),
      [gate.name: layer.weight(up.name), up.name: layer.weight(gate.name)]
    )
  }

  private static func without(
    _ branch: Range<Int>, of layer: DecoderLayer
  ) -> OtherReading.Name {
    let linears = layer.description.stages[branch].flatMap(\.linears)
    let parts = linears.map { $0.name.tensorPrefix(layer: layer.index) }
    let stem = linears.first?.name.rawValue.split(separator: ".").first.map(String.init) ?? ""
    return .init(
      words: .function(.withoutPart, stem, layer.index), defect: .differentFunction, parts: parts)
  }

  private static func exchanged(_ first: Int, _ second: Int) -> OtherReading.Name {
    .init(
      words: .function(.layersExchanged, first, second), defect: .exchangedTensor,
      parts: ["model.layers.\(first)", "model.layers.\(second)"])
  }
}

extension LayerDescription {
  /// Runs of stages each of which reads the residual stream and ends in what is added to it.
  var branches: [Range<Int>] {
    var branches: [Range<Int>] = []
    var start = 0
    for (place, stage) in stages.enumerated() {
      guard case .residual = stage.outcome else { continue }
      branches.append(start..<place + 1)
      start = place + 1
    }
    return branches
  }
}
