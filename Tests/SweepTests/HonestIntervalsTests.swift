import Analysis
import Basics
import Foundation
import GPTQ
import Results
import Testing

/// Simulated texts, diagnoses and studies whose truth is known: 95 % intervals must hold it in 93 to
/// 97 of 100, and what is equal may be called worse in at most 5 of 100. The table of docs/metrics.md:
/// `TENBIN_TABLES=1 swift test -c release --disable-xctest --filter HonestIntervals`.
@Suite("Honest intervals and ties", .serialized)
struct HonestIntervalsTests {
  private static let runs = 4000
  private static let studies = 1000

  private static func report(_ what: String, _ share: Double) {
    guard ProcessInfo.processInfo.environment["TENBIN_TABLES"] != nil else { return }
    print("| \(what) | \(String(format: "%.1f", 100 * share)) % |")
  }

  /// The share of `count` runs in which `isTrue`.
  private static func share(
    _ count: Int, _ isTrue: (inout Normals) -> Bool
  ) -> Double {
    var random = Normals(seed: 20_261_126)
    var hits = 0
    for _ in 0..<count where isTrue(&random) { hits += 1 }
    return Double(hits) / Double(count)
  }

  @Test(
    "a perplexity's error over documents of one kind, whose windows are alike",
    arguments: [3, 5, 8, 16], [0.3, 0.8])
  func documents(count: Int, spread: Double) {
    let share = Self.share(Self.runs) { random in
      // An article's own level, and windows about it: neighbours correlate at 0.65.
      var (windows, documents, nll) = ([Int](), [Int](), [Double]())
      for _ in 0..<count {
        let length = max(1, Int((4 * exp(spread * random.next())).rounded()))
        let level = 0.65.squareRoot() * random.next()
        documents.append(length * 511)
        for _ in 0..<length {
          windows.append(511)
          nll.append(level + 0.35.squareRoot() * random.next())
        }
      }
      let units = Evaluation.units(documents: documents, windows: windows)
      var (sums, next) = ([Double](), 0)
      for tokens in units {
        let mine = nll[next..<next + tokens / 511]
        sums.append(511 * mine.reduce(0, +))
        next += mine.count
      }
      let mean = WindowedMean(sums: sums, tokens: units.map(Double.init))
      return abs(mean.mean) <= Scatter(stderr: mean.stderr, freedom: mean.freedom).reach()
    }
    Self.report("perplexity, \(count) documents of lengths that differ by e^\(spread)", share)
    #expect((0.93...0.975).contains(share))
  }

  @Test("a paired difference over few windows", arguments: [2, 3, 8, 16])
  func windows(count: Int) {
    let share = Self.share(Self.runs) { random in
      let scores = WindowScores(
        tokens: [Double](repeating: 511, count: count),
        nll: (0..<count).map { _ in 511 * random.next() }, kld: [Double](repeating: 0, count: count)
      )
      let estimate = Estimate(LinearContrast([(1, scores)], .nll))
      return estimate.low <= 0 && 0 <= estimate.high
    }
    Self.report("paired difference, \(count) windows", share)
    #expect((0.93...0.97).contains(share))
  }

  /// A difference on `draws` calibration draws and `windows` windows, whose truth is `truth`.
  private static func difference(
    draws: Int, windows: Int, chance: Double, truth: Double, _ random: inout Normals
  ) -> Estimate {
    let text = (0..<windows).map { _ in 0.03 * random.next() }
    let tokens = [Double](repeating: 511, count: windows)
    return Estimate(
      draws: (0..<draws).map { _ in
        let shift = truth + chance * random.next()
        let nll = text.map { 511 * ($0 + shift) }
        return LinearContrast([(1, WindowScores(tokens: tokens, nll: nll, kld: nll))], .nll)
      })
  }

  @Test(
    "a diagnosis' difference over draws and windows", arguments: [3, 5],
    [0.001, 0.01, 0.05])
  func diagnoses(draws: Int, chance: Double) {
    let share = Self.share(Self.runs) { random in
      let estimate = Self.difference(
        draws: draws, windows: 8, chance: chance, truth: 0.02, &random)
      return estimate.low <= 0.02 && 0.02 <= estimate.high
    }
    Self.report("difference of a diagnosis, \(draws) draws of spread \(chance), 8 windows", share)
    #expect((0.93...0.975).contains(share))
    let wrong = Self.share(Self.runs) { random in
      let estimate = Self.difference(draws: draws, windows: 8, chance: chance, truth: 0, &random)
      return CauseRanking(nll: estimate, kld: estimate, divergences: (0.1, 0.1)).verdict
        == .regression
    }
    Self.report("false regression, the same", wrong)
    #expect(wrong <= 0.05)
  }

  @Test("stored checkpoints of equal settings and other seeds", arguments: [0.003, 0.02])
  func checkpoints(chance: Double) {
    let wrong = Self.share(Self.runs) { random in
      func draw() -> Double { chance * random.next() - chance * random.next() }
      let text = (0..<8).map { _ in 0.01 * random.next() }
      let stored = draw()
      let nll = text.map { 511 * ($0 + stored) }
      let tokens = [Double](repeating: 511, count: 8)
      let main = LinearContrast([(1, WindowScores(tokens: tokens, nll: nll, kld: nll))], .nll)
      let estimate = Estimate(
        value: main.value, stderr: main.stderr, freedom: main.freedom,
        draws: [draw(), draw(), draw()])
      return CauseRanking(nll: estimate, kld: estimate, divergences: (0.1, 0.1)).verdict
        == .regression
    }
    Self.report("false regression, stored seed pairs, draws of spread \(chance)", wrong)
    #expect(wrong <= 0.05)
  }

  @Test(
    "an equal trial is called worse in few studies, however many there are",
    arguments: [2, 3, 6, 12])
  func equalTrials(count: Int) throws {
    let share = Self.share(Self.studies) { random in
      let hard = (0..<8).map { _ in 0.5 * random.next() }
      // Draws move likelihood and divergence of each trial, windows of each a little more.
      func scores() -> (nll: [Double], kld: [Double]) {
        let (shift, more) = (0.02 * random.next(), 0.1 * random.next())
        return (
          hard.map { $0 + shift + 0.01 * random.next() },
          hard.map { _ in exp(more + 0.05 * random.next()) }
        )
      }
      var study = ScoredStudy()
      for trial in 0..<count {
        let scores = scores()
        study.add(nll: scores.nll, kld: scores.kld) {
          $0.quantize.dampPercent = 0.01 * Double(trial + 1)
        }
      }
      guard let first = Standings(study.results).choice(among: study.trials) else { return true }
      for draw in 1...3 {
        let scores = scores()
        study.add(nll: scores.nll, kld: scores.kld, draw: draw) { $0 = first.config }
      }
      let size = Standings(study.results).sizes.first
      return size?.ties.count != count - 1
    }
    Self.report(
      "an equal trial called worse or left out of the ties, \(count) trials per size", share)
    #expect(share <= 0.05)
  }
}

/// Independent normal numbers.
private struct Normals {
  private var random: SplitMix64

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func next() -> Double {
    let radius = (-2 * log(max(random.uniform(), 1e-300))).squareRoot()
    return radius * cos(2 * .pi * random.uniform())
  }
}
