import Analysis
import GPTQ

/// The walk from the baseline to the suspect, one factor at a time: which models it takes, and what
/// their scores make of each factor.
struct Attribution {
  let factors: [DiagnosisFactor]
  let game: ShapleyGame
  private let suspect: DiagnosisRecipe
  private let baseline: DiagnosisRecipe
  /// The trial of each coalition, by draw.
  private var trials: [[ShapleyGame.Coalition: DiagnosisPass.TrialID]] = []

  /// The walk between two recipes; beyond `ShapleyGame.exactLimit` factors `orders` orders are drawn.
  init(suspect: DiagnosisRecipe, baseline: DiagnosisRecipe, orders: Int) {
    self.suspect = suspect
    self.baseline = baseline
    factors = DiagnosisFactor.between(suspect, baseline)
    game = ShapleyGame(players: factors.count, orders: orders)
  }

  /// Asks for every coalition, and on further draws for the corners.
  mutating func ask(_ pass: inout DiagnosisPass, draws: Int) {
    trials = (0..<draws).map { draw in
      var trials: [ShapleyGame.Coalition: DiagnosisPass.TrialID] = [:]
      let whole = CauseKind.allCases.map { game.all & ~coalition(of: $0) }
      for coalition in draw == 0 ? game.coalitions + whole : game.corners {
        trials[coalition] = pass.ask(
          DiagnosisFactor.mix(factors, coalition, suspect: suspect, baseline: baseline),
          draw: draw)
      }
      return trials
    }
  }

  /// The factors of one cause.
  private func coalition(of kind: CauseKind) -> ShapleyGame.Coalition {
    factors.indices.filter { factors[$0].cause == kind }.reduce(0) {
      $0 | ShapleyGame.Coalition(1) << ShapleyGame.Coalition($1)
    }
  }

  /// What each factor has to do with the difference.
  func contributions(_ outcomes: [DiagnosisPass.Outcome]) -> [FactorContribution] {
    factors.enumerated().map { index, factor in
      let bit = ShapleyGame.Coalition(1) << ShapleyGame.Coalition(index)
      func pair(_ metric: DiagnosisMetric, _ plus: UInt64, _ minus: UInt64) -> Double {
        contrast([(plus, 1), (minus, -1)], metric, outcomes).value
      }
      return FactorContribution(
        key: factor.key, cause: factor.cause, suspect: factor.value(suspect),
        baseline: factor.value(baseline), nll: estimate(index, .nll, outcomes),
        kld: estimate(index, .kld, outcomes),
        alone: (pair(.nll, bit, 0), pair(.kld, bit, 0)),
        reverted: (
          pair(.nll, game.all, game.all & ~bit), pair(.kld, game.all, game.all & ~bit)
        ))
    }
  }

  /// The pairs that matter together. They are seen on the main draw; how much a draw moves them, the
  /// corners of their factors tell.
  func interactions(_ outcomes: [DiagnosisPass.Outcome]) -> [FactorInteraction] {
    var found: [FactorInteraction] = []
    for first in factors.indices {
      for second in factors.indices where second > first {
        guard let index = game.interaction(first, second) else { continue }
        func estimate(_ metric: DiagnosisMetric) -> Estimate {
          let main = contrast(Self.pairs(index), metric, outcomes)
          let moves = [first, second].map { draws([$0], metric, outcomes) }
          let widest = moves.max { Scatter.deviation($0) < Scatter.deviation($1) } ?? []
          return Estimate(
            value: main.value, stderr: main.stderr, freedom: main.freedom,
            draws: isDrawn ? widest : [],
            drawShare: Self.weight(index) / Self.weight(game.cornerCoefficients(of: first)))
        }
        found.append(
          FactorInteraction(
            keys: [factors[first].key, factors[second].key], nll: estimate(.nll),
            kld: estimate(.kld)))
      }
    }
    return found
  }

  /// The Shapley value of one factor, or of several that make up one cause.
  func estimate(_ index: Int, _ metric: DiagnosisMetric, _ outcomes: [DiagnosisPass.Outcome])
    -> Estimate
  {
    estimate([index], metric, outcomes)
  }

  /// The sum of the Shapley values of `indices`, over the draws: on the main one they are known, on
  /// the others the corners say where they would lie. What the corners leave of the mean difference is
  /// dealt out evenly, so that the parts still add up to it.
  func estimate(
    _ indices: [Int], _ metric: DiagnosisMetric, _ outcomes: [DiagnosisPass.Outcome]
  ) -> Estimate {
    let exact = indices.flatMap { game.coefficients(of: $0) }
    let corners = indices.flatMap { game.cornerCoefficients(of: $0) }
    let remainder = Self.weight(exact + corners.map { ($0.coalition, -$0.coefficient) })
    if isDrawn, remainder < 1e-12 {
      // The corners are all there is, and known on every draw.
      let terms = Self.pairs(corners)
      return Estimate(
        draws: trials.indices.map { contrast(terms, metric, outcomes, draw: $0) })
    }
    let main = contrast(Self.pairs(exact), metric, outcomes)
    let sampling = indices.reduce(0.0) { sum, index in
      let one = game.samplingStderr(of: index) { coalition in
        contrast([(coalition, 1)], metric, outcomes).value
      }
      return sum + one * one
    }
    let draws = draws(indices, metric, outcomes)
    let stderr = (main.stderr * main.stderr + sampling).squareRoot()
    guard isDrawn else {
      return Estimate(value: main.value, stderr: stderr, freedom: main.freedom)
    }
    let rest =
      Self.shift(differences(metric, outcomes))
      - factors.indices.reduce(0) { sum, index in
        sum + Self.shift(self.draws([index], metric, outcomes))
      }
    let share = Double(indices.count) / Double(max(1, factors.count))
    return Estimate(
      value: main.value + Self.shift(draws) + share * rest, stderr: stderr, freedom: main.freedom,
      draws: draws,
      drawShare: 1 / Double(draws.count) + remainder / Self.weight(corners))
  }

  /// Whether the models that are compared depend on the calibration draw at all.
  private var isDrawn: Bool {
    [suspect, baseline].contains { $0.config.quantize.algorithm != .rtn }
  }

  /// The stand-in for the sum of Shapley values that `corners` give, on every draw.
  private func draws(
    _ indices: [Int], _ metric: DiagnosisMetric, _ outcomes: [DiagnosisPass.Outcome]
  ) -> [Double] {
    let corners = Self.pairs(indices.flatMap { game.cornerCoefficients(of: $0) })
    return trials.indices.map { contrast(corners, metric, outcomes, draw: $0).value }
  }

  /// The whole difference on every draw.
  private func differences(
    _ metric: DiagnosisMetric, _ outcomes: [DiagnosisPass.Outcome]
  ) -> [Double] {
    trials.indices.map {
      contrast([(game.all, 1), (0, -1)], metric, outcomes, draw: $0).value
    }
  }

  /// How far the mean over the draws lies from the main one.
  private static func shift(_ draws: [Double]) -> Double {
    guard let main = draws.first else { return 0 }
    return draws.reduce(0, +) / Double(draws.count) - main
  }

  /// The terms, those of one coalition together.
  private static func pairs(
    _ terms: [(coalition: ShapleyGame.Coalition, coefficient: Double)]
  ) -> [(ShapleyGame.Coalition, Double)] {
    let sums = terms.reduce(into: [ShapleyGame.Coalition: Double]()) {
      $0[$1.coalition, default: 0] += $1.coefficient
    }
    return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// The variance of a contrast in units of a single model's: draws move different models nearly
  /// independently.
  private static func weight(
    _ terms: [(coalition: ShapleyGame.Coalition, coefficient: Double)]
  ) -> Double {
    pairs(terms).reduce(0) { $0 + $1.1 * $1.1 }
  }

  private func contrast(
    _ terms: [(ShapleyGame.Coalition, Double)], _ metric: DiagnosisMetric,
    _ outcomes: [DiagnosisPass.Outcome], draw: Int = 0
  ) -> LinearContrast {
    LinearContrast(
      terms.compactMap { coalition, coefficient in
        guard let trial = trials[draw][coalition], let scores = outcomes[trial].scores.first
        else { return nil }
        return (coefficient, scores)
      }, metric)
  }
}

extension Attribution {
  /// The factors gathered into causes, each with the sum of its factors' parts.
  func causes(
    _ contributions: [FactorContribution], _ outcomes: [DiagnosisPass.Outcome],
    metric: DiagnosisMetric
  ) -> [Cause] {
    CauseKind.allCases.compactMap { kind in
      let indices = factors.indices.filter { factors[$0].cause == kind }
      guard !indices.isEmpty else { return nil }
      let ordered = indices.sorted {
        abs(contributions[$0].value(metric).value) > abs(contributions[$1].value(metric).value)
      }
      func reverted(_ metric: DiagnosisMetric) -> Double {
        contrast(
          [(game.all, 1), (game.all & ~coalition(of: kind), -1)], metric, outcomes
        ).value
      }
      return Cause(
        kind: kind, factors: ordered.map { factors[$0].key },
        nll: estimate(indices, .nll, outcomes), kld: estimate(indices, .kld, outcomes),
        reverted: (reverted(.nll), reverted(.kld)))
    }
  }
}
