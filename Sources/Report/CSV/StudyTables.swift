import Results

/// The CSV files that a study is exported to.
public enum StudyTables {
  /// Each file's stem, and its text.
  public static let all: [(name: String, text: @Sendable (StudyResults) -> String)] = [
    ("trials", TrialsCSV.text), ("evaluations", EvaluationsCSV.text),
    ("layers", LayersCSV.text), ("divergence", DivergenceCSV.text),
  ]

  /// The files' names as a sentence has them, such as `a.csv, b.csv and c.csv`.
  public static var list: String {
    let names = all.map { "\($0.name).csv" }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}
