/// One score of a model beside that of another file, from what the two files say alone.
public struct LMEvalComparison: Sendable, Equatable {
  /// The task.
  public let task: LMEvalResults.Task
  /// The model's score.
  public let score: LMEvalResults.Score
  /// The other's.
  public let base: LMEvalResults.Score
  /// What the two runs of the task differ in, other than the model: then the difference says nothing.
  public let mismatch: String?

  /// The model's score less the other's.
  public var difference: Double { score.value - base.value }

  /// √(a² + b²) of the two errors, as if they were independent; nil where one is not known. Both models
  /// answered the same questions: the true error is smaller.
  public var stderr: Double? {
    guard let own = score.stderr, let other = base.stderr else { return nil }
    return (own * own + other * other).squareRoot()
  }

  /// `exceeds` at two standard errors and more; `unknown` without errors, and of runs that differ.
  public var verdict: ScoreComparison.Verdict {
    guard mismatch == nil, let stderr, stderr > 0, difference.isFinite else { return .unknown }
    return abs(difference) >= 2 * stderr ? .exceeds : .withinError
  }

  /// The scores that both files have, by task, metric and filter, in the order of `results`.
  public static func all(
    _ results: LMEvalResults, base: LMEvalResults
  ) -> [LMEvalComparison] {
    results.tasks.flatMap { task -> [LMEvalComparison] in
      guard let other = base.tasks.first(where: { $0.name == task.name }) else { return [] }
      let mismatch = mismatch(task, other)
      return task.scores.compactMap { score in
        other.scores.first { $0.key == score.key }.map {
          LMEvalComparison(task: task, score: score, base: $0, mismatch: mismatch)
        }
      }
    }
  }

  private static func mismatch(_ a: LMEvalResults.Task, _ b: LMEvalResults.Task) -> String? {
    var parts: [String] = []
    if let own = a.shots, let other = b.shots, own != other {
      parts.append("\(own) and \(other) shots")
    }
    if let own = a.items, let other = b.items, own != other {
      parts.append("\(own) and \(other) items")
    }
    if !a.version.isEmpty, !b.version.isEmpty, a.version != b.version {
      parts.append("versions \(a.version) and \(b.version)")
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
