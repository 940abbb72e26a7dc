import Analysis
import Testing

@Suite("Shapley attribution")
struct ShapleyTests {
  /// v = 3·a + 2·b·c over three players, player 3 idle.
  private func value(_ coalition: UInt64) -> Double {
    let has = (0..<4).map { coalition >> UInt64($0) & 1 == 1 }
    return (has[0] ? 3 : 0) + (has[1] && has[2] ? 2 : 0)
  }

  private func apply(_ terms: [(coalition: UInt64, coefficient: Double)]) -> Double {
    terms.reduce(0) { $0 + $1.coefficient * value($1.coalition) }
  }

  @Test("additive parts go to their factor, joint ones are shared, idle factors get nothing")
  func exact() {
    let game = ShapleyGame(players: 4)
    #expect(game.isExact && game.coalitions.count == 16)
    let values = (0..<4).map { apply(game.coefficients(of: $0)) }
    for (value, expected) in zip(values, [3.0, 1, 1, 0]) { #expect(abs(value - expected) < 1e-12) }
    #expect(abs(apply(game.interaction(1, 2) ?? []) - 2) < 1e-12)
    #expect(abs(apply(game.interaction(0, 2) ?? [])) < 1e-12)
  }

  @Test("sampled orders agree with all of them, sum up to the whole, and know their error")
  func sampled() {
    let players = 9
    // Pairs (0,1), (2,3), … act together, and each factor alone by its number.
    func value(_ coalition: UInt64) -> Double {
      (0..<players).reduce(0) { sum, player in
        guard coalition >> UInt64(player) & 1 == 1 else { return sum }
        let partner = coalition >> UInt64(player ^ 1) & 1 == 1
        return sum + Double(player) * 0.1 + (partner ? 0.5 : 0)
      }
    }
    let game = ShapleyGame(players: players, orders: 40, seed: 3)
    #expect(!game.isExact && game.coalitions.count < 512)
    var total = 0.0
    for player in 0..<players {
      let found = game.coefficients(of: player).reduce(0) {
        $0 + $1.coefficient * value($1.coalition)
      }
      total += found
      let expected = Double(player) * 0.1 + (player < 8 ? 0.5 : 0)
      let error = game.samplingStderr(of: player, value: value)
      #expect(abs(found - expected) <= 5 * error + 1e-9, "player \(player)")
    }
    #expect(abs(total - (value(game.all) - value(0))) < 1e-9)
    #expect(ShapleyGame(players: players, orders: 40, seed: 3).coalitions == game.coalitions)
    #expect(Set(game.corners).isSubset(of: game.coalitions))
  }

  @Test("a contrast's error is that of the paired windows, not of the models")
  func paired() {
    let hard = [100.0, 300, 200, 50]
    let first = WindowScores(tokens: [10, 10, 10, 10], nll: hard, kld: hard)
    let second = WindowScores(
      tokens: [10, 10, 10, 10], nll: zip(hard, [1.0, 1.2, 0.8, 1.0]).map { $0 + $1 }, kld: hard)
    let contrast = LinearContrast([(1, second), (-1, first)], .nll)
    #expect(abs(contrast.value - 0.1) < 1e-12)
    // Deviations 0, 2, −2, 0 tenths of a nat: √(4/3 · 0.08)/40.
    #expect(abs(contrast.stderr - (4.0 / 3 * 0.08).squareRoot() / 40) < 1e-12)
    #expect(LinearContrast([(1, second), (-1, first)], .kld).value == 0)
  }

  @Test("draws widen the interval by Student's t")
  func draws() {
    let alone = Estimate(value: 0.02, stderr: 0.002, freedom: 15)
    #expect(alone.isBeyondNoise(floor: 0.005) && alone.drawSpread == nil)
    #expect(abs(alone.high - 0.02 - 2.131450 * 0.002) < 1e-8)
    let drawn = Estimate(value: 0.02, stderr: 0.002, freedom: 15, draws: [0.02, -0.01, 0.03])
    #expect(!drawn.isBeyondNoise(floor: 0.005))
    #expect(abs((drawn.drawSpread ?? 0) - 0.020816659994661327) < 1e-12)
    // Almost all of it is the draws', with two degrees of freedom.
    #expect((4.2...4.303).contains((drawn.high - 0.02) / 0.0209125))
  }

  @Test("the mean over draws is surer than one of them, and no draw means no interval")
  func meanOfDraws() {
    let windows = WindowScores(tokens: [10, 10], nll: [1, 1], kld: [0, 0])
    let draws = [0.1, 0.2, 0.3].map { LinearContrast([($0 * 10, windows)], .nll) }
    let mean = Estimate(draws: draws)
    #expect(abs(mean.value - 0.2) < 1e-12 && mean.draws == 3)
    #expect(abs(mean.high - 0.2 - 4.302653 * 0.1 / 3.0.squareRoot()) < 1e-6)
    let one = Estimate(draws: [draws[0]])
    #expect(!one.hasInterval && one.low == -.infinity && one.high == .infinity)
    #expect(!one.isBeyondNoise(floor: 0) && one.drawSpread == nil)
    let window = WindowScores(tokens: [511], nll: [13], kld: [1])
    #expect(!Estimate(LinearContrast([(1, window)], .nll)).hasInterval)
  }
}
