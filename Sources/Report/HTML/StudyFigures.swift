import Results

/// The figures of a study's page, in the order of a reader; of those that have no data, why.
struct StudyFigures {
  /// A figure, what the contents call it, and its data.
  struct Part {
    let id: String
    let name: Bilingual
    let html: String
    let data: String
  }

  /// What can be drawn.
  private(set) var shown: [Part] = []
  /// What cannot, and why.
  private(set) var absent: [(name: Bilingual, reason: Bilingual)] = []

  /// `hasDiagnosis`: the causes of a difference are shown beside them.
  init(
    _ findings: Findings, _ heatMap: HeatMapPlot?, _ weightErrors: WeightErrorPlot?,
    hasDiagnosis: Bool = false
  ) {
    let results = findings.results
    add(SizeQualityPlot(findings)?.figure, PlotWords.sizeQualityName, PlotWords.noSizes)
    add(SlicePlot(findings)?.figure, PlotWords.sliceName, PlotWords.noSlices)
    add(ParallelPlot(findings)?.figure, PlotWords.parallelName, PlotWords.noParallel)
    add(ImportancePlot(findings)?.figure, PlotWords.importanceName, PlotWords.noImportance)
    if let heatMap {
      shown.append(
        Part(
          id: "heat-map", name: PlotWords.heatMapName, html: FigureMarkup.html(heatMap),
          data: heatMap.csv))
    } else {
      absent.append((PlotWords.heatMapName, PlotWords.noModules))
    }
    add(DampPlot(findings)?.figure, "damp_percent", PlotWords.noDampFamily)
    add(
      DampDomainPlot(findings)?.figure, PlotWords.dampDomainName,
      results.mainBase == nil ? PlotWords.noBase : PlotWords.noDampFamily)
    add(SpectrumPlot(findings)?.figure, PlotWords.spectrumName, PlotWords.noSpectra)
    if let weightErrors {
      shown.append(
        Part(
          id: WeightErrorMarkup.id, name: PlotWords.weightErrorName,
          html: WeightErrorMarkup.html(weightErrors), data: weightErrors.csv))
    } else {
      absent.append((PlotWords.weightErrorName, PlotWords.noWeightErrors))
    }
    add(DepthPlot(findings)?.figure, PlotWords.depthName, PlotWords.noDepth)
    add(CoveragePlot(findings)?.figure, PlotWords.coverageName, PlotWords.noExperts)
    add(LadderPlot(findings)?.figure, PlotWords.ladderName, PlotWords.noBase)
    add(DomainPlot(findings)?.figure, PlotWords.domainName, PlotWords.oneDomain)
    add(AllocationPlot(results)?.figure, PlotWords.allocationName, PlotWords.noAllocation)
    for map in AllocationMap.all(results).map(\.figure) { add(map, map.title, "") }
    add(TimePlot(findings)?.figure, PlotWords.timeName, PlotWords.noTimes)
    add(TimelinePlot(results)?.figure, PlotWords.timelineName, PlotWords.noTimeline)
    if results.environment.calibrationStatistics == nil {
      absent.append((StudyCalibration.name, StudyCalibration.absent))
    }
    if !hasDiagnosis { absent.append((PlotWords.causesName, PlotWords.noDiagnosis)) }
  }

  private mutating func add(_ figure: Figure?, _ name: Bilingual, _ reason: Bilingual) {
    guard let figure else { return absent.append((name, reason)) }
    shown.append(
      Part(id: figure.id, name: name, html: FigureMarkup.html(figure), data: figure.data))
  }

  /// The list of what is not shown.
  var absentHTML: String {
    let items = absent.map { part -> String in
      "<li>\((part.name + Bilingual(": ", "：") + part.reason).html)</li>"
    }
    return """
      <section id="absent">
      <h2>\(PlotWords.absentTitle.html)</h2>
      <ul class="absent">\(items.joined(separator: "\n"))</ul>
      </section>

      """
  }
}

/// The data of every figure of a study's page, which `report csv` writes, too.
public enum FigureCSVs {
  /// File names without their ending, and texts. Figures without data have none.
  public static func all(_ results: StudyResults) -> [(name: String, text: String)] {
    let findings = Findings(results)
    let first = PicksMarkup(findings, ReportCommands()).data
    let divergence = SizeDivergencePlot(findings)?.figure
    return [("picks", first)] + (divergence.map { [($0.id, $0.data)] } ?? [])
      + StudyFigures(findings, HeatMapPlot(findings), WeightErrorPlot(findings)).shown.map {
        ($0.id, $0.data)
      }
  }
}
