import Analysis
import GPTQ

/// One thing a study shows, as values; `Findings.sentences` puts it into words.
public enum Finding: Sendable, Equatable {
  /// How a reader should take a finding.
  public enum Tone: Sendable, Equatable {
    case result
    case note
    case warning
  }

  /// Domains whose text the calibration set holds: what is scored there was seen in calibration.
  case notHeldOut([HeldoutOverlap])
  /// No trial is complete and scored.
  case nothingToRank
  /// Trials that have not come to their end.
  case unfinished(running: [Int], failed: [Int])
  /// Trials that were stopped since others of their size are clearly better.
  case pruned([Int])
  /// How much the calibration draw alone moves the best trials.
  case drawNoise([DrawNoise])
  /// Whether screening on the base's activations picked what is best on a trial's own.
  case screening([ScreeningVerdict])
  /// Complete trials without a finite perplexity.
  case notScored([Int])
  /// The base was not evaluated: nothing is paired.
  case noBase
  /// The best trial of a size.
  case best(SizeClass)
  /// The sizes that pay for themselves, smallest first.
  case front([Int])
  /// Trials that their packer damaged, the worst first.
  case packerRegressions([PackerRegression])
  /// Trials whose packer changed nothing that could be measured.
  case packerHarmless([Int])
  /// The best of a bigger size falls below the best of a smaller one.
  case inversion(larger: Int, smaller: Int, Comparison)
  /// GPTQ against round-to-nearest on the same grid.
  case companions(CompanionVerdict)
  /// What one setting changed where nothing else did.
  case setting(SettingEffect)
  /// How much the solve fitted the calibration text itself.
  case overfitting(OverfittingGap)
  /// Modules whose solve did not go as asked.
  case rescued(RescueSummary)
  /// Modules whose column loop lost far more than rounding explains.
  case unexpectedLoss(UnexpectedLoss)
  /// Experts that calibration hardly reached, as a trial saw them.
  case coverage(ExpertCoverage, trial: Int)
  /// Tokens that trials send to other experts than the base.
  case routingDrift(least: RoutingDrift, most: RoutingDrift)

  /// How a reader should take it.
  public var tone: Tone {
    switch self {
    case .best, .front: .result
    case .notHeldOut, .nothingToRank, .notScored, .packerRegressions, .inversion, .unexpectedLoss:
      .warning
    case .unfinished(_, let failed): failed.isEmpty ? .note : .warning
    case .companions(let verdict): verdict.losses.isEmpty ? .note : .warning
    case .rescued(let summary): summary.counts[.failed] == nil ? .note : .warning
    case .coverage(let coverage, _):
      coverage.unseen.isEmpty && coverage.cold.isEmpty ? .note : .warning
    case .routingDrift: .note
    case .pruned, .drawNoise, .screening, .noBase, .packerHarmless, .setting, .overfitting: .note
    }
  }
}

/// A trial that its packer made worse than its exactly packed twin.
public struct PackerRegression: Sendable, Equatable {
  /// The trial.
  public let trial: Int
  /// The trial that differs in nothing but an exact packer.
  public let twin: Int
  /// The trial against its twin.
  public let comparison: Comparison
  /// Share of its codes that the packer changed, mean over modules.
  public let changedCodes: Double
  /// The module with the largest share changed, as `layers.3.mlp.down_proj`, and that share.
  public let worstModule: String
  /// The share changed there.
  public let worstModuleChangedCodes: Double
  /// The best trial of fewer bits that now beats it beyond noise, where there is one.
  public let beatenBy: Int?
}

/// GPTQ trials against their round-to-nearest companions.
public struct CompanionVerdict: Sendable, Equatable {
  /// One trial against its companion.
  public struct Pair: Sendable, Equatable {
    /// The GPTQ trial.
    public let trial: Int
    /// Its companion.
    public let companion: Int
    /// The first against the second.
    public let comparison: Comparison
  }

  /// Where GPTQ is better beyond noise, widest first.
  public let wins: [Pair]
  /// Where neither is.
  public let ties: [Pair]
  /// Where round-to-nearest is better, widest first.
  public let losses: [Pair]
  /// Modules on which GPTQ's held-out error exceeds round-to-nearest's, over all trials.
  public let modulesWorse: Int
  /// Modules compared.
  public let modules: Int
}

/// What one setting changed between trials that are equal in all else.
public struct SettingEffect: Sendable, Equatable {
  /// The trials of one combination of the other settings.
  public struct Group: Sendable, Equatable {
    /// A value that lost, its trial, and by how much.
    public struct Loser: Sendable, Equatable {
      /// The setting's value.
      public let value: String
      /// The trial that has it.
      public let trial: Int
      /// That trial against the best.
      public let comparison: Comparison
    }

    /// The trial that is chosen among them.
    public let best: Int
    /// Its value.
    public let bestValue: String
    /// The values indistinguishable from it.
    public let ties: [String]
    /// The values that are worse beyond noise.
    public let losers: [Loser]
  }

  /// The setting's name in sweep.yaml.
  public let key: String
  /// One entry a combination of the other settings.
  public let groups: [Group]
}

/// Held-out over calibration error: how much of the fit is to the calibration text itself.
public struct OverfittingGap: Sendable, Equatable {
  /// The median over GPTQ trials of mean held-out over mean calibration error.
  public let median: Double
  /// The same of round-to-nearest, which fits nothing: what the texts alone differ by.
  public let rtnMedian: Double
  /// The trial with the widest gap.
  public let widest: Int
  /// Its gap.
  public let widestGap: Double
}

/// The modules whose solve did not go as asked.
public struct RescueSummary: Sendable, Equatable {
  /// A module of a trial.
  public struct Place: Sendable, Equatable {
    /// The module, as `layers.3.mlp.down_proj`.
    public let module: String
    /// The trials in which it was rescued.
    public let trials: [Int]
  }

  /// Solves by the path they ended on.
  public let counts: [SolverPath: Int]
  /// All solves of GPTQ trials.
  public let solves: Int
  /// The modules concerned, those of most trials first.
  public let places: [Place]
}
