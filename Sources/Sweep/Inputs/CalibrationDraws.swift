import Basics
import Calib
import Foundation
import Results

/// Other calibration tokens of the same kind, to see how much the draw alone moves a result.
///
/// Other rows of the same sources, where the set's recipe can be carried out again and its sources
/// hold enough of them; else the set's own windows, drawn with replacement.
struct CalibrationDraws {
  /// What each draw is, from 1.
  let draws: [CalibrationDraw]
  /// The windows of each.
  let windows: [[[Int32]]]

  /// The most bytes of sources that are read again for other rows.
  static let largestSource = 512_000_000

  /// `count` draws like `set`. None where the set is a single window, and has no other rows.
  init(like set: CalibrationSet, count: Int, seed: Int) {
    var draws: [CalibrationDraw] = []
    var windows: [[[Int32]]] = []
    for draw in 1...max(1, count) where draw <= count {
      let drawSeed = seed &+ 7919 &* draw
      var drawn = draw == 1 || draws.first?.method == .rows ? Self.otherRows(set, drawSeed) : nil
      let method: CalibrationDraw.Method = drawn == nil ? .bootstrap : .rows
      if drawn == nil, set.samples.count > 1 {
        drawn = set.samples.drawn(set.samples.count, seed: drawSeed)
      }
      guard let samples = drawn else { continue }
      var other = set
      other.samples = samples
      draws.append(
        CalibrationDraw(
          draw: draw, method: method, seed: drawSeed, hash: other.hash, samples: samples.count,
          tokens: other.tokenCount))
      windows.append(other.windows)
    }
    self.draws = draws
    self.windows = windows
  }

  /// As many windows of other rows; nil where the sources have changed, are gone, are too large to
  /// read again, or hold mostly the same rows.
  private static func otherRows(_ set: CalibrationSet, _ seed: Int) -> [CalibrationSample]? {
    var bytes = 0
    for source in set.recipe.sources {
      let size =
        try? FileManager.default.attributesOfItem(
          atPath: HubCache().url(of: source).resolvingSymlinksInPath().path)[.size] as? Int
      guard let size else { return nil }
      bytes += size
    }
    guard bytes <= largestSource else { return nil }
    // Other rows may be shorter: then twice as many.
    for factor in [1, 2] {
      var recipe = set.recipe
      recipe.seed = seed
      recipe.take = recipe.take.drawn(times: factor)
      guard let other = try? CalibrationSet.build(recipe).set,
        other.tokenizerHash == set.tokenizerHash, !hasChanged(set.sources, other.sources)
      else { return nil }
      guard other.samples.count >= set.samples.count else { continue }
      let samples = other.samples.prefix(set.samples.count)
      let known = Set(set.documents.map(\.sha256))
      let used = Set(samples.flatMap(\.spans).map(\.document))
      let repeated = used.count { known.contains(other.documents[$0].sha256) }
      return repeated * 2 <= used.count ? Array(samples) : nil
    }
    return nil
  }

  private static func hasChanged(_ old: [SourceRecord], _ new: [SourceRecord]) -> Bool {
    zip(old, new).contains { $0.isWhole && $1.isWhole && $0.sha256 != $1.sha256 }
  }
}

extension Array {
  /// `count` of these windows at random: some of them, in their order, where that leaves a choice, and
  /// else as many with replacement, a bootstrap. Equal seeds draw alike.
  func drawn(_ count: Int, seed: Int) -> [Element] {
    var random = SplitMix64(seed: UInt64(bitPattern: Int64(seed)))
    guard count >= self.count else {
      return indices.shuffled(using: &random).prefix(count).sorted().map { self[$0] }
    }
    return map { _ in self[Int(random.uniform() * Double(self.count))] }
  }
}

extension SampleSelection {
  /// A draw of `times` as many documents; the first ones become random ones.
  fileprivate func drawn(times: Int) -> SampleSelection {
    let (count, isTooMany) = self.count.multipliedReportingOverflow(by: times)
    guard !isTooMany else { return self }
    switch self {
    case .first, .random: return .random(count)
    case .stratified: return .stratified(count)
    }
  }
}
