import Analysis
import Results

/// `spectra.csv`: one row a calibration draw, layer, input and statistic of the eigenvalues of the Hessian.
public enum SpectraCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: draws and layers in order; in a layer as tokens meet the inputs.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private struct Row: Sendable {
    let of: StudySpectrum
    let statistic: String
    var at: Double?
    let value: Double?
  }

  private static let columns: [CSVColumn<Row>] = [
    .integer("draw") { $0.of.draw },
    .integer("layer") { $0.of.layer },
    .text("modules") { $0.of.modules.joined(separator: " ") },
    .integer("trial") { $0.of.trial },
    .integer("hessian_tokens") { $0.of.tokens },
    .integer("in_features") { $0.of.spectrum.inFeatures },
    .integer("dead_columns") { $0.of.spectrum.deadColumns },
    .text("method") { $0.of.spectrum.method.rawValue },
    .text("statistic") { $0.statistic },
    .number("at") { $0.at },
    .number("value") { $0.value },
  ]

  private static func rows(_ results: StudyResults) -> [Row] {
    results.spectra.flatMap { one in
      let spectrum = one.spectrum
      let whole = [
        Row(of: one, statistic: "mean_diagonal", value: spectrum.meanDiagonal),
        Row(of: one, statistic: "effective_rank", value: spectrum.effectiveRank),
        Row(of: one, statistic: "condition_number", value: spectrum.conditionNumber),
      ]
      let quantiles = zip(HessianSpectrum.levels, spectrum.quantiles).map {
        Row(of: one, statistic: "quantile", at: $0, value: $1)
      }
      let shares = spectrum.shares.map {
        Row(of: one, statistic: "share_below", at: $0.damp, value: $0.below)
      }
      return whole.filter { $0.value != nil } + quantiles + shares
    }
  }
}
