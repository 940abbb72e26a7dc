/// A plot with everything that must stand beside it.
struct Figure: Sendable {
  /// The fragment that links to it.
  let id: String
  /// What it finds, or the question it answers.
  let title: Bilingual
  /// How to read it, in one line.
  let reading: Bilingual
  /// What its colours and shapes mean.
  let legend: [LegendEntry]
  /// What the steps of the colour ramp mean, where it has such.
  let ramp: RampLegend?
  /// The drawing for a page, and the one for a telephone.
  let wide: Bilingual
  /// The drawing for a telephone.
  let narrow: Bilingual
  /// What it shows, as CSV.
  let data: String
  /// Whether its reader may brush it, and is told what is left.
  var isBrushed = false

  /// A figure of drawings that speak both languages themselves.
  init(
    id: String, title: Bilingual, reading: Bilingual, legend: [LegendEntry],
    ramp: RampLegend? = nil, wide: String, narrow: String, data: String
  ) {
    self.init(
      id: id, title: title, reading: reading, legend: legend, ramp: ramp, wide: Bilingual(wide),
      narrow: Bilingual(narrow), data: data)
  }

  private init(
    id: String, title: Bilingual, reading: Bilingual, legend: [LegendEntry], ramp: RampLegend?,
    wide: Bilingual, narrow: Bilingual, data: String
  ) {
    self.id = id
    self.title = title
    self.reading = reading
    self.legend = legend
    self.ramp = ramp
    self.wide = wide
    self.narrow = narrow
    self.data = data
  }

  /// The same figure made in each language, as one that holds both.
  static func joined(_ figure: (CardLanguage) -> Figure?) -> Figure? {
    guard let en = figure(.en), let ja = figure(.ja) else { return nil }
    return Figure(
      id: en.id, title: Bilingual(en.title.en, ja.title.ja),
      reading: Bilingual(en.reading.en, ja.reading.ja),
      legend: zip(en.legend, ja.legend).map {
        LegendEntry(mark: $0.mark, text: Bilingual($0.text.en, $1.text.ja))
      },
      ramp: en.ramp, wide: Bilingual(en.wide.en, ja.wide.ja),
      narrow: Bilingual(en.narrow.en, ja.narrow.ja), data: en.data)
  }

  /// Pixels across a drawing for a page.
  static let wideWidth = 1000.0
  /// Pixels across a drawing for a telephone.
  static let narrowWidth = 344.0
}

/// One mark of a legend and its meaning.
struct LegendEntry: Sendable, Equatable {
  /// How the mark is drawn: a class of the stylesheet.
  let mark: String
  /// What it stands for.
  let text: Bilingual
}
