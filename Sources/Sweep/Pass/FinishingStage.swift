import Dispatch
import Results

/// The codes of one trial's stage on their way down, and their digests.
///
/// An engine that computes on a device of its own goes on meanwhile: a thread waits for the codes. With
/// any other they are there at once.
final class FinishingStage: @unchecked Sendable {
  /// Weights of the stage's linears that are the base's.
  let keptWeights: Int
  private let work = DispatchGroup()
  private var finished: (solved: [SolvedModule], results: [ModuleResult]) = ([], [])

  /// Has the codes of `applied` come down, beside other work where `isBeside`.
  init(_ applied: AppliedStage, beside isBeside: Bool) {
    keptWeights = applied.keptWeights
    let outcomes = applied.outcomes
    guard isBeside, !outcomes.isEmpty else {
      finished = AppliedStage.finished(outcomes)
      return
    }
    DispatchQueue.global().async(group: work) { [self] in
      finished = AppliedStage.finished(outcomes)
    }
  }

  /// Whether everything is there.
  var isFinished: Bool { work.wait(timeout: .now()) == .success }

  /// The linears that were quantized, and what was measured on all; waits for them.
  func wait() -> (solved: [SolvedModule], results: [ModuleResult]) {
    work.wait()
    return finished
  }
}

/// The stages of trials whose codes are on their way down, in the order in which they were solved.
struct FinishingStages {
  private var stages: [Place] = []

  /// Whose stage it is.
  struct Place {
    /// The trial, by its place among all.
    var trial: Int
    var layer: Int
    var stage: FinishingStage
  }

  /// How many may be on their way: their codes are in memory.
  private static let most = 6

  mutating func append(_ stage: FinishingStage, of trial: Int, layer: Int) {
    stages.append(Place(trial: trial, layer: layer, stage: stage))
  }

  /// The oldest one, if it is finished, if there are too many, or if `all` are wanted: whoever takes it
  /// waits for it.
  mutating func next(all: Bool) -> Place? {
    guard let first = stages.first, all || stages.count > Self.most || first.stage.isFinished else {
      return nil
    }
    return stages.removeFirst()
  }
}
