/// An average of a leaderboard by its rule: what it is made of, and with which weights.
struct LeaderboardAverage: Sendable {
  /// Its column.
  let name: String
  /// What it is made of.
  let root: Part

  /// The column of all GLP.
  static let glp = "汎用的言語性能(GLP)_AVG"
  /// The column of all ALT.
  static let alt = "アラインメント(ALT)_AVG"

  /// A category, or a mean of parts.
  indirect enum Part: Sendable {
    case category(String, String)
    case mean([(weight: Double, part: Part)])

    /// The mean of `parts`, all of one weight.
    static func even(_ parts: [Part]) -> Part { .mean(parts.map { (1, $0) }) }

    /// The weight of each category in the whole, of those that `isThere` has: a part without any is
    /// left out, as the leaderboard leaves out what is no number.
    func weights(_ isThere: (Key) -> Bool) -> [Key: Double] {
      switch self {
      case .category(let group, let name):
        let key = Key(group: group, name: name)
        return isThere(key) ? [key: 1] : [:]
      case .mean(let parts):
        let present = parts.map { ($0.weight, $0.part.weights(isThere)) }.filter { !$0.1.isEmpty }
        let total = present.reduce(0) { $0 + $1.0 }
        return present.reduce(into: [:]) { sum, part in
          for (key, weight) in part.1 { sum[key, default: 0] += weight * part.0 / total }
        }
      }
    }
  }

  /// A category of a group.
  struct Key: Hashable, Sendable {
    let group: String
    let name: String
  }

  /// Every category that it is made of.
  var categories: [Key] { Array(root.weights { _ in true }.keys) }

  /// Its value of `scores`, and the categories that are missing; nil where none is there.
  func value(of scores: [ScoreTable.Score]) -> (value: Double, missing: [String])? {
    let values = Dictionary(
      scores.map { (Key(group: $0.group, name: $0.category), $0.value) }, uniquingKeysWith: { $1 })
    let weights = root.weights { values[$0] != nil }
    guard !weights.isEmpty else { return nil }
    // In one order: sums of floats depend on it.
    let value = weights.sorted { ($0.key.group, $0.key.name) < ($1.key.group, $1.key.name) }
      .reduce(0) { $0 + $1.value * (values[$1.key] ?? 0) }
    return (value, categories.filter { values[$0] == nil }.map(\.name).sorted())
  }
}

extension ScoreTable {
  /// An average of one model, as the page prints it and as the leaderboard's rule gives it.
  public struct Recomputed: Sendable, Equatable {
    /// The model.
    public let model: String
    /// The average's column.
    public let average: String
    /// What the page prints; nil: it does not print it.
    public let printed: Double?
    /// What the printed categories give.
    public let value: Double
    /// Categories that are not there, without which it was taken.
    public let missing: [String]

    /// Whether the page prints something else than its categories give.
    public var contradicts: Bool {
      printed.map { missing.isEmpty && abs($0 - value) > ScoreComparison.rounding } ?? false
    }
  }

  /// The averages of every model, by the rules of its page's edition; none where that is not known.
  public func recomputed() -> [Recomputed] {
    pages.flatMap { page -> [Recomputed] in
      guard let edition = LeaderboardEdition(categories: page.map(\.category)) else { return [] }
      return unique(page.map(\.model)).flatMap { model -> [Recomputed] in
        let own = page.filter { $0.model == model }
        return edition.averages.compactMap { average in
          let printed = own.first { $0.group == "average" && $0.category == average.name }?.value
          guard let (value, missing) = average.value(of: own.filter { $0.group != "average" }),
            printed != nil || missing.isEmpty
          else { return nil }
          return Recomputed(
            model: model, average: average.name, printed: printed, value: value, missing: missing)
        }
      }
    }
  }

  /// The scores of each page.
  var pages: [[Score]] {
    unique(scores.map(\.source)).map { source in scores.filter { $0.source == source } }
  }

  /// Each of `values` once, in their order.
  func unique(_ values: [String]) -> [String] {
    var seen: Set<String> = []
    return values.filter { seen.insert($0).inserted }
  }
}
