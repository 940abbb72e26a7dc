/// Places for direct labels, so that none covers another, a mark, or the edge.
struct LabelPlacement {
  /// A rectangle in pixels.
  struct Box: Sendable, Equatable {
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    /// Whether two boxes share any area.
    func overlaps(_ other: Box) -> Bool {
      left < other.right && other.left < right && top < other.bottom && other.top < bottom
    }

    /// Whether `other` lies wholly inside.
    func contains(_ other: Box) -> Bool {
      left <= other.left && other.right <= right && top <= other.top && other.bottom <= bottom
    }
  }

  /// A label that found its place.
  struct Placed: Sendable {
    let text: Bilingual
    let style: String
    /// The end of the baseline nearest to the mark, or its middle.
    let origin: Canvas.Point
    let anchor: Canvas.Anchor
    let box: Box
    /// The line back to its mark, where the label stands too far off to be read without one.
    let leader: (from: Canvas.Point, to: Canvas.Point)?
  }

  private let bounds: Box
  private let textSize: Double
  private var taken: [Box]
  /// Labels and leaders so far: what a leader may not cross.
  private var drawn: [Box] = []
  private(set) var placed: [Placed] = []

  /// Labels stay inside `bounds` and off `obstacles`.
  init(bounds: Box, obstacles: [Box], textSize: Double = Frame.textSize) {
    self.bounds = bounds
    self.textSize = textSize
    taken = obstacles
  }

  /// Puts `text` beside the mark at `anchor` in the nearest free place, at most `reach` pixels off;
  /// where none is free the label is left out (its mark keeps the tooltip) and false returned.
  @discardableResult
  mutating func place(
    _ text: Bilingual, at anchor: Canvas.Point, style: String, isBold: Bool = false,
    reach: Double = 110
  ) -> Bool {
    guard anchor.isFinite else { return false }
    let width =
      [text.en, text.ja].map { Canvas.width(of: $0, size: textSize, isBold: isBold) }
      .max() ?? 0
    for distance in [9.0, 16, 26, 40, 58, 80, 110] where distance <= reach {
      for direction in Self.directions {
        let box = self.box(width, anchor, direction, distance)
        let leader = distance > 16 ? Self.leader(anchor, box) : nil
        let trail = leader.map { Self.boxes(from: $0.from, to: $0.to) } ?? []
        guard bounds.contains(box), !taken.contains(where: box.overlaps),
          !trail.contains(where: { point in drawn.contains(where: point.overlaps) })
        else { continue }
        taken += [box] + trail
        drawn += [box] + trail
        placed.append(
          Placed(
            text: text, style: style,
            origin: Self.origin(box, direction, textSize), anchor: Self.anchor(direction), box: box,
            leader: leader))
        return true
      }
    }
    return false
  }

  /// Draws every label that found a place.
  func draw(on canvas: inout Canvas) {
    for label in placed {
      if let leader = label.leader { canvas.line(leader.from, leader.to, "leader") }
      canvas.text(label.text, label.origin, label.style, anchor: label.anchor)
    }
  }

  /// A line as a row of small boxes, so that labels keep off it.
  static func boxes(from: Canvas.Point, to: Canvas.Point) -> [Box] {
    guard from.isFinite, to.isFinite else { return [] }
    let steps = max(1, Int(max(abs(to.x - from.x), abs(to.y - from.y)) / 5))
    return (0...steps).map { step in
      let t = Double(step) / Double(steps)
      let x = from.x + t * (to.x - from.x)
      let y = from.y + t * (to.y - from.y)
      return Box(left: x - 1, top: y - 1, right: x + 1, bottom: y + 1)
    }
  }

  /// Right first, where a reader looks, then left, above, below, and the diagonals.
  private static let directions: [(x: Double, y: Double)] = [
    (1, 0), (1, -0.7), (1, 0.7), (-1, 0), (-1, -0.7), (-1, 0.7), (0, -1), (0, 1),
  ]

  private func box(
    _ width: Double, _ anchor: Canvas.Point, _ direction: (x: Double, y: Double), _ distance: Double
  ) -> Box {
    let height = textSize + 3
    let x = anchor.x + direction.x * distance
    let y = anchor.y + direction.y * distance
    let left = direction.x > 0 ? x : (direction.x < 0 ? x - width - 4 : x - width / 2 - 2)
    let top = direction.y == 0 ? y - height / 2 : (direction.y < 0 ? y - height : y)
    return Box(left: left, top: top, right: left + width + 4, bottom: top + height)
  }

  private static func anchor(_ direction: (x: Double, y: Double)) -> Canvas.Anchor {
    direction.x > 0 ? .start : (direction.x < 0 ? .end : .middle)
  }

  private static func origin(
    _ box: Box, _ direction: (x: Double, y: Double), _ textSize: Double
  ) -> Canvas.Point {
    let x =
      switch anchor(direction) {
      case .start: box.left + 2
      case .end: box.right - 2
      case .middle: (box.left + box.right) / 2
      }
    return .init(x: x, y: box.bottom - 0.28 * textSize)
  }

  private static func leader(
    _ anchor: Canvas.Point, _ box: Box
  ) -> (from: Canvas.Point, to: Canvas.Point) {
    let end = Canvas.Point(
      x: min(max(anchor.x, box.left), box.right), y: min(max(anchor.y, box.top), box.bottom))
    let length = ((end.x - anchor.x) * (end.x - anchor.x) + (end.y - anchor.y) * (end.y - anchor.y))
      .squareRoot()
    guard length > 0 else { return (anchor, end) }
    let start = Canvas.Point(
      x: anchor.x + (end.x - anchor.x) * 6 / length, y: anchor.y + (end.y - anchor.y) * 6 / length)
    return (start, end)
  }

  /// Heights for labels in one column: as near to `wanted` as `gap` and `range` allow, in order.
  static func spread(_ wanted: [Double], gap: Double, in range: ClosedRange<Double>) -> [Double] {
    let order = wanted.indices.sorted { (wanted[$0], $0) < (wanted[$1], $1) }
    var heights = wanted
    var floor = range.lowerBound
    for index in order {
      heights[index] = max(wanted[index], floor)
      floor = heights[index] + gap
    }
    var ceiling = range.upperBound
    for index in order.reversed() {
      heights[index] = min(heights[index], ceiling)
      ceiling = heights[index] - gap
    }
    return heights
  }
}
