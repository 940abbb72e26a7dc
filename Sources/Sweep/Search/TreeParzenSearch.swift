import Basics
import Codecs

/// The tree-structured Parzen estimator of Bergstra et al. (NeurIPS 2011): of the trials so far the
/// best γ make a density l, the others a density g; candidates are drawn from l, and the one of the
/// largest l/g is tried next, which is the one of the largest expected improvement.
struct TreeParzenSearch {
  /// The share of trials that counts as good.
  var gamma = 0.15
  /// Candidates drawn for each proposal.
  var candidates = 24
  /// What each setting may be.
  let domains: [SearchDomain]

  private var good: [ParzenEstimator] = []
  private var bad: [ParzenEstimator] = []

  init(_ domains: [SearchDomain]) {
    self.domains = domains
  }

  /// Learns from trials, each the points of one size with their losses (lower is better). The best γ
  /// of each size are the good ones, so that a larger size does not win by its size.
  mutating func learn(_ sizes: [[(point: [JSONValue], loss: Double)]]) {
    var best: [[JSONValue]] = []
    var rest: [[JSONValue]] = []
    for size in sizes where !size.isEmpty {
      let order = size.indices.sorted { (size[$0].loss, $0) < (size[$1].loss, $1) }
      let count = max(1, Int((gamma * Double(size.count)).rounded(.up)))
      best += order.prefix(count).map { size[$0].point }
      rest += order.dropFirst(count).map { size[$0].point }
    }
    good = domains.indices.map { axis in
      ParzenEstimator(domains[axis], seen: best.map { $0[axis] })
    }
    bad = domains.indices.map { axis in
      ParzenEstimator(domains[axis], seen: rest.map { $0[axis] })
    }
  }

  /// The most promising of `candidates` points that `isWanted`; nil where draws from l find none.
  func propose(
    using random: inout SplitMix64, where isWanted: ([JSONValue]) -> Bool
  ) -> [JSONValue]? {
    var best: [JSONValue]?
    var bestScore = -Double.infinity
    var found = 0
    for _ in 0..<SearchSpace.patience where found < candidates {
      let point = good.map { $0.draw(using: &random) }
      guard isWanted(point) else { continue }
      found += 1
      let score = domains.indices.reduce(0.0) { sum, axis in
        sum + good[axis].logDensity(of: point[axis]) - bad[axis].logDensity(of: point[axis])
      }
      if best == nil || score > bestScore { (best, bestScore) = (point, score) }
    }
    return best
  }
}
