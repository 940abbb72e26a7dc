/// How far a study has come: little to read, also while a sweep of hundreds of trials writes it.
public struct StudyProgress: Sendable {
  /// What is swept, on what.
  public var environment: StudyEnvironment
  /// The trials by number: settings, state, error after each layer, and the perplexity on the first
  /// domain with its standard error; modules and all other scores are left out.
  public var trials: [TrialResult]
  /// The pass that is under way, or that was broken off; nil: none.
  public var pass: PassProgress?
  /// Whether a process has the study open to write it.
  public var isRunning: Bool

  /// Gathers the parts.
  public init(
    environment: StudyEnvironment, trials: [TrialResult], pass: PassProgress?, isRunning: Bool
  ) {
    (self.environment, self.trials) = (environment, trials)
    (self.pass, self.isRunning) = (pass, isRunning)
  }

  /// The state of `trial` now: what a pass has stopped is stored as such only when the pass ends.
  public func state(of trial: TrialResult) -> TrialResult.State {
    trial.state == .running && pass?.stopped.contains(trial.number) == true ? .pruned : trial.state
  }

  /// How many trials are in each state, states without any left out.
  public var counts: [(state: TrialResult.State, count: Int)] {
    let states = trials.map { state(of: $0) }
    let all: [TrialResult.State] = [.complete, .running, .failed, .pruned]
    return all.compactMap { state in
      let count = states.count { $0 == state }
      return count > 0 ? (state, count) : nil
    }
  }

  /// Where a study stands.
  public enum Phase: Sendable, Equatable {
    /// It has no trials.
    case empty
    /// A process is at work on it.
    case running
    /// Every trial has come to its end, and nobody is at work.
    case finished
    /// Nobody is at work, and something is left to do.
    case stopped
  }

  /// Where the study stands.
  public var phase: Phase {
    if isRunning { return .running }
    guard !trials.isEmpty else { return .empty }
    let isOver = trials.allSatisfy { $0.state == .complete || $0.state == .pruned }
    return isOver && pass == nil ? .finished : .stopped
  }

  /// Decoder layers of the model, as far as the study shows them.
  public var layers: Int {
    pass?.layers ?? trials.lazy.map(\.hiddenErrors.count).max() ?? 0
  }
}
