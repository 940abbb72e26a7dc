import Analysis

/// The answer to which model to ship: a small one, one that is hardly worse than the base, and the one
/// to keep away from.
public struct Picks: Sendable, Equatable {
  /// Why a trial is offered.
  public enum Role: String, Sendable, CaseIterable {
    /// The smallest size at which the model is still usable.
    case small
    /// The smallest size at which its perplexity is the base's within 1 %, with 95 % confidence.
    case nearLossless = "near_lossless"
    /// The nearest to the base of all, where none is near-lossless.
    case nearest
  }

  /// A trial that is offered.
  public struct Pick: Sendable, Equatable {
    /// Why.
    public let roles: [Role]
    /// Its number.
    public let trial: Int
    /// The trials of its size that are indistinguishable from it.
    public let ties: [Int]
  }

  /// What is wrong with a trial.
  public enum Fault: Sendable, Equatable {
    /// Its packer changed its codes.
    case packer(PackerRegression)
    /// It has no finite perplexity.
    case notScored
    /// It is bigger than another trial, and worse.
    case inversion(smaller: Int, Comparison)
    /// Round-to-nearest on the same grid is better.
    case losesToRounding(companion: Int, Comparison)
    /// It is rounded to nearest where GPTQ on the same grid is better.
    case rounded(better: Int, Comparison)
  }

  /// A trial to keep away from.
  public struct Avoided: Sendable, Equatable {
    /// Its number.
    public let trial: Int
    /// Why.
    public let fault: Fault
  }

  /// What may be shipped, smallest first.
  public let ship: [Pick]
  /// What should not be; nil where nothing is wrong.
  public let avoid: Avoided?

  /// Nats per token over the base above which a small model is not called usable: 10 % of perplexity.
  public static let usableLoss = 0.0953
  /// The same for near-lossless: 1 %.
  public static let losslessLoss = 0.009_95
}

extension Findings {
  /// What to ship and what not to; by the bests of the sizes, which follow the one rule of choice.
  public var picks: Picks {
    let bests = sizes.compactMap { size in results.trial(size.best).map { (size, $0) } }
    let losses = bests.map { loss($0.1) }
    // Without a base nothing is known to be usable.
    let usable = results.mainBase.flatMap { _ in
      bests.indices.first { losses[$0].value <= Picks.usableLoss }
    }
    let lossless = bests.indices.first { losses[$0].limit <= Picks.losslessLoss }
    let nearest = bests.indices.filter { losses[$0].value.isFinite }
      .min { (losses[$0].value, $0) < (losses[$1].value, $1) }
    var roles: [Int: [Picks.Role]] = [:]
    if let small = usable ?? nearest { roles[small, default: []].append(.small) }
    if let lossless {
      roles[lossless, default: []].append(.nearLossless)
    } else if let nearest {
      roles[nearest, default: []].append(.nearest)
    }
    return Picks(
      ship: roles.sorted { $0.key < $1.key }.map { index, roles in
        let size = bests[index].0
        return .init(roles: roles, trial: size.best, ties: size.ties)
      }, avoid: avoided)
  }

  /// How much worse than the base a trial is, nats per token, and the upper end of the 95 % interval;
  /// without a base the likelihood itself, of which no limit is known.
  private func loss(_ trial: TrialResult) -> (value: Double, limit: Double) {
    guard let evaluation = standings.evaluation(trial) else { return (.nan, .infinity) }
    guard results.mainBase != nil else { return (evaluation.nllPerToken, .infinity) }
    let reach = Scatter(
      stderr: evaluation.nllDeltaStderr, freedom: standings.freedom(evaluation)
    ).reach()
    return (evaluation.nllDelta, evaluation.nllDelta + reach)
  }

  /// The trial with the gravest fault.
  private var avoided: Picks.Avoided? {
    if let packer = packerRegressions.first {
      return .init(trial: packer.trial, fault: .packer(packer))
    }
    for case .notScored(let trials) in all {
      if let first = trials.first { return .init(trial: first, fault: .notScored) }
    }
    for case .inversion(let larger, let smaller, let comparison) in all {
      return .init(trial: larger, fault: .inversion(smaller: smaller, comparison))
    }
    for case .companions(let verdict) in all {
      if let loss = verdict.losses.first {
        return .init(
          trial: loss.trial,
          fault: .losesToRounding(companion: loss.companion, loss.comparison))
      }
      let bests = Set(sizes.map(\.best))
      let win =
        verdict.wins.first { bests.contains($0.trial) && !bests.contains($0.companion) }
        ?? verdict.wins.first { !bests.contains($0.companion) }
      if let win {
        return .init(
          trial: win.companion, fault: .rounded(better: win.trial, win.comparison))
      }
    }
    return nil
  }
}
