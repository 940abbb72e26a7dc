import Analysis
import Compute
import Foundation
import Report
import Results
import Testing

@Suite("divergence.csv")
struct DivergenceCSVTests {
  private var study: StudyResults {
    var study = StudyFixture(layers: 1, bits: [8], groupSizes: [64], damps: [0.01]).build()
    func logits(_ target: Double) -> TokenStatistics.Logits {
      .init(logSumExp: 0, largest: log(0.8), target: target, top: 3)
    }
    let tokens = [0.5, 0.25].map {
      TokenStatistics(base: logits(log(0.8)), trial: logits(log($0)), meanDifference: $0)
    }
    let domain = HeldoutDomain(name: "wiki, \"ja\"", windows: [[1, 2, 3]], characters: 2)
    var evaluation = Evaluation(domain: domain.name)
    evaluation.divergence = DivergenceSummary(TokenScores(tokens), of: domain)
    study.trials[0].evaluations = [evaluation]
    return study
  }

  @Test("a row a statistic of all tokens and of each group, and every field")
  func rows() {
    let rows = DivergenceCSV.text(study).split(separator: "\n").map(String.init)
    #expect(rows[0] == DivergenceCSV.columnNames.joined(separator: ","))
    #expect(rows.contains { $0.hasPrefix("0,\"wiki, \"\"ja\"\"\",all,,2,kld_mean,0.375,") })
    #expect(rows.contains("0,\"wiki, \"\"ja\"\"\",all,,2,kld_max,0.5,,"))
    #expect(
      rows.contains { $0.hasPrefix("0,\"wiki, \"\"ja\"\"\",confidence,0.75-0.9,2,kld_mean,0.375,") }
    )
    let others = study.trials.filter { $0.number != 0 && $0.evaluations.isEmpty == false }
    #expect(!others.isEmpty, "trials without these statistics have no rows")
    #expect(rows.dropFirst().allSatisfy { $0.hasPrefix("0,") })
  }

  @Test("every file of the export has a name of its own, which the notebooks' README lists")
  func tables() {
    #expect(
      StudyTables.list
        == "trials.csv, evaluations.csv, layers.csv, divergence.csv, next_tokens.csv, spectra.csv, "
        + "weight_errors.csv and calibration.csv")
    for table in StudyTables.all {
      let first = ["spectra": "draw,", "calibration": "group,"][table.name] ?? "trial,"
      #expect(table.text(study).hasPrefix(first), "\(table.name)")
    }
  }
}
