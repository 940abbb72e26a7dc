/// The rectangle inside the axes, and how the axes around it are drawn.
struct Frame: Sendable {
  let left: Double
  let top: Double
  let right: Double
  let bottom: Double

  /// Size of the small text on axes and marks, in pixels.
  static let textSize = 12.0

  /// Which of `count` cells, each `space` pixels long, get a label that needs `needed` pixels: every
  /// so many from the first.
  static func labelled(_ count: Int, space: Double, needed: Double) -> StrideTo<Int> {
    let step = [1, 2, 4, 5, 8, 10, 16, 20].first { Double($0) * space >= needed } ?? 20
    return stride(from: 0, to: count, by: step)
  }

  /// Horizontal grid lines with their labels on the left; the axis's title stands level above it.
  func drawVerticalAxis(
    _ scale: Scale, ticks count: Int, title: Bilingual, on canvas: inout Canvas
  ) {
    for tick in scale.ticks(count) {
      let y = scale(tick.value)
      canvas.line(.init(x: left, y: y), .init(x: right, y: y), "grid")
      canvas.text(tick.label, .init(x: left - 6, y: y + 4), "tick", anchor: .end)
    }
    canvas.text(title, .init(x: 0, y: top - 12), "axis")
  }

  /// The bottom line with ticks and labels, and the axis's title at its right end.
  func drawHorizontalAxis(
    _ scale: Scale, ticks count: Int, title: Bilingual, on canvas: inout Canvas
  ) {
    canvas.line(.init(x: left, y: bottom), .init(x: right, y: bottom), "rule")
    drawTicks(scale.ticks(count).map { (scale($0.value), $0.label) }, on: &canvas)
    canvas.text(title, .init(x: right, y: bottom + 36), "axis", anchor: .end)
  }

  /// Ticks under the bottom line. A label that would touch one given before it is left out; a tick
  /// without a label is a line alone.
  func drawTicks(_ ticks: [(x: Double, label: String)], on canvas: inout Canvas) {
    var taken: [ClosedRange<Double>] = []
    for tick in ticks where tick.x.isFinite {
      canvas.line(.init(x: tick.x, y: bottom), .init(x: tick.x, y: bottom + 4), "rule")
      guard !tick.label.isEmpty else { continue }
      let half = Canvas.width(of: tick.label, size: Self.textSize) / 2
      let span = (tick.x - half - 2)...(tick.x + half + 2)
      guard !taken.contains(where: span.overlaps) else { continue }
      canvas.text(tick.label, .init(x: tick.x, y: bottom + 18), "tick", anchor: .middle)
      taken.append(span)
    }
  }
}
