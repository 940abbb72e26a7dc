import Foundation
import Results

/// Two trials module by module: the error of one over that of the other.
struct ComparisonModules {
  /// One module, or the experts of a layer together.
  private struct Row {
    let cell: HeatMapData.Cell
    let first: Double
    let second: Double
    var ratio: Double { first / second }
  }

  private let rows: [Row]
  private let modules: [String]
  private let words: ComparisonWords

  /// Nil where no module was measured in both.
  init?(_ first: TrialResult, _ second: TrialResult, _ words: ComparisonWords) {
    self.words = words
    let sides = [first, second].map { Dictionary(grouping: $0.modules, by: HeatMapData.Cell.init) }
    var seen: Set<HeatMapData.Cell> = []
    let cells = first.modules.map(HeatMapData.Cell.init).filter { seen.insert($0).inserted }
    rows = cells.compactMap { cell in
      let errors = sides.map { HeatMapMeasure.error.value($0[cell] ?? []) }
      guard errors.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
      return Row(cell: cell, first: errors[0], second: errors[1])
    }
    if rows.isEmpty { return nil }
    var modules: [String] = []
    for row in rows where !modules.contains(row.cell.module) { modules.append(row.cell.module) }
    self.modules = modules
  }

  /// The map of the quotients.
  var figure: Figure {
    Figure(
      id: "module-map", title: words.mapTitle, reading: words.mapReading, legend: [],
      wide: drawing(isWide: true), narrow: drawing(isWide: false), data: data)
  }

  private func drawing(isWide: Bool) -> String {
    let grid = ModuleGrid(
      cells: rows.map(\.cell), layers: Set(rows.map(\.cell.layer)).sorted(), modules: modules)
    return grid.drawing(
      isWide: isWide, isHalfWidth: false, label: words.mapTitle
    ) { index in
      let row = rows[index]
      let step = Int(min(abs(log2(row.ratio)) / 2, 0.999) * 6)
      return (
        (row.ratio >= 1 ? "u" : "b") + String(step),
        "\(row.cell.path)\nA \(NumberText.shortest(row.first))\nB \(NumberText.shortest(row.second))"
          + "\nA/B \(NumberText.shortest(row.ratio))"
      )
    }
  }

  /// Every module, those that differ most first.
  var table: String {
    let sorted = rows.enumerated().sorted { one, other in
      let (a, b) = (abs(log(one.element.ratio)), abs(log(other.element.ratio)))
      return a != b ? a > b : one.offset < other.offset
    }.map(\.element)
    return TableMarkup.table(
      words.moduleColumns,
      sorted.map { row in
        .init(
          [.text(row.cell.path, style: "name")]
            + [row.first, row.second, row.ratio].map {
              .number(NumberText.significant($0, 3), $0)
            })
      })
  }

  private var data: String {
    var csv = CSVText(columns: [
      "module", "relative_error_heldout_a", "relative_error_heldout_b", "ratio",
    ])
    for row in rows {
      csv.append(
        [row.cell.path] + [row.first, row.second, row.ratio].map(NumberText.shortest))
    }
    return csv.text
  }
}
