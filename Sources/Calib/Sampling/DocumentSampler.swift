import Basics

/// A document that passed every filter, ready to be tokenized.
struct Candidate: Sendable {
  var source: Int
  var document: Document
  /// SHA-256 of the text's UTF-8.
  var sha256: String
  /// The filter rules it fails.
  var flags: [String]
}

/// Draws documents from a stream of unknown length. Each document is given a random key, and the
/// least keys stay: a uniform sample without replacement, in memory that does not grow.
struct DocumentSampler {
  private struct Reservoir {
    /// How many documents were offered.
    var offered = 0
    /// The documents of the least keys, ascending.
    var kept: [(key: UInt64, order: Int, candidate: Candidate)] = []

    mutating func offer(_ candidate: Candidate, key: UInt64, order: Int, limit: Int) {
      offered += 1
      if kept.count == limit, let last = kept.last, key >= last.key { return }
      let place = kept.firstIndex { $0.key > key } ?? kept.count
      kept.insert((key, order, candidate), at: place)
      if kept.count > limit { kept.removeLast() }
    }
  }

  private let selection: SampleSelection
  private var generator: SplitMix64
  private var taken = 0
  private var offered = 0
  private var strata: [Int: Reservoir] = [:]

  init(_ selection: SampleSelection, seed: Int) {
    self.selection = selection
    generator = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
  }

  /// True once no further document can matter.
  var isFull: Bool {
    if case .first(let count) = selection { taken >= count } else { false }
  }

  /// Takes note of a document; `first` hands it on at once through `emit`.
  mutating func offer(
    _ candidate: Candidate, _ emit: (Candidate) throws(InputError) -> Void
  ) throws(InputError) {
    defer { offered += 1 }
    switch selection {
    case .first:
      guard !isFull else { return }
      taken += 1
      try emit(candidate)
    case .random(let count):
      strata[0, default: Reservoir()].offer(
        candidate, key: generator.next(), order: offered, limit: count)
    case .stratified(let count):
      strata[Self.stratum(of: candidate.document.text), default: Reservoir()].offer(
        candidate, key: generator.next(), order: offered, limit: count)
    }
  }

  /// The documents that were drawn, in the order in which they came.
  consuming func finish(_ emit: (Candidate) throws(InputError) -> Void) throws(InputError) {
    let names = strata.keys.sorted()
    let quotas = Self.quotas(
      names.map { Double(strata[$0]?.offered ?? 0) }, total: min(selection.count, offered))
    var chosen: [(key: UInt64, order: Int, candidate: Candidate)] = []
    for (name, quota) in zip(names, quotas) {
      chosen += strata[name]?.kept.prefix(quota) ?? []
    }
    for entry in chosen.sorted(by: { $0.order < $1.order }) { try emit(entry.candidate) }
  }

  /// Length in four steps and script in three.
  private static func stratum(of text: String) -> Int {
    var kana = 0
    var kanji = 0
    var latin = 0
    var count = 0
    for scalar in text.unicodeScalars {
      count += 1
      switch scalar.value {
      case 0x3041...0x30FF: kana += 1
      case 0x3400...0x9FFF: kanji += 1
      case 0x41...0x5A, 0x61...0x7A: latin += 1
      default: break
      }
    }
    let length = [300, 1000, 3000].firstIndex { count < $0 } ?? 3
    let script = latin > kana + kanji ? 2 : kanji > kana ? 1 : 0
    return length * 3 + script
  }

  /// `total` shared out by `weights`, whole numbers by the largest remainder.
  static func quotas(_ weights: [Double], total: Int) -> [Int] {
    let sum = weights.reduce(0, +)
    guard sum > 0 else { return weights.map { _ in 0 } }
    let shares = weights.map { Double(total) * $0 / sum }
    var quotas = shares.map { Int($0) }
    let order = shares.indices.sorted {
      (shares[$1] - Double(quotas[$1]), $0) < (shares[$0] - Double(quotas[$0]), $1)
    }
    for index in order.prefix(total - quotas.reduce(0, +)) { quotas[index] += 1 }
    return quotas
  }
}
