import Analysis
import GPTQ

/// One trial and everything measured on it.
public struct TrialResult: Sendable, Codable {
  /// How far a trial has come.
  public enum State: String, Sendable, Codable {
    case running
    case complete
    case failed
    /// Stopped on its way, since others of its size are clearly better.
    case pruned
  }

  /// Why a trial is in the study.
  public enum Role: String, Sendable, Codable, CaseIterable {
    /// The sweep file asks for it.
    case search
    /// Round-to-nearest on the grid of a trial.
    case companion
    /// One of the best of its size, again with `propagation: quantized`.
    case confirm
    /// The best of its size again, on another draw of the calibration set.
    case `repeat`
    /// Each part of the model with the bits that it is worth: `tenbin allocate`.
    case allocation
  }

  /// The trial's number in the study, from 0.
  public var number: Int
  /// What was tried.
  public var config: TrialConfig
  /// Why it is in the study.
  public var role: Role
  /// The search's round that proposed it, from 0.
  public var round: Int
  /// The calibration draw it was solved on; 0 is the study's own set.
  public var draw: Int
  /// How far it has come.
  public var state: State
  /// The number of the round-to-nearest trial on the same grid; nil for such a trial itself.
  public var companion: Int?
  /// Bits a quantized weight takes, scales, zeros and g_idx counted.
  public var bitsPerWeight: Double
  /// Bytes of the whole checkpoint.
  public var sizeBytes: Int
  /// Seconds this trial added to the pass: solving, and moving its evaluation tokens.
  public var wallSeconds: Double
  /// The same, by what they were spent on.
  public var seconds = TrialSeconds()
  /// ‖h_trial − h_base‖² / ‖h_base‖² of the residual stream after each layer, held-out tokens.
  public var hiddenErrors: [Double] = []
  /// Share of held-out tokens that it sends to other experts than the base, layer by layer; nil in a
  /// layer without a choice.
  public var routingDrifts: [Double?] = []
  /// What it scored on each domain.
  public var evaluations: [Evaluation]
  /// What it lets follow each prompt of the study; empty: not looked at.
  public var nextTokens: [NextTokens] = []
  /// What it did to each module, in layer order.
  public var modules: [ModuleResult]
  /// How far its weights are from the base's, by kind of linear; empty in a study of an older tenbin.
  public var weightErrors: [KindErrors] = []

  /// Creates a trial that has not run.
  public init(
    number: Int, config: TrialConfig, companion: Int?, role: Role = .search, round: Int = 0,
    draw: Int = 0
  ) {
    self.number = number
    self.config = config
    self.role = role
    self.round = round
    self.draw = draw
    self.state = .running
    self.companion = companion
    bitsPerWeight = 0
    sizeBytes = 0
    wallSeconds = 0
    evaluations = []
    modules = []
  }

  /// The same trial, of which nothing is measured.
  public func unmeasured() -> TrialResult {
    TrialResult(
      number: number, config: config, companion: companion, role: role, round: round, draw: draw)
  }

  /// The scores on `domain`, where it was evaluated.
  public func evaluation(on domain: String) -> Evaluation? {
    evaluations.first { $0.domain == domain }
  }
}

/// What the seconds that a trial added to the pass were spent on.
public struct TrialSeconds: Sendable, Codable, Equatable {
  /// Hessians and calibration tokens of its own (`propagation: quantized`).
  public var calibrate = 0.0
  /// Factors that no trial before it had asked for.
  public var factorise = 0.0
  /// Column loops, round-to-nearest companions, and local errors.
  public var columns = 0.0
  /// Its evaluation tokens, and their scores.
  public var evaluate = 0.0

  /// Nothing spent yet.
  public init() {}
}
