/// A drawing as SVG text. Colours and strokes come from the stylesheet by class, so that one
/// drawing serves light and dark; only geometry is written here.
struct Canvas: Sendable {
  /// A point, x to the right and y down.
  struct Point: Sendable, Equatable {
    var x: Double
    var y: Double

    /// Whether the point can be drawn: what is not, is left out.
    var isFinite: Bool { x.isFinite && y.isFinite }
  }

  /// Where a text's anchor lies.
  enum Anchor: String, Sendable {
    case start
    case middle
    case end
  }

  let width: Double
  let height: Double
  private var body = ""

  /// An empty drawing of that size, in pixels at scale 1.
  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  /// The whole `<svg>`; `label` is what a screen reader says.
  func svg(label: Bilingual) -> String {
    "<svg viewBox=\"0 0 \(Self.number(width)) \(Self.number(height))\" role=\"img\" "
      + "\(label.attribute("aria-label"))>\(body)</svg>"
  }

  /// A straight line.
  mutating func line(_ from: Point, _ to: Point, _ style: String) {
    guard from.isFinite, to.isFinite else { return }
    body += "<line x1=\"\(Self.number(from.x))\" y1=\"\(Self.number(from.y))\" "
    body += "x2=\"\(Self.number(to.x))\" y2=\"\(Self.number(to.y))\" class=\"\(style)\"/>"
  }

  /// The error bar of a mark at `mark`; none where a mark of that `radius` would hide it.
  mutating func whisker(_ from: Point, _ to: Point, of mark: Point, radius: Double) {
    let ends = [from, to].map { max(abs($0.x - mark.x), abs($0.y - mark.y)) }
    guard !ends.allSatisfy({ $0 < radius - 0.5 }) else { return }
    line(from, to, "whisker")
  }

  /// An open line through `points`; broken where a point is not finite.
  mutating func polyline(_ points: [Point], _ style: String) {
    path(Self.lineCommands(points), style)
  }

  /// A closed area between two lines of equal length.
  mutating func band(_ upper: [Point], _ lower: [Point], _ style: String) {
    let outline = upper + lower.reversed()
    guard outline.allSatisfy(\.isFinite) else { return }
    path(Self.lineCommands(outline) + "Z", style)
  }

  /// Any path.
  mutating func path(_ commands: String, _ style: String) {
    guard !commands.isEmpty else { return }
    body += "<path d=\"\(commands)\" class=\"\(style)\"/>"
  }

  /// A rectangle; `title` shows when the pointer rests on it.
  mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, title: String? = nil
  ) {
    guard Point(x: x, y: y).isFinite, Point(x: width, y: height).isFinite else { return }
    body += "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" "
    body += "width=\"\(Self.number(max(0, width)))\" height=\"\(Self.number(max(0, height)))\" "
    body += "class=\"\(style)\""
    body += title.map { "><title>\($0.xmlEscaped)</title></rect>" } ?? "/>"
  }

  /// A line of text whose baseline passes through `at`.
  mutating func text(_ text: String, _ at: Point, _ style: String, anchor: Anchor = .start) {
    guard at.isFinite else { return }
    let place = anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    body += "<text x=\"\(Self.number(at.x))\" y=\"\(Self.number(at.y))\" "
    body += "class=\"\(style)\"\(place)>\(text.xmlEscaped)</text>"
  }

  /// A line of text in both languages of the page, one above the other: CSS shows one.
  mutating func text(
    _ text: Bilingual, _ at: Point, _ style: String, anchor: Anchor = .start
  ) {
    guard text.en != text.ja else { return self.text(text.en, at, style, anchor: anchor) }
    self.text(text.en, at, "\(style) en", anchor: anchor)
    self.text(text.ja, at, "\(style) ja", anchor: anchor)
  }

  /// What `draw` draws, as one group with a tooltip.
  mutating func group(_ style: String, title: String? = nil, _ draw: (inout Canvas) -> Void) {
    body += "<g class=\"\(style)\">"
    if let title { body += "<title>\(title.xmlEscaped)</title>" }
    draw(&self)
    body += "</g>"
  }

  /// Width of `text` at `size` pixels, estimated for a wide sans-serif face, so that in others it
  /// comes out shorter.
  static func width(of text: String, size: Double, isBold: Bool = false) -> Double {
    let ems = text.unicodeScalars.reduce(0.0) { sum, scalar in
      switch scalar {
      case "i", "j", "l", "t", "f", "r", "I", ".", ",", ":", "'", " ", "(", ")", "-": sum + 0.4
      case "m", "w", "M", "W", "@", "%": sum + 0.95
      default: sum + (scalar.displayWidth == 2 ? 1.0 : 0.64 * Double(scalar.displayWidth))
      }
    }
    return ems * size * (isBold ? 1.1 : 1)
  }

  /// `text`, or as much of its beginning as takes no more than `room` pixels, and an ellipsis.
  static func fitted(_ text: String, in room: Double, size: Double = Frame.textSize) -> String {
    guard width(of: text, size: size) > room else { return text }
    var kept = ""
    for character in text {
      guard width(of: kept + String(character) + "…", size: size) <= room else { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// A coordinate to a tenth of a pixel, in as few characters as it takes.
  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e7 else { return "0" }
    let tenths = Int((value * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let rest = abs(tenths) % 10
    return rest == 0 ? "\(tenths / 10)" : "\(sign)\(abs(tenths) / 10).\(rest)"
  }

  /// The commands of an open line through `points`, broken where one is not finite.
  static func lineCommands(_ points: [Point]) -> String {
    var commands = ""
    var isPenDown = false
    for point in points {
      guard point.isFinite else {
        isPenDown = false
        continue
      }
      commands += "\(isPenDown ? "L" : "M")\(number(point.x)) \(number(point.y))"
      isPenDown = true
    }
    return commands
  }
}
