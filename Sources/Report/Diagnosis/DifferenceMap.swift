import Analysis
import Foundation

/// Layer × module: where suspect and baseline differ. Blue cells are better in the suspect, magenta
/// ones worse.
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

  private let diagnosis: Diagnosis
  private let words: DiagnosisWords
  private let quantity: Quantity
  private let layers: [Int]
  private let names: [String]
  private let values: [Double]
  private let largest: Double

  /// Nil where nothing of it was measured.
  init?(_ diagnosis: Diagnosis, _ quantity: Quantity, _ words: DiagnosisWords) {
    self.diagnosis = diagnosis
    self.words = words
    self.quantity = quantity
    layers = Set(diagnosis.modules.map(\.layer)).sorted()
    names = diagnosis.modules.reduce(into: [String]()) { names, module in
      if !names.contains(module.module) { names.append(module.module) }
    }
    values = diagnosis.modules.map { module -> Double in
      switch quantity {
      case .swap: module.swap?.value(diagnosis.metric).value ?? .nan
      case .localError:
        log2(module.suspect.relativeErrorHeldout / module.baseline.relativeErrorHeldout)
      }
    }
    let finite = values.filter(\.isFinite).map(abs)
    guard let top = finite.max(), !finite.isEmpty else { return nil }
    largest = max(top, .leastNormalMagnitude)
  }

  var figure: Figure {
    Figure(
      id: quantity == .swap ? "swap-map" : "error-map", title: title, reading: reading,
      legend: [
        LegendEntry(
          mark: "key-fault block",
          text: words.pick("worse in the suspect, up to \(extreme)", "対象モデルが悪い（最大 \(extreme)）")),
        LegendEntry(mark: "key-gptq block", text: words.pick("better in the suspect", "対象モデルが良い")),
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

  private var extreme: String { NumberText.significant(largest, 2) }

  private func drawing(isWide: Bool) -> String {
    let (across, down) = isWide ? (layers.count, names.count) : (names.count, layers.count)
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
    let namePlace = Dictionary(
      names.enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { a, _ in a })
    for (module, value) in zip(diagnosis.modules, values) {
      let layer = Double(layerPlace[module.layer] ?? 0)
      let name = Double(namePlace[module.module] ?? 0)
      let (column, row) = isWide ? (layer, name) : (name, layer)
      canvas.rectangle(
        x: left + column * cellWidth, y: top + row * cellHeight, width: cellWidth - 1,
        height: cellHeight - 1, style(value),
        title: "\(module.path) \(value.isFinite ? words.signed(value) : NumberText.missing)")
    }
    return canvas.svg(label: title)
  }

  private func drawLabels(
    _ isWide: Bool, _ edge: (left: Double, top: Double, bottom: Double),
    _ cell: (width: Double, height: Double), on canvas: inout Canvas
  ) {
    func every(_ space: Double, _ needed: Double) -> Int {
      [1, 2, 4, 5, 8, 10, 16, 20].first { Double($0) * space >= needed } ?? 20
    }
    for (index, name) in names.enumerated() {
      let text = HeatMapPlot.shortName(name)
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
    let step = isWide ? every(cell.width, 24) : every(cell.height, 14)
    for (index, layer) in layers.enumerated() where index.isMultiple(of: step) {
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
