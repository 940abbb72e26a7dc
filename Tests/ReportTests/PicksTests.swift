import Analysis
import Results
import Testing

/// Which model a study says to ship, and which not to.
@Suite("Picks")
struct PicksTests {
  private func trial(
    _ number: Int, bits: Int, delta: Double, stderr: Double = 0.001, companion: Int? = nil
  ) -> TrialResult {
    FindingsTests.trial(
      number, bits: bits, bitsPerWeight: Double(bits) + 0.16, delta: delta, stderr: stderr,
      companion: companion)
  }

  private func picks(_ trials: [TrialResult], hasBase: Bool = true) -> Picks {
    Findings(FindingsTests.study(trials, hasBase: hasBase)).picks
  }

  @Test("the smallest usable size, and the smallest within 1 % of the base for certain")
  func sizes() {
    let found = picks([
      trial(0, bits: 2, delta: 0.4), trial(1, bits: 3, delta: 0.0952),
      trial(2, bits: 4, delta: 0.009, stderr: 0.002), trial(3, bits: 6, delta: 0.006),
      trial(4, bits: 8, delta: 0.0001),
    ])
    // 0.009 ± 0.002 may well be more than 1 %.
    #expect(found.ship.map(\.trial) == [1, 3])
    #expect(found.ship.map(\.roles) == [[.small], [.nearLossless]])
    #expect(found.avoid == nil)
  }

  @Test("one trial may be both")
  func both() {
    let found = picks([trial(0, bits: 4, delta: 0.002), trial(1, bits: 8, delta: 0.0001)])
    #expect(found.ship.map(\.roles) == [[.small, .nearLossless]])
    #expect(found.ship.map(\.trial) == [0])
  }

  @Test("where nothing is near-lossless the nearest to the base is offered, as what it is")
  func nearest() {
    let found = picks([trial(0, bits: 2, delta: 0.6), trial(1, bits: 3, delta: 0.3)])
    #expect(found.ship.map(\.roles) == [[.small, .nearest]])
    #expect(found.ship.map(\.trial) == [1])
  }

  @Test("without a base, or without a trial, nothing is promised")
  func unknown() {
    let trials = [trial(0, bits: 4, delta: 0.05), trial(1, bits: 8, delta: 0)]
    #expect(picks(trials, hasBase: false).ship.allSatisfy { !$0.roles.contains(.nearLossless) })
    #expect(picks([]).ship.isEmpty && picks([]).avoid == nil)
  }

  @Test("what not to ship: the packer's damage first, then a bigger file that is worse")
  func avoided() {
    let sound = [trial(0, bits: 4, delta: 0.05), trial(1, bits: 8, delta: 0.0001)]
    var damaged = trial(2, bits: 8, delta: 0.09)
    damaged.config.packer = .autogptqBF16
    guard case .packer(let regression)? = picks(sound + [damaged]).avoid?.fault else {
      Issue.record("no packer")
      return
    }
    #expect(regression.trial == 2 && regression.twin == 1 && regression.beatenBy == 0)

    let upside = picks([trial(0, bits: 4, delta: 0.05), trial(1, bits: 8, delta: 0.09)])
    guard case .inversion(smaller: 0, _)? = upside.avoid?.fault else {
      Issue.record("no inversion")
      return
    }
    #expect(upside.avoid?.trial == 1)

    var ruined = trial(2, bits: 3, delta: 0.2)
    ruined.evaluations[0].perplexity = .infinity
    let unscored = picks(sound + [ruined]).avoid
    #expect(unscored?.trial == 2 && unscored?.fault == .notScored)
  }

  @Test("where all else is sound, the rounding that GPTQ improves on")
  func rounded() {
    var rounded = trial(0, bits: 4, delta: 0.09)
    rounded.config.quantize.algorithm = .rtn
    let found = picks([rounded, trial(1, bits: 4, delta: 0.05, companion: 0)])
    guard case .rounded(better: 1, _)? = found.avoid?.fault else {
      Issue.record("no rounding")
      return
    }
    #expect(found.avoid?.trial == 0)
  }

  @Test("a change of perplexity is that of the paired difference")
  func change() {
    let change = PerplexityChange(FindingsTests.evaluation(delta: 0.0324, stderr: 0.0054))
    #expect(abs(change.percent - 3.29306) < 1e-4 && abs(change.stderr - 0.557782) < 1e-5)
    #expect(PerplexityChange(FindingsTests.evaluation(delta: .nan, stderr: 0)).percent.isNaN)
  }
}
