/// Layer × module as a grid of cells: layers across on a page, down on a telephone.
struct ModuleGrid {
  /// A cell's class and tooltip.
  typealias Look = (style: String, title: String)

  let cells: [HeatMapData.Cell]
  let layers: [Int]
  /// The modules' names, in the order in which they are solved.
  let modules: [String]

  /// One drawing. `look` is asked for every cell in the order of `cells`: the page's script counts on
  /// it.
  func drawing(
    isWide: Bool, isHalfWidth: Bool, label: Bilingual, look: (Int) -> Look
  ) -> String {
    isWide
      ? wideDrawing(isHalfWidth: isHalfWidth, label, look) : narrowDrawing(label, look)
  }

  private func wideDrawing(
    isHalfWidth: Bool, _ label: Bilingual, _ look: (Int) -> Look
  ) -> String {
    let left = 46.0
    let width = isHalfWidth ? 480 : Figure.wideWidth
    let cellWidth = min(80, (width - left) / Double(max(1, layers.count)))
    let cellHeight = modules.count > 12 ? 14.0 : 20.0
    let bottom = Double(modules.count) * cellHeight
    var canvas = Canvas(width: width, height: bottom + 22)
    for (row, module) in modules.enumerated() {
      canvas.text(
        Canvas.fitted(Self.shortName(module), in: left),
        .init(x: left - 6, y: (Double(row) + 0.5) * cellHeight + 4), "tick", anchor: .end)
    }
    for column in Frame.labelled(layers.count, space: cellWidth, needed: 24) {
      let layer = layers[column]
      canvas.text(
        column == 0 ? PlotWords.layer(layer) : Bilingual(String(layer)),
        .init(x: left + (Double(column) + 0.5) * cellWidth, y: bottom + 15), "tick",
        anchor: .middle)
    }
    drawCells(look, on: &canvas) { layer, module in
      (left + Double(layer) * cellWidth, Double(module) * cellHeight, cellWidth, cellHeight)
    }
    return canvas.svg(label: label)
  }

  private func narrowDrawing(_ label: Bilingual, _ look: (Int) -> Look) -> String {
    let left = 26.0
    let cellWidth = min(64, (Figure.narrowWidth - left) / Double(max(1, modules.count)))
    let cellHeight = layers.count > 24 ? 9.0 : 18.0
    let top = 18.0
    var canvas = Canvas(
      width: Figure.narrowWidth, height: top + Double(layers.count) * cellHeight + 2)
    for (column, module) in modules.enumerated() where cellWidth > 30 {
      canvas.text(
        Canvas.fitted(Self.shortName(module), in: max(cellWidth, 36)),
        .init(x: left + (Double(column) + 0.5) * cellWidth, y: 12), "tick", anchor: .middle)
    }
    for row in Frame.labelled(layers.count, space: cellHeight, needed: 14) {
      canvas.text(
        String(layers[row]), .init(x: left - 5, y: top + (Double(row) + 0.5) * cellHeight + 4),
        "tick", anchor: .end)
    }
    drawCells(look, on: &canvas) { layer, module in
      (left + Double(module) * cellWidth, top + Double(layer) * cellHeight, cellWidth, cellHeight)
    }
    return canvas.svg(label: label)
  }

  private func drawCells(
    _ look: (Int) -> Look, on canvas: inout Canvas,
    place: (_ layer: Int, _ module: Int) -> (x: Double, y: Double, width: Double, height: Double)
  ) {
    let layerIndex = Dictionary(
      layers.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    let moduleIndex = Dictionary(
      modules.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    for (index, cell) in cells.enumerated() {
      let box = place(layerIndex[cell.layer] ?? 0, moduleIndex[cell.module] ?? 0)
      let (style, title) = look(index)
      canvas.rectangle(
        x: box.x, y: box.y, width: box.width - 1, height: box.height - 1, style, title: title)
    }
  }

  /// `q` of `self_attn.q_proj`, `up*` of `mlp.experts.*.up_proj`.
  static func shortName(_ module: String) -> String {
    let parts = module.split(separator: ".")
    let last = parts.last.map(String.init) ?? module
    return (last.hasSuffix("_proj") ? String(last.dropLast(5)) : last)
      + (parts.contains("*") ? "*" : "")
  }
}
