import GPTQ
import Results

/// `weight_errors.csv`: one row a trial, kind of module, part and bin of how far quantized weights are from
/// the base's.
public enum WeightErrorsCSV {
  /// The header, in order. No column holds a time.
  public static var columnNames: [String] { columns.map(\.name) }

  /// The file's text: trials by number, kinds as they are solved; bins without weights are left out.
  public static func text(_ results: StudyResults) -> String {
    CSVColumn.csv(columns, rows(results))
  }

  /// The same rows as a JSON array of objects.
  public static func json(_ results: StudyResults) -> String {
    CSVColumn.json(columns, rows(results))
  }

  private struct Row: Sendable {
    let trial: Int
    let kind: String
    let part: String
    var bin: Int?
    let weights: Int
  }

  private static let columns: [CSVColumn<Row>] = [
    .integer("trial") { $0.trial },
    .text("module") { $0.kind },
    .text("part") { $0.part },
    .number("steps_from") { $0.bin.map { WeightErrors.ends(of: $0).low } },
    .number("steps_to") { $0.bin.map { WeightErrors.ends(of: $0).high } },
    .integer("weights") { $0.weights },
  ]

  private static func rows(_ results: StudyResults) -> [Row] {
    results.trials.sorted { $0.number < $1.number }.flatMap { trial in
      trial.weightErrors.flatMap { kind -> [Row] in
        func rows(_ part: String, _ counts: [Int]) -> [Row] {
          counts.indices.map {
            Row(trial: trial.number, kind: kind.kind, part: part, bin: $0, weights: counts[$0])
          }
        }
        let errors = kind.errors
        let bins = errors.counts.indices
        let near = bins.map { WeightErrors.isNearest($0) ? errors.counts[$0] : 0 }
        let moved = bins.map { WeightErrors.isNearest($0) ? 0 : errors.counts[$0] }
        let rest = [("dead", errors.dead), ("not_finite", errors.notFinite)].map {
          Row(trial: trial.number, kind: kind.kind, part: $0, weights: $1)
        }
        return
          (rows("nearest", near) + rows("moved", moved) + rows("clipped", errors.clipped) + rest)
          .filter { $0.weights > 0 }
      }
    }
  }
}
