import Analysis
import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite struct CSVTests {
  static let small = StudyFixture(
    layers: 1, bits: [8], groupSizes: [64], damps: [0, 0.01], domains: ["wiki", "説明, \"会話\""])

  @Test(arguments: ["trials", "evaluations", "layers"])
  func readsAsRecorded(file: String) throws {
    let study = Self.small.build()
    let text =
      switch file {
      case "trials": TrialsCSV.text(study)
      case "evaluations": EvaluationsCSV.text(study)
      default: LayersCSV.text(study)
      }
    try Snapshot.check(text, "\(file).csv")
  }

  @Test func columnsOfTheContractComeFirstAndTimesLast() {
    #expect(
      LayersCSV.columnNames.prefix(8) == [
        "trial", "layer", "module", "relative_error_calibration", "relative_error_heldout",
        "rtn_relative_error_calibration", "rtn_relative_error_heldout", "hidden_error",
      ])
    #expect(
      Set(["sqnr_db", "damp_percent_used", "solver_path"]).isSubset(of: LayersCSV.columnNames))
    #expect(
      Set(["perplexity", "kld_mean", "bits_per_weight", "size_bytes", "wall_seconds"])
        .isSubset(of: TrialsCSV.columnNames))
    #expect(TrialsCSV.columnNames.suffix(TrialsCSV.timeColumns.count) == TrialsCSV.timeColumns)
    #expect(LayersCSV.columnNames.suffix(1) == LayersCSV.timeColumns)
    #expect(EvaluationsCSV.columnNames == ["trial", "domain", "metric", "value", "stderr"])
  }

  @Test func orderDoesNotDependOnTheOrderOfTrials() {
    let study = Self.small.build()
    var shuffled = study
    shuffled.trials.reverse()
    #expect(TrialsCSV.text(study) == TrialsCSV.text(shuffled))
    #expect(EvaluationsCSV.text(study) == EvaluationsCSV.text(shuffled))
    #expect(LayersCSV.text(study) == LayersCSV.text(shuffled))
  }

  @Test func everyRowHasEveryField() {
    let text = LayersCSV.text(Self.small.build())
    let widths = Set(
      text.split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).count
      })
    #expect(widths == [LayersCSV.columnNames.count])
  }

  @Test func whatIsMissingIsEmpty() {
    var study = Self.small.build()
    study.trials = [TrialResult(number: 4, config: study.trials[1].config, companion: nil)]
    study.trials[0].state = .failed
    var module = ModuleResult(layer: 0, module: "m")
    module.relativeErrorHeldout = .nan
    module.sqnrDb = .infinity
    study.trials[0].modules = [module]
    let row = TrialsCSV.text(study).split(separator: "\n")[1]
    #expect(row.hasPrefix("4,failed,,search,0,0,gptq,8,64,0.0,true,"))
    #expect(row.contains(",shared,0.0,,exact,,,false,routed,64,,,,,,"))
    #expect(LayersCSV.text(study).contains("\n4,0,m,0.0,,0.0,0.0,0.0,,inf,"))
  }
}
