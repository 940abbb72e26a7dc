import Analysis
import Foundation
import Report
import Results
import TestSupport
import Testing

@Suite struct CSVTests {
  static let small = StudyFixture(
    layers: 1, bits: [8], groupSizes: [64], damps: [0, 0.01], domains: ["wiki", "説明, \"会話\""])

  @Test(arguments: ["trials", "evaluations", "layers", "spectra", "weight_errors"])
  func readsAsRecorded(file: String) throws {
    var fixture = Self.small
    fixture.hasMeasures = true
    let study = fixture.build()
    let text =
      switch file {
      case "trials": TrialsCSV.text(study)
      case "evaluations": EvaluationsCSV.text(study)
      case "spectra": SpectraCSV.text(study)
      case "weight_errors": WeightErrorsCSV.text(study)
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

  @Test("what a spectrum does not know has no row, and every weight is in one")
  func spectraAndWeightErrors() throws {
    var fixture = Self.small
    fixture.hasMeasures = true
    var study = fixture.build()
    study.spectra[0].spectrum.method = .none
    (study.spectra[0].spectrum.quantiles, study.spectra[0].spectrum.shares) = ([], [])
    study.spectra[0].trial = 3
    study.spectra[1].spectrum.quantiles[0] = -1e-7
    let rows = try Self.rows(SpectraCSV.text(study))
    let first = rows.filter { $0["modules"] == Self.attention }
    #expect(first.map { $0["statistic"] } == ["mean_diagonal", "effective_rank"])
    #expect(first.allSatisfy { $0["method"] == "none" && $0["trial"] == "3" && $0["at"] == "" })
    let output = rows.filter { $0["modules"] == "self_attn.o_proj" }
    #expect(output.first { $0["statistic"] == "condition_number" }?["value"] == "inf")
    #expect(
      output.count == 3 + 11 + 19 && output[3]["at"] == "0.0" && output[3]["value"] == "-1e-07")
    #expect(SpectraCSV.json(study).contains("\"statistic\": \"condition_number\", \"at\": null"))

    let errors = try Self.rows(WeightErrorsCSV.text(study))
    let down = errors.filter { $0["trial"] == "1" && $0["module"] == "mlp.down_proj" }
    let whole = try #require(study.trials[1].weightErrors.last?.errors)
    let parts = Dictionary(grouping: down) { $0["part"] ?? "" }
      .mapValues { $0.reduce(0) { $0 + (Int($1["weights"] ?? "") ?? 0) } }
    #expect(
      parts == [
        "nearest": whole.weights - whole.movedWeights - whole.clippedWeights,
        "moved": whole.movedWeights, "clipped": whole.clippedWeights, "dead": 30,
      ])
    #expect(down.contains { $0["steps_from"] == "0.5" && $0["steps_to"] == "0.625" })
    #expect(errors.contains { $0["steps_from"] == "-inf" && $0["steps_to"] == "-3.0" })
  }

  private static let attention = "self_attn.q_proj self_attn.k_proj self_attn.v_proj"

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

  @Test("notebooks-data/README.md names every figure's file, and its columns in order")
  func figureColumns() throws {
    let readme = try String(
      contentsOf: Repository.root.appendingPathComponent("notebooks-data/README.md"),
      encoding: .utf8)
    var named: Set<String> = []
    for line in readme.split(separator: "\n") where line.hasPrefix("| `figures/") {
      named.insert(String(line.split(separator: "`")[1]))
    }
    let studies = [
      StudyFixture(layers: 2, hasMeasures: true).build(),
      CoveragePlotTests.study(layers: 2, experts: 4, cold: [[0, 1]: 0]),
    ]
    var found: Set<String> = ["figures/allocation.csv", "figures/allocation-map-*.csv"]
    for (name, text) in studies.flatMap(FigureCSVs.all) {
      let file = "figures/\(name).csv"
      found.insert(file)
      let header = try #require(text.split(separator: "\n").first)
      // Settings that vary are columns of the parallel plot: how many, the study decides.
      let columns =
        switch name {
        case "parallel": "trial,state,*,bits_per_weight,kld_mean,kld_stderr"
        case "spectrum": String(header).replacing(/share_below_.*/, with: "share_below_*")
        default: String(header)
        }
      let list = columns.split(separator: ",").map { "`\($0)`" }.joined(separator: ", ")
      #expect(readme.contains("| `\(file)` | \(list) |"), "| `\(file)` | \(list) |")
      let widths = Set(text.split(separator: "\n").map { Self.fields($0) })
      #expect(widths.count == 1, "\(file)")
    }
    #expect(found == named)
  }

  /// How many fields a record has, quotes counted.
  private static func fields(_ record: Substring) -> Int {
    var isQuoted = false
    return record.reduce(1) { count, character in
      if character == "\"" { isQuoted.toggle() }
      return character == "," && !isQuoted ? count + 1 : count
    }
  }

  @Test("the trials of a figure's data are those of trials.csv, to the digit")
  func figuresAgree() throws {
    let study = StudyFixture(layers: 2).build()
    let trials = try Self.rows(TrialsCSV.text(study))
    let byNumber = Dictionary(uniqueKeysWithValues: trials.map { ($0["trial"] ?? "", $0) })
    var compared = 0
    for (name, text) in FigureCSVs.all(study) where name != "heat-map" {
      for row in try Self.rows(text) {
        guard let trial = byNumber[row["trial"] ?? ""], row["domain"].map({ $0 == "wiki" }) ?? true
        else { continue }
        for (column, value) in row where trial[column] != nil && column != "domain" {
          #expect(value == trial[column], "\(name): \(column) of \(row["trial"] ?? "")")
          compared += 1
        }
      }
    }
    #expect(compared > 300)
  }

  private static func rows(_ text: String) throws -> [[String: String]] {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return lines.dropFirst().map {
      Dictionary(zip(lines[0], $0), uniquingKeysWith: { first, _ in first })
    }
  }
}
