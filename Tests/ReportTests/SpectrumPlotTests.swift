import Analysis
import Foundation
import GPTQ
import Report
import Results
import TestSupport
import Testing

/// The plots of Hessian spectra and of weight errors.
@Suite("Spectra and weight errors on the page")
struct SpectrumPlotTests {
  static var small: StudyResults {
    var fixture = HTMLReportTests.small
    fixture.hasMeasures = true
    return fixture.build()
  }

  @Test("both read as recorded, with their data", arguments: ["spectrum", "weight-errors"])
  func recorded(part: String) throws {
    let page = HTMLReport.text(Self.small)
    let markup = try Page.part(part, of: page)
    try Snapshot.check(markup, "\(part).html")
    try Page.parse(markup)
    let data = try #require(FigureCSVs.all(Self.small).first { $0.name == part })
    let link = try Page.inner(
      "download=\"\(part).csv\" href=\"data:text/csv;charset=utf-8,", "\"", in: markup)
    #expect(link.removingPercentEncoding == data.text)
  }

  @Test("the title says what the damp of the best trial decides, and where most")
  func title() throws {
    var study = Self.small
    let markup = try Page.part("spectrum", of: HTMLReport.text(study))
    #expect(markup.contains("Below damp_percent 0.01 lie on average"))
    #expect(markup.contains("(input of ") && markup.contains("The bold line is the damp of #"))
    #expect(
      markup.contains("Inputs are the base&#39;s.") || markup.contains("Inputs are the base's."))
    #expect(markup.contains("dead_columns 2") && markup.contains("常に 0 の入力"))
    // Of a trial's own inputs, with a Hessian that was too wide.
    for index in study.spectra.indices { study.spectra[index].trial = 2 }
    study.spectra[7].spectrum = HessianSpectrum(
      method: .none, inFeatures: 9999, deadColumns: 0, meanDiagonal: 1, effectiveRank: 2,
      quantiles: [], shares: [])
    let other = try Page.part("spectrum", of: HTMLReport.text(study))
    #expect(other.contains("Inputs as #2 sees them") && other.contains("1 Hessians are not shown"))
    #expect(!other.contains("layers.1 mlp.down_proj"))
  }

  @Test("without spectra and weight errors the page says why")
  func absent() throws {
    let page = HTMLReport.text(HTMLReportTests.small.build())
    let list = try Page.part("absent", of: page)
    #expect(list.contains("Hessian spectrum") && list.contains("an older tenbin made it"))
    #expect(list.contains("Weight errors") && list.contains("重みの誤差"))
    #expect(!page.contains("id=\"weight-error-data\"") && !page.contains("id=\"spectrum\""))
    var study = Self.small
    for index in study.spectra.indices {
      study.spectra[index].spectrum.method = .none
      study.spectra[index].spectrum.quantiles = []
    }
    #expect(!HTMLReport.text(study).contains("<figure id=\"spectrum\""))
  }

  @Test("numbers that no plot can show draw nothing wrong")
  func hostile() throws {
    var study = Self.small
    study.spectra[0].spectrum.quantiles = HessianSpectrum.levels.map { $0 - 0.5 }
    study.spectra[1].spectrum.quantiles = HessianSpectrum.levels.map { _ in .nan }
    study.spectra[2].modules = ["<script>alert(1)</script>", "a\"b"]
    study.spectra[3].spectrum.shares = []
    study.trials[1].weightErrors = [
      KindErrors(kind: "<b>&\"", errors: WeightErrors()),
      KindErrors(
        kind: "mlp.up_proj",
        errors: WeightErrors(
          counts: WeightErrors.bounds.map { _ in 0 } + [1],
          clipped: WeightErrors.bounds.map { _ in 0 } + [0],
          squares: 1)),
    ]
    study.trials[2].companion = 99
    let page = HTMLReport.text(study)
    try Page.parse(Page.between("<main>", "</main>", in: page))
    #expect(!page.contains("<script>alert") && !page.contains("<b>&"))
    #expect(!page.contains("NaN") || !HTMLReport.text(Self.small).contains("NaN"))
    let json = try Page.inner(
      "<script type=\"application/json\" id=\"weight-error-data\">", "</script>", in: page)
    _ = try JSONSerialization.jsonObject(with: Data(json.utf8))
  }

  @Test("a thousand trials of eighty layers, and hundreds of experts, stay small")
  func large() throws {
    var fixture = StudyFixture(
      layers: 80, bits: [2, 3, 4, 8], groupSizes: [16, 32, 64, 128, 256],
      damps: [0, 0.005, 0.01, 0.1, 0.2], descActs: [false, true])
    let bare = HTMLReport.text(fixture.build()).utf8.count
    fixture.hasMeasures = true
    let study = fixture.build()
    #expect(study.trials.count >= 200 && study.spectra.count == 320)
    let page = HTMLReport.text(study)
    #expect(page.utf8.count < 3_000_000)
    #expect(page.utf8.count - bare < 900_000)
    // 1,000 trials: those that do not fit are in the CSV only, and the page says how many.
    fixture.layers = 1
    var many = fixture.build()
    let trials = many.trials
    while many.trials.count < 1000 {
      for trial in trials.prefix(1000 - many.trials.count) {
        var copy = trial
        copy.number = many.trials.count
        copy.companion = nil
        many.trials.append(copy)
      }
    }
    let markup = try Page.part("weight-errors", of: HTMLReport.text(many))
    #expect(markup.contains("more trials are in weight_errors.csv only"))
  }
}
