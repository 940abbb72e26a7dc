import Results

/// The CSV files that a study is exported to.
public enum StudyTables {
  /// A table, and how it is written.
  public struct Entry: Sendable {
    /// The stem of its file.
    public let name: String
    /// Its text as CSV.
    public let text: @Sendable (StudyResults) -> String
    /// The same rows as JSON.
    public let json: @Sendable (StudyResults) -> String
  }

  /// All of them.
  public static let all: [Entry] = [
    Entry(name: "trials", text: TrialsCSV.text, json: TrialsCSV.json),
    Entry(name: "evaluations", text: EvaluationsCSV.text, json: EvaluationsCSV.json),
    Entry(name: "layers", text: LayersCSV.text, json: LayersCSV.json),
    Entry(name: "divergence", text: DivergenceCSV.text, json: DivergenceCSV.json),
    Entry(name: "next_tokens", text: NextTokensCSV.text, json: NextTokensCSV.json),
    Entry(name: "spectra", text: SpectraCSV.text, json: SpectraCSV.json),
    Entry(name: "weight_errors", text: WeightErrorsCSV.text, json: WeightErrorsCSV.json),
    Entry(name: "calibration", text: CalibrationCSV.text, json: CalibrationCSV.json),
  ]

  /// The files' names as a sentence has them, such as `a.csv, b.csv and c.csv`.
  public static var list: String {
    let names = all.map { "\($0.name).csv" }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}
