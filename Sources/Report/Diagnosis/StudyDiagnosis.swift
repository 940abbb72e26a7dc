import Analysis

extension PagePart {
  /// A diagnosis on the report of a study of the same model: its findings, what makes the difference, and
  /// the hypotheses, and the settings of both sides. The maps and the other tables of its own page are not
  /// repeated.
  public init(_ diagnosis: Diagnosis) {
    let parts = DiagnosisParts(diagnosis: diagnosis)
    let waterfall = parts.waterfall
    let sections = [
      parts.hypotheses, parts.section("diagnosis-settings", \.settings, \.settings),
    ].filter { !$0.table.isEmpty }
    self.init(
      html: FindingList.html(parts.title, parts.findings, id: "diagnosis")
        + (waterfall.map { FigureMarkup.html($0) + "\n" } ?? "")
        + sections.map(\.html).joined(),
      places: [.init(id: "diagnosis", name: parts.title)]
        + (waterfall.map { [.init(id: $0.id, name: $0.title)] } ?? [])
        + sections.map { .init(id: $0.id, name: $0.heading) },
      style: DiagnosisParts.style)
  }
}
