import Foundation
import GPTQ
import Model
import Results

/// What a pass will hold in memory at its peak, term by term, from config.json alone.
public struct MemoryPlan: Sendable {
  /// One term of the sum.
  public struct Term: Sendable, Equatable {
    /// What it is.
    public var name: String
    /// Its bytes.
    public var bytes: Int
  }

  /// The terms, hidden states last but one; their sum is the plan.
  public private(set) var terms: [Term] = []
  /// Bytes of the hidden states and stage inputs, which a memory budget can send to a file.
  public private(set) var states = 0

  /// Bytes of the hidden states alone, for an engine that makes stage inputs again instead of keeping
  /// what has no room.
  public private(set) var streams = 0

  /// What comes on top in a layer where float32 cannot factorise a Hessian and Double takes over:
  /// H, its factor, and a linear at work, in 8 bytes each.
  public private(set) var double = 0

  /// Bytes of the next layer's weights in BF16, for an engine that loads them ahead.
  public private(set) var nextLayer = 0

  /// How many experts of a stage are solved at once: all, or as many as a budget leaves room for.
  public private(set) var groupsAtOnce = Int.max

  /// The peak.
  public var total: Int { terms.reduce(0) { $0 + $1.bytes } }

  /// The peak without the states that can wait in a file.
  public var fixed: Int { total - states }

  /// A pass of `trials` over a model of `config`, each stream of `calibration` and each domain of
  /// `evaluation` given by the numbers of tokens of its windows. Within a `budget`, the Hessians of
  /// experts that do not fit into memory together are gathered in parts.
  public init(
    config: ModelConfig, calibration: [[Int]], evaluation: [[Int]], trials: [TrialConfig],
    budget: Int? = nil
  ) {
    let layers = config.description.layers
    let layer = layers.map { $0.linears.reduce(0) { $0 + $1.weights } }.max() ?? 0
    let tile = min(config.vocabularySize, 8192) * config.hiddenSize
    add("one decoder layer, or one tile of lm_head", 4 * max(layer, tile))
    nextLayer = 2 * layer

    // A Hessian, the sum it comes from, the held-out factor; then each factor asked for, with a
    // second copy while it is made. GPTAQ has the shift of the inputs, and a correction beside each
    // factor, with the product that it is made from.
    let widest = layers.map(\.widestInput).max() ?? 0
    let solved = trials.filter { $0.quantize.algorithm != .rtn }
    let factors = Set(
      solved.filter { $0.propagation == .shared }.map {
        "\($0.quantize.dampPercent) \(ColumnOrder($0.quantize))"
      }
    ).count
    let quantized = solved.contains { $0.propagation == .quantized }
    let shifted = trials.contains { $0.quantize.usesShift }
    func copies(_ factors: Int) -> Int {
      4 + max(factors, 1) + (quantized ? 1 : 0) + (shifted ? 3 : 0)
    }
    let stages = layers.flatMap(\.stages)
    let crowded = stages.filter(\.hasExperts)
    let experts = crowded.map { $0.groups.count }.max() ?? 0
    if experts == 0 {
      add("Hessians and factors", 4 * widest * widest * copies(factors))
    }

    // The round-to-nearest companions of a stage, and one linear at work: permuted, its error, the
    // product with H, dequantized.
    let grids = Set(trials.map(\.companion)).count
    let stage = stages.map { $0.linears.reduce(0) { $0 + $1.weights } }
    let largest = layers.flatMap(\.linears).map(\.weights).max() ?? 0
    add(
      "codes of a stage, one linear at work",
      (stage.max() ?? 0) * (grids + 5) + 4 * largest * 4)
    double = solved.isEmpty ? 0 : 8 * (2 * widest * widest + 2 * largest)
    if trials.contains(where: { $0.quantizeHead != nil }) {
      // Codes of all rows as solved, while a tile is appended, and as packed.
      add("codes of lm_head", 3 * config.vocabularySize * config.hiddenSize)
    }

    // A chunk of tokens on its way through the MLP.
    let longest = (calibration + evaluation).joined().max() ?? 0
    let inner = config.widestInner
    add(
      "one chunk of tokens in a layer",
      4 * max(2048, longest) * (3 * inner + 3 * config.hiddenSize))

    let base = calibration.map { $0.reduce(0, +) }
    let calibrationTokens = base.max() ?? 0
    let evaluationTokens = evaluation.joined().reduce(0, +)
    let shared = trials.contains { $0.propagation == .shared }
    let owners = trials.count { $0.propagation == .quantized }
    let tokens =
      (shared ? base.reduce(0, +) : 0) + owners * calibrationTokens
      + (trials.count + 1) * evaluationTokens
    // Shared trials stand in a stage together, with the inner states of their evaluation tokens.
    let together = trials.count { $0.propagation == .shared } * evaluationTokens
    streams = 4 * config.hiddenSize * tokens
    states =
      streams
      + 4 * inner * (calibrationTokens + evaluationTokens + together)
    add("hidden states, and the widest stage input of one trial", states)
    add("everything else", 300_000_000)
    guard experts > 0 else { return }

    if quantized {
      let gates = crowded.filter { $0.router != nil }.map {
        $0.linears.reduce(0) { $0 + $1.weights }
      }
      add("gates of a layer's experts, as quantized", 4 * (gates.max() ?? 0))
    }
    // A group's Hessians, by the widest inputs; attention has one group of its own width.
    func hessians(_ groups: Int, _ factors: Int) -> Int {
      let together = crowded.map { stage in
        let widths = stage.groups.map { $0.columns * $0.columns }.sorted(by: >)
        return widths.prefix(groups).reduce(0, +)
      }
      return 4 * copies(factors) * max(widest * widest, together.max() ?? 0)
    }
    if let budget, fixed + hessians(experts, factors) > budget {
      // A quarter of what is left is for hidden states, which would all wait in the file otherwise.
      // Trials do not share what is gathered in parts.
      let room = (budget - fixed) / 4 * 3
      groupsAtOnce = max(1, (1..<experts).last { hessians($0, 1) <= room } ?? 1)
    }
    add(
      groupsAtOnce == .max
        ? "Hessians and factors of \(experts) experts"
        : "Hessians and factors of \(groupsAtOnce) of \(experts) experts at a time",
      hessians(min(groupsAtOnce, experts), groupsAtOnce == .max ? factors : 1))
  }

  private mutating func add(_ name: String, _ bytes: Int) {
    terms.append(Term(name: name, bytes: bytes))
  }
}
