import Basics
import Compute

/// What a model continues a prompt with.
public struct Continuation: Sendable, Equatable {
  /// Why it ends.
  public enum End: String, Sendable, Equatable {
    /// The model ended it: a token that ends texts came, which is not among `tokens`.
    case token
    /// Whoever asked has enough.
    case enough
    /// As many tokens came as were asked for.
    case length
  }

  /// The new tokens.
  public var tokens: [Int32]
  /// Why no more came.
  public var end: End

  /// `tokens`, which end so.
  public init(tokens: [Int32], end: End) {
    self.tokens = tokens
    self.end = end
  }
}

/// Greedy decoding: each token is the likeliest behind those before it, of equal ones the lowest id, as
/// torch.argmax takes it. Several sequences go through the model together, each with its own length; when
/// half of them have ended, the next prompts take their places.
public struct GreedyDecoding {
  /// The model.
  public let model: KeptModel
  /// Sequences that are decoded together.
  public let batch: Int
  /// Tokens that end a text.
  public let endTokens: Set<Int32>
  /// Whether the tokens that all prompts begin with are computed once for all.
  public let sharesBeginning: Bool

  /// Decodes with `model`.
  public init(
    _ model: KeptModel, batch: Int = 16, endTokens: Set<Int32>, sharesBeginning: Bool = true
  ) {
    precondition(batch > 0, "a sequence at a time")
    self.model = model
    self.batch = batch
    self.endTokens = endTokens
    self.sharesBeginning = sharesBeginning
  }

  /// The continuations of `prompts`, each of up to `newTokens` tokens. `isEnough` is asked after each new
  /// token whether that prompt, by its place, has what it needs; `progress` gets the number of prompts
  /// that are done after each step.
  /// - Precondition: prompts with new tokens are no longer than `model.positions`, and not empty.
  public func continuations(
    of prompts: [[Int32]], newTokens: Int,
    isEnough: (_ prompt: Int, _ tokens: [Int32]) -> Bool = { _, _ in false },
    progress: (Int) -> Void = { _ in }
  ) throws(InputError) -> [Continuation] {
    precondition(prompts.allSatisfy { !$0.isEmpty }, "a token to begin with")
    precondition(prompts.longest + newTokens <= model.positions, "positions for all tokens")
    guard newTokens > 0 else { return prompts.map { _ in Continuation(tokens: [], end: .length) } }
    let config = model.decoder.config
    let extent = CacheExtent(
      config, prompts: prompts, newTokens: newTokens, batch: batch, isShared: sharesBeginning)
    var cache = KeyValueCache(
      config, shared: extent.shared, slots: extent.slots, room: extent.room,
      engine: model.decoder.engine)
    if extent.shared > 0 {
      _ = try model.step(
        [Array(prompts[0][..<extent.shared])], at: [cache.beginning], cache: &cache)
    }
    var done = [Continuation?](repeating: nil, count: prompts.count)
    var running: [Running] = []
    var free = Array(0..<extent.slots)
    var next = 0
    while next < prompts.count || !running.isEmpty {
      var begun: [Running] = []
      if next < prompts.count, running.isEmpty || 2 * free.count >= extent.slots {
        while next < prompts.count, let slot = free.popLast() {
          begun.append(Running(prompt: next, slot: slot, seen: extent.shared))
          next += 1
        }
      }
      // Prompts are read together; those that run already wait for it.
      var moving = begun.isEmpty ? running : begun
      let tokens = try step(moving.map { ($0, prompts[$0.prompt]) }, config, &cache)
      var left: [Running] = begun.isEmpty ? [] : running
      for (place, token) in tokens.enumerated() {
        let prompt = moving[place].prompt
        moving[place].seen = prompts[prompt].count + moving[place].tokens.count
        let end: Continuation.End?
        if endTokens.contains(token) {
          end = .token
        } else {
          moving[place].tokens.append(token)
          end =
            moving[place].tokens.count == newTokens
            ? .length : isEnough(prompt, moving[place].tokens) ? .enough : nil
        }
        guard let end else {
          left.append(moving[place])
          continue
        }
        done[prompt] = Continuation(tokens: moving[place].tokens, end: end)
        free.append(moving[place].slot)
      }
      running = left
      progress(done.count { $0 != nil })
    }
    return done.compactMap(\.self)
  }

  /// A sequence on its way.
  private struct Running {
    let prompt: Int
    let slot: Int
    /// Its first tokens, whose keys and values the cache has.
    var seen: Int
    var tokens: [Int32] = []
  }

  /// The next token of some sequences, given with their prompts.
  private func step(
    _ running: [(sequence: Running, prompt: [Int32])], _ config: ModelConfig,
    _ cache: inout KeyValueCache
  ) throws(InputError) -> [Int32] {
    var windows: [[Int32]] = []
    var places: [CachePlace] = []
    for (sequence, prompt) in running {
      let tokens = prompt + sequence.tokens
      // Where their length has turned the keys otherwise, all are made again.
      let isWhole = config.turnsKeys(from: sequence.seen, to: tokens.count)
      let seen = isWhole ? 0 : sequence.seen
      windows.append(Array(tokens[seen...]))
      places.append(cache.place(slot: sequence.slot, position: seen, isWhole: isWhole))
    }
    return try model.likeliest(model.step(windows, at: places, cache: &cache))
  }
}

/// How large a cache has to be.
package struct CacheExtent {
  /// Tokens that all prompts begin with and that are kept once.
  package let shared: Int
  /// Sequences at a time.
  package let slots: Int
  /// The most tokens of a sequence beyond the shared ones.
  package let room: Int

  package init(
    _ config: ModelConfig, prompts: [[Int32]], newTokens: Int, batch: Int, isShared: Bool
  ) {
    let longest = prompts.longest + newTokens
    slots = min(batch, prompts.count)
    // The last token of a prompt is its own: its state predicts the first new one.
    let shortest = (prompts.map(\.count).min() ?? 1) - 1
    let first = prompts.first ?? []
    let common = prompts.dropFirst().reduce(shortest) { common, prompt in
      zip(first, prompt).prefix(common).prefix { $0 == $1 }.count
    }
    shared =
      isShared && prompts.count > 1 && !config.turnsKeys(from: 0, to: longest) ? common : 0
    room = longest - shared
  }
}

extension ModelConfig {
  /// Whether the keys of the first `from` tokens of a sequence are others once it has `to` tokens: rotary
  /// frequencies may depend on the length.
  package func turnsKeys(from: Int, to: Int) -> Bool {
    description.layers.contains { layer in
      guard let rope = layer.attention?.rope, let longest = rope.longestFixedLength else {
        return false
      }
      return to > longest && (from <= longest || !rope.isFixedBeyond)
    }
  }
}
