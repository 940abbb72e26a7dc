/// Modules whose column loop lost far more than what errors of rounding, spread evenly over a step, come
/// to (`expected_loss`): their Hessian or their grid is not what the solve took it for.
public struct UnexpectedLoss: Sendable, Equatable {
  /// A module of a trial.
  public struct Place: Sendable, Equatable {
    /// The trial.
    public let trial: Int
    /// The module, as `layers.3.mlp.down_proj`.
    public let module: String
    /// Its loss over the expected one.
    public let factor: Double
  }

  /// The modules concerned, the furthest off first.
  public let places: [Place]
  /// All solves that have both numbers.
  public let solves: Int

  /// How far a loss may be off: plain GPTQ is at 1.0 to 1.1, with searched scales, which clip, at 1.1 to
  /// 2.1, at 2 bits up to 3.3 (docs/quality.md).
  public static let limit = 4.0

  /// Those of the GPTQ trials of `results`; nil where there are none.
  init?(_ results: StudyResults) {
    var places: [Place] = []
    var solves = 0
    for trial in results.trials where !trial.isRTN && trial.draw == 0 {
      for module in trial.modules {
        guard let loss = module.loss, let expected = module.expectedLoss, expected > 0 else {
          continue
        }
        solves += 1
        let factor = loss / expected
        guard !(factor <= Self.limit) else { continue }
        places.append(Place(trial: trial.number, module: module.path, factor: factor))
      }
    }
    guard !places.isEmpty else { return nil }
    self.places = places.enumerated().sorted {
      // A loss that is no number is the furthest off.
      let (a, b) = ($0.element.factor, $1.element.factor)
      return (a.isNaN ? -.infinity : -a, $0.offset) < (b.isNaN ? -.infinity : -b, $1.offset)
    }.map(\.element)
    self.solves = solves
  }
}

extension Findings {
  /// Losses that rounding does not explain.
  static func losses(_ results: StudyResults) -> [Finding] {
    UnexpectedLoss(results).map { [.unexpectedLoss($0)] } ?? []
  }
}
