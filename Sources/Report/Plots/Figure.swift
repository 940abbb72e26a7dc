/// A plot with everything that must stand beside it.
struct Figure: Sendable {
  /// The fragment that links to it.
  let id: String
  /// What it finds, or the question it answers.
  let title: String
  /// How to read it, in one line.
  let reading: String
  /// What its colours and shapes mean.
  let legend: [LegendEntry]
  /// What the steps of the colour ramp mean, where it has such.
  var ramp: RampLegend?
  /// The drawing for a page, and the one for a telephone.
  let wide: String
  /// The drawing for a telephone.
  let narrow: String
  /// What it shows, as CSV.
  let data: String

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
  let text: String
}
