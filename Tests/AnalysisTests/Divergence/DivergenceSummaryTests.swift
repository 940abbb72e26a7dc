import Analysis
import Compute
import Foundation
import Testing

@Suite("What a study keeps of a trial's divergence")
struct DivergenceSummaryTests {
  /// Six tokens in two windows, of which the trial is as sure as the base times a factor.
  private var scores: TokenScores {
    let base = [0.1, 0.3, 0.6, 0.8, 0.95, 0.99]
    let factors = [0.5, 0.9, 1, 1.05, 0.99, 1]
    return TokenScores(
      zip(base, factors).map { p, factor in
        TokenStatistics(
          base: .init(logSumExp: 0, largest: log(p), target: log(p), top: 7),
          trial: .init(
            logSumExp: 0, largest: log(p), target: log(p * factor), top: factor < 0.6 ? 8 : 7),
          // Of trial logits that sum to 1 as well the divergence is this alone.
          meanDifference: 0.1 * (1 - factor).magnitude)
      })
  }

  private let domain = HeldoutDomain(
    name: "wiki", windows: [[1, 2, 3, 4], [5, 6, 7, 8]], characters: 12)

  @Test("the lines are those of the statistics, and the groups are parts of the whole")
  func lines() throws {
    let summary = try #require(DivergenceSummary(scores, of: domain))
    let statistics = DivergenceStatistics(scores, windows: [3, 3])
    #expect(summary.whole.tokens == 6 && summary.whole.kind == nil && summary.whole.name == "")
    #expect(summary.whole.lines == statistics.lines.filter(\.value.isFinite))
    // The mean of 0.05, 0.01, 0, 0.005, 0.001, 0.
    #expect(abs(try #require(summary.whole["kld_mean"]).value - 0.011) < 1e-12)
    #expect(abs(try #require(summary.whole["same_top_p"]).value - 5.0 / 6) < 1e-12)
    #expect(summary.whole["reverse_kld_mean"] == nil && summary.whole["top5_agreement"] == nil)
    let groups = summary.parts.dropFirst()
    #expect(groups.allSatisfy { $0.kind == .confidence }, "the classes are not known")
    #expect(groups.map(\.name) == ["0.0-0.25", "0.25-0.5", "0.5-0.75", "0.75-0.9", "0.9-1.0"])
    #expect(groups.map(\.tokens) == [1, 1, 1, 1, 2])
    let kld = try #require(groups.last?["kld_mean"])
    #expect(abs(kld.value - 0.0005) < 1e-12)
    #expect(groups.allSatisfy { $0["kld_max"] == nil })
  }

  @Test("it reads back from JSON as it was")
  func roundTrip() throws {
    let summary = try #require(DivergenceSummary(scores, of: domain))
    let data = try JSONEncoder().encode(summary)
    #expect(try JSONDecoder().decode(DivergenceSummary.self, from: data) == summary)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(DivergenceSummary.self, from: Data("[]".utf8))
    }
  }

  @Test("a model that predicts no numbers has none, and no line is not a number")
  func notANumber() throws {
    let logits = TokenStatistics.Logits(logSumExp: 0, largest: -1, target: -1, top: 1)
    let broken = TokenStatistics(base: logits, trial: logits, meanDifference: .nan)
    let two = HeldoutDomain(name: "x", windows: [[1, 2, 3]], characters: 2)
    #expect(DivergenceSummary(TokenScores([broken, broken]), of: two) == nil)
    #expect(DivergenceSummary(TokenScores(), of: two) == nil)
    // Two equal tokens: nothing scatters, and nothing correlates.
    let still = TokenStatistics(base: logits, trial: logits, meanDifference: 0)
    let summary = try #require(DivergenceSummary(TokenScores([still, still]), of: two))
    #expect(summary.whole["ln_ppl_correlation"] == nil)
    #expect(summary.parts.allSatisfy { $0.lines.allSatisfy(\.value.isFinite) })
  }
}
