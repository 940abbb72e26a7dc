import Basics
import Compute
import Tensor

/// What a model, beside its base, lets follow one prompt, as its logits have it.
public struct NextTokenLogits: Sendable {
  /// A token, and both models' logits of it.
  public struct Entry: Sendable, Equatable {
    /// The token.
    public var token: Int32
    /// The model's logit.
    public var logit: Float
    /// The base's.
    public var baseLogit: Float
  }

  /// The statistics of each place that was asked for, the end of the prompt last. No target is set.
  public internal(set) var places: [TokenStatistics] = []
  /// The model's likeliest tokens behind the prompt, likeliest first, of equals the lowest id first.
  public internal(set) var likeliest: [Entry] = []
  /// The base's likeliest ones, in the same order.
  public internal(set) var baseLikeliest: [Entry] = []

  /// Logits of which nothing is known yet.
  public init() {}
}

extension DecoderHead {
  /// Looks at what each model lets follow each window of `base`, a prompt: one array a trial, an entry a
  /// prompt. `places` holds for each prompt after how many of its tokens statistics are wanted, in
  /// ascending order, the last one being all of them; behind all, the `count` likeliest tokens are kept,
  /// too. `heads` holds the tiles of trials whose lm_head is not the base's, by the trial's place.
  /// - Precondition: `count` is above 0.
  public func nextTokens(
    base: HiddenStates, trials: [HiddenStates], places: [[Int]], count: Int,
    heads: [Int: Tiles] = [:]
  ) throws(InputError) -> [[NextTokenLogits]] {
    precondition(count > 0, "a token to look for")
    let rows = zip(base.windows, places).flatMap { window, places in
      places.map { window.lowerBound + $0 - 1 }
    }
    // The last row of each prompt, by its place among the rows.
    var ends: [Int32] = []
    for places in places { ends.append((ends.last ?? -1) + Int32(places.count)) }
    let targets = [Int32](repeating: 0, count: rows.count)
    var statistics = trials.map { _ in engine.makeTokenStatistics(targets: targets) }
    var found = trials.map { _ in places.map { _ in NextTokenLogits() } }
    try forEachTile { first, tile in
      let own = heads.mapValues { $0(first..<first + tile.rows) }
      let baseLogits = logits(base, rows[...], tile)
      let baseEnds = engine.download(engine.gatherRows([(baseLogits, ends)]))
      for (index, trial) in trials.enumerated() {
        let logits = logits(trial, rows[...], own[index] ?? tile)
        engine.accumulate(
          base: baseLogits, trial: logits, firstToken: first, into: &statistics[index])
        let ends = engine.download(engine.gatherRows([(logits, ends)]))
        for prompt in places.indices {
          found[index][prompt].take(
            base: baseEnds.row(prompt), logits: ends.row(prompt), first: first, count: count)
        }
      }
    }
    for index in trials.indices {
      var rest = engine.tokenStatistics(statistics[index])[...]
      for (prompt, places) in places.enumerated() {
        found[index][prompt].places = Array(rest.prefix(places.count))
        rest = rest.dropFirst(places.count)
      }
    }
    if let failure = engine.failure { throw failure }
    return found
  }
}

extension NextTokenLogits {
  /// Takes in one tile of the vocabulary, whose first token is `first`.
  fileprivate mutating func take(
    base: ArraySlice<Float>, logits: ArraySlice<Float>, first: Int, count: Int
  ) {
    var (least, baseLeast) = (-Float.infinity, -Float.infinity)
    if likeliest.count == count { least = likeliest.last?.logit ?? least }
    if baseLikeliest.count == count { baseLeast = baseLikeliest.last?.baseLogit ?? baseLeast }
    for (offset, (theirs, mine)) in zip(base, logits).enumerated() {
      guard mine > least || theirs > baseLeast else { continue }
      let entry = Entry(token: Int32(first + offset), logit: mine, baseLogit: theirs)
      if mine > least {
        least = Self.insert(entry, into: &likeliest, by: \.logit, count: count)
      }
      if theirs > baseLeast {
        baseLeast = Self.insert(entry, into: &baseLikeliest, by: \.baseLogit, count: count)
      }
    }
  }

  /// Puts an entry in its place among the `count` largest, and returns above what another one finds a
  /// place. Tokens come in ascending order: of equals the one that is there stays in front.
  private static func insert(
    _ entry: Entry, into list: inout [Entry], by key: KeyPath<Entry, Float>, count: Int
  ) -> Float {
    let value = entry[keyPath: key]
    list.insert(entry, at: list.firstIndex { value > $0[keyPath: key] } ?? list.count)
    if list.count > count { list.removeLast() }
    return list.count < count ? -.infinity : list[count - 1][keyPath: key]
  }
}
