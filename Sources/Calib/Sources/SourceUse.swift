/// What a source is read for: hints name only what can be done there.
public enum SourceUse: Sendable {
  /// `calib build`, which has flags for the field and for rows that cannot be read.
  case build
  /// Calibration text that another command makes a set of, with the defaults.
  case calibration
  /// Text that is evaluated on, or kept out of a set.
  case evaluation

  /// What to do where a file has no `content`, text or messages, under the name `field`.
  func fieldHint(_ field: String, holds content: String) -> String {
    switch self {
    case .build: "name the field that holds the \(content) with --text-field"
    case .calibration:
      "rename the field to \(field), or let tenbin calib build make a set of it: it reads any field"
    case .evaluation: "rename the field that holds the \(content) to \(field)"
    }
  }

  /// What to do about a row that cannot be read.
  var rowHint: String {
    switch self {
    case .build: "fix the row, or drop such rows with --skip-bad"
    case .calibration:
      "fix the row, or let tenbin calib build make a set of the file: it can drop such rows"
    case .evaluation: "fix the row, or take it out of the file"
    }
  }
}
