import Analysis
import Foundation
import Model

/// Layer × module: where suspect and baseline differ. Blue cells are better in the suspect, magenta
/// ones worse. The experts of a layer stand together, by the one that differs most.
struct DifferenceMap: Sendable {
  /// What a cell shows.
  enum Quantity: Sendable {
    /// The change of the metric when the suspect's module goes into the baseline.
    case swap
    /// log₂ of the suspect's local held-out error over the baseline's.
    case localError
  }

  /// Shades on either side.
  static let steps = 8

  /// The rules of its shades.
  static var style: String {
    let shades = (0..<steps).map { step in
      let share = 8 + 92 * step / (steps - 1)
      return ".u\(step){fill:color-mix(in srgb,var(--fault) \(share)%,var(--card))}"
        + ".b\(step){fill:color-mix(in srgb,var(--gptq) \(share)%,var(--card))}"
    }
    return shades.joined() + "\n"
  }

  private let diagnosis: Diagnosis
  private let words: DiagnosisWords
  private let quantity: Quantity
  private let layers: [Int]
  /// The kinds of linears, in the order in which they are solved.
  private let kinds: [String]
  /// Of every module.
  private let values: [Double]
  /// What is drawn: the module of each layer and kind that differs most.
  private let shown: [Cell]
  private let largest: Double

  private struct Cell {
    let layer: Int
    let kind: String
    /// Which of the diagnosis' modules.
    var module: Int
  }

  /// Nil where nothing of it was measured.
  init?(_ diagnosis: Diagnosis, _ quantity: Quantity, _ words: DiagnosisWords) {
    self.diagnosis = diagnosis
    self.words = words
    self.quantity = quantity
    layers = Set(diagnosis.modules.map(\.layer)).sorted()
    let values = diagnosis.modules.map { module -> Double in
      switch quantity {
      case .swap: module.swap?.value(diagnosis.metric).value ?? .nan
      case .localError:
        log2(module.suspect.relativeErrorHeldout / module.baseline.relativeErrorHeldout)
      }
    }
    self.values = values
    shown = Self.cells(diagnosis, values)
    kinds = shown.reduce(into: [String]()) { kinds, cell in
      if !kinds.contains(cell.kind) { kinds.append(cell.kind) }
    }
    let finite = values.filter(\.isFinite).map(abs)
    guard let top = finite.max(), !finite.isEmpty else { return nil }
    largest = max(top, .leastNormalMagnitude)
  }

  private static func cells(_ diagnosis: Diagnosis, _ values: [Double]) -> [Cell] {
    func size(_ module: Int) -> Double { values[module].isFinite ? abs(values[module]) : -1 }
    var places: [String: Int] = [:]
    var cells: [Cell] = []
    for (index, module) in diagnosis.modules.enumerated() {
      let name = LinearName(rawValue: module.module)
      let kind = name.expert == nil ? module.module : name.kind
      if let place = places["\(module.layer) \(kind)"] {
        if size(index) > size(cells[place].module) { cells[place].module = index }
      } else {
        places["\(module.layer) \(kind)"] = cells.count
        cells.append(Cell(layer: module.layer, kind: kind, module: index))
      }
    }
    return cells
  }

  private var hasExperts: Bool { shown.count < values.count }

  var figure: Figure {
    Figure(
      id: quantity == .swap ? "swap-map" : "error-map", title: Bilingual(title),
      reading: Bilingual(reading),
      legend: [
        LegendEntry(
          mark: "key-fault block",
          text: words.both("worse in the suspect, up to \(extreme)", "対象モデルが悪い（最大 \(extreme)）")),
        LegendEntry(mark: "key-gptq block", text: words.both("better in the suspect", "対象モデルが良い")),
      ],
      wide: drawing(isWide: true), narrow: drawing(isWide: false), data: data)
  }

  private var title: String {
    quantity == .swap
      ? words.pick(
        "Where is the difference? Modules replaced one at a time", "差が生じている箇所（モジュールを 1 つずつ入れ替え）")
      : words.pick("Where do the modules themselves differ?", "モジュール自身の誤差の違い")
  }

  private var reading: String {
    let experts = words.pick(
      " The experts of a layer stand together (*), by the one that differs most.",
      "各層のエキスパートは 1 行にまとめ（*）、差が最大のものを示す。")
    return meaning + (hasExperts ? experts : "")
  }

  private var meaning: String {
    quantity == .swap
      ? words.pick(
        "One cell per module: the change of \(words.metric(diagnosis.metric)) when the suspect's "
          + "module takes the place of the baseline's. Hatched: not tried.",
        "1 マスが 1 モジュール：比較元のモジュールを対象モデルのものに替えたときの"
          + "\(words.metric(diagnosis.metric))の変化。斜線は未測定。")
      : words.pick(
        "log₂ of the suspect's relative error on held-out inputs over the baseline's: +1 is twice "
          + "the error.",
        "評価入力での相対誤差の比（対象モデル/比較元）の log₂。+1 は誤差が 2 倍。")
  }

  /// The largest difference; 0 where both sides are alike in all of it.
  private var extreme: String {
    NumberText.significant(largest > .leastNormalMagnitude ? largest : 0, 2)
  }

  private func drawing(isWide: Bool) -> String {
    let (across, down) = isWide ? (layers.count, kinds.count) : (kinds.count, layers.count)
    let left = isWide ? 52.0 : 30.0
    let width = isWide ? Figure.wideWidth : Figure.narrowWidth
    let cellWidth = min(90, (width - left) / Double(max(1, across)))
    let cellHeight = down > 24 ? 10.0 : 22.0
    let top = isWide ? 0.0 : 18.0
    let bottom = top + Double(down) * cellHeight
    var canvas = Canvas(width: width, height: bottom + (isWide ? 22 : 4))
    drawLabels(isWide, (left, top, bottom), (cellWidth, cellHeight), on: &canvas)
    let layerPlace = Dictionary(
      layers.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    let kindPlace = Dictionary(
      kinds.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    for cell in shown {
      let (module, value) = (diagnosis.modules[cell.module], values[cell.module])
      let layer = Double(layerPlace[cell.layer] ?? 0)
      let kind = Double(kindPlace[cell.kind] ?? 0)
      let (column, row) = isWide ? (layer, kind) : (kind, layer)
      canvas.rectangle(
        x: left + column * cellWidth, y: top + row * cellHeight, width: cellWidth - 1,
        height: cellHeight - 1, style(value),
        title: "\(module.path) \(value.isFinite ? words.signed(value) : NumberText.missing)")
    }
    return canvas.svg(label: Bilingual(title))
  }

  private func drawLabels(
    _ isWide: Bool, _ edge: (left: Double, top: Double, bottom: Double),
    _ cell: (width: Double, height: Double), on canvas: inout Canvas
  ) {
    for (index, kind) in kinds.enumerated() {
      let text = ModuleGrid.shortName(kind)
      if isWide {
        canvas.text(
          text, .init(x: edge.left - 6, y: (Double(index) + 0.5) * cell.height + 4), "tick",
          anchor: .end)
      } else if cell.width > 30 {
        canvas.text(
          text, .init(x: edge.left + (Double(index) + 0.5) * cell.width, y: 12), "tick",
          anchor: .middle)
      }
    }
    let (space, needed) = isWide ? (cell.width, 24.0) : (cell.height, 14.0)
    for index in Frame.labelled(layers.count, space: space, needed: needed) {
      let layer = layers[index]
      let place =
        isWide
        ? Canvas.Point(x: edge.left + (Double(index) + 0.5) * cell.width, y: edge.bottom + 15)
        : Canvas.Point(x: edge.left - 5, y: edge.top + (Double(index) + 0.5) * cell.height + 4)
      canvas.text(
        isWide && index == 0 ? words.pick("layer \(layer)", "層 \(layer)") : String(layer), place,
        "tick", anchor: isWide ? .middle : .end)
    }
  }

  /// `u0…` worse, `b0…` better, paler the smaller.
  private func style(_ value: Double) -> String {
    guard value.isFinite else { return "hx" }
    let step = min(Self.steps - 1, Int(abs(value) / largest * Double(Self.steps)))
    return value > 0 ? "u\(step)" : "b\(step)"
  }

  private var data: String {
    var csv = CSVText(columns: [
      "layer", "module", quantity == .swap ? "change" : "log2_error_ratio",
    ])
    for (module, value) in zip(diagnosis.modules, values) {
      csv.append([String(module.layer), module.module, NumberText.shortest(value)])
    }
    return csv.text
  }
}
