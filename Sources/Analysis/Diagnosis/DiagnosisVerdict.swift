/// What the difference between suspect and baseline comes to.
public enum DiagnosisVerdict: String, Sendable, Codable {
  /// The suspect is worse than the baseline.
  case regression
  /// The suspect is better.
  case improvement
  /// The text is as likely under both, but the suspect is further from the base.
  case fartherFromBase = "farther_from_base"
  /// The text is as likely under both, and the suspect is nearer to the base.
  case nearerToBase = "nearer_to_base"
  /// Another draw of calibration rows or held-out text could have made the difference, or it cannot
  /// be estimated whether one could.
  case noise
  /// Every token scores alike, though their files are not the same.
  case sameScores = "same_scores"
  /// Both are the same to the last bit, of the scores and, of two checkpoints, of the files.
  case identical

  /// Whether there is a difference to explain.
  public var isDifference: Bool {
    switch self {
    case .regression, .improvement, .fartherFromBase, .nearerToBase: true
    case .noise, .sameScores, .identical: false
    }
  }
}
