/// Figures as HTML.
enum FigureMarkup {
  /// Patterns that every drawing may use.
  static let definitions = """
    <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>\
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" \
    patternTransform="rotate(45)"><rect width="6" height="6" style="fill:var(--wash)"/>\
    <line x1="0" y1="0" x2="0" y2="6" style="stroke:var(--rule);stroke-width:1.5"/></pattern>\
    </defs></svg>
    """

  /// A figure: title, how to read it, legend, both drawings, and its data.
  static func html(_ figure: Figure) -> String {
    """
    <figure id="\(figure.id)">
    \(heading(figure.title))
    <p class="reading">\(figure.reading.html)</p>
    \(figure.ramp.map { ramp($0) + "\n" } ?? "")\(legend(figure.legend))
    \(styled(figure.wide, "wide"))
    \(styled(figure.narrow.map(light), "narrow"))
    \(figure.isBrushed ? "<p class=\"tools js-only\"><output></output></p>\n" : "")\
    \(link(figure.data, name: figure.id))
    </figure>
    """
  }

  /// The heat map: two panels with a list each, and the ramp.
  static func html(_ plot: HeatMapPlot) -> String {
    let note = PlotWords.omitted(plot.data.omitted)
    return """
      <figure id="heat-map">
      <h2>\(PlotWords.heatMapTitle.html)</h2>
      <p class="reading">\((PlotWords.heatMapReading(hasExperts: plot.data.hasExperts) + note).html)
      <span class="on-screen">\(PlotWords.heatMapHint.html)</span></p>
      \(choices(plot.data.measures))
      \(ramp(plot.ramp))
      <div class="panels\(plot.isHalfWidth ? " few" : "")">
      \(plot.shown.map { panel($0, plot) }.joined(separator: "\n"))
      </div>
      \(link(plot.csv, name: "heat-map"))
      </figure>
      """
  }

  /// What the cells show, and whether the left panel shows itself over the right one.
  private static func choices(_ measures: [HeatMapMeasure]) -> String {
    let options = measures.enumerated().map { index, measure in
      "<option value=\"\(index)\" \(measure.name.attribute("label"))>"
        + "\(measure.name.en.xmlEscaped)</option>"
    }.joined()
    return "<p class=\"tools js-only\"><label>\(PlotWords.measureLabel.html) "
      + "<select class=\"measure\">\(options)</select></label> "
      + "<label><input type=\"checkbox\" class=\"versus\"/> \(PlotWords.versus.html)</label> "
      + "<span class=\"versus-note\" hidden=\"hidden\">\(PlotWords.versusNote.html)</span></p>"
  }

  private static func panel(_ trial: HeatMapData.TrialErrors, _ plot: HeatMapPlot) -> String {
    let worst =
      trial.worst.map { "\(plot.data.cells[$0].path) \(HeatMapData.text(trial.errors[$0]))" } ?? ""
    return """
      <div class="panel">
      <div class="panel-head"><select disabled="disabled" data-trial="\(trial.number)" \
      \(PageWords.trialPicker.attribute("aria-label"))>\
      <option selected="selected">\(trial.name.xmlEscaped)</option></select>\(chosen(trial.name))\
      <span class="worst">\(PlotWords.worst.html) <span class="at">\(worst.xmlEscaped)</span></span></div>
      \(styled(Bilingual(plot.drawing(trial, isWide: true)), "wide"))
      \(styled(Bilingual(light(plot.drawing(trial, isWide: false))), "narrow"))
      </div>
      """
  }

  /// The chosen trial's name, for paper, where there is no list.
  static func chosen(_ name: String) -> String {
    "<b class=\"chosen\">\(name.xmlEscaped)</b>"
  }

  /// A heading whose dates stay on one line.
  private static func heading(_ title: Bilingual) -> String {
    let text = title.html.replacing(/\d{4}-\d{2}-\d{2}/) {
      "<span class=\"whole\">\($0.output)</span>"
    }
    return "<h2>\(text)</h2>"
  }

  private static func ramp(_ legend: RampLegend) -> String {
    let steps = (0..<ColorRamp.steps).map { "<i style=\"background:var(--h\($0))\"></i>" }.joined()
    let ticks = legend.ticks.map { tick in
      "<span style=\"left:\(NumberText.fixed(100 * tick.share, 1))%\">\(tick.label)</span>"
    }.joined()
    return "<div class=\"ramp\"><div class=\"steps\">\(steps)</div>"
      + "<div class=\"ticks\">\(ticks)</div>"
      + "<div class=\"name\">\(legend.name.html)</div></div>"
  }

  /// A list of marks and what they stand for.
  static func legend(_ entries: [LegendEntry]) -> String {
    guard !entries.isEmpty else { return "" }
    let items = entries.map { entry in
      "<li><svg viewBox=\"0 0 22 14\" aria-hidden=\"true\" class=\"\(entry.mark)\">"
        + "\(LegendMark.markup(entry.mark))</svg>\(entry.text.html)</li>"
    }
    return "<ul class=\"legend\">\(items.joined())</ul>"
  }

  /// A telephone's drawing; a large one without tooltips, which a telephone does not show anyway.
  static func light(_ svg: String) -> String {
    svg.utf8.count < 40_000 ? svg : svg.replacing(/<title>[^<]*<\/title>/, with: "")
  }

  /// A drawing, of a class that the stylesheet shows on a page or on a telephone.
  static func styled(_ svg: Bilingual, _ style: String) -> String {
    guard svg.en != svg.ja else { return "<svg class=\"\(style)\"" + svg.en.dropFirst(4) }
    return "<svg class=\"\(style) en\"" + svg.en.dropFirst(4) + "\n"
      + "<svg class=\"\(style) ja\"" + svg.ja.dropFirst(4)
  }

  /// A link to `csv`, inside the page.
  static func link(_ csv: String, name: String) -> String {
    "<p class=\"csv\"><a download=\"\(name).csv\" "
      + "href=\"data:text/csv;charset=utf-8,\(csv.dataURIEncoded)\">\(ShellWords.data.html)</a></p>"
  }
}

/// The little drawings of a legend.
enum LegendMark {
  /// The mark of a legend class, in a box of 22 by 14.
  static func markup(_ mark: String) -> String {
    let middle = Canvas.Point(x: 11, y: 7)
    switch mark {
    case "key-gptq": return shape(.gptq, middle)
    case "key-rtn": return shape(.rtn, middle)
    case "key-fault": return shape(.fault, middle)
    case let mark where mark.hasSuffix(" block"):
      return "<path d=\"M3 1H19V13H3Z\" class=\"dot\"/>"
    case let mark where mark.hasSuffix(" hollow-block"):
      return "<path d=\"M3 1H19V13H3Z\" class=\"bar-fill hollow\"/>"
    case "key-noise": return "<path d=\"M11 0V14\" class=\"noise\"/>"
    case let mark where mark.contains(" dash-"):
      return "<path d=\"M1 7H21\" class=\"line \(mark.split(separator: " ").last ?? "")\"/>"
    case "key-front": return "<path d=\"M1 7H21\" class=\"front\"/>"
    case "key-band-gptq":
      return "<path d=\"M1 2H21V12H1Z\" class=\"band\"/>"
    case "key-band-gptq twice":
      return String(repeating: "<path d=\"M1 2H21V12H1Z\" class=\"band\"/>", count: 2)
    case "layers":
      return "<path d=\"M1 2H11V12H1Z\" class=\"time-even\"/>"
        + "<path d=\"M11 2H21V12H11Z\" class=\"time-odd\"/>"
    case "key-dashed-gptq": return "<path d=\"M1 7H21\" class=\"line dashed\"/>"
    default: return "<path d=\"M1 7H21\" class=\"line\"/>"
    }
  }

  private static func shape(_ role: TrialRole, _ at: Canvas.Point) -> String {
    "<g class=\"strong \(role.rawValue)\"><path d=\"\(MarkShape.path(role, at: at))\" "
      + "class=\"shape\"/></g>"
  }
}
