import Results

/// What a trial is to a plot, whatever the plot: its colour and shape never change.
enum TrialRole: String, Sendable {
  case gptq
  case rtn
  /// Packed other than exactly.
  case fault
}

extension TrialResult {
  /// What the trial is to a plot.
  var look: TrialRole {
    isRTN ? .rtn : (config.packer == .exact ? .gptq : .fault)
  }
}

/// The shapes that go with the roles, so that no meaning rests on colour alone.
enum MarkShape {
  /// The radius of a trial's mark, and of a dot on a line, in pixels.
  static let radius = (mark: 4.5, dot: 2.5)

  /// A small dot on a line.
  static func dot(at: Canvas.Point) -> String {
    guard at.isFinite else { return "" }
    return
      "M\(Canvas.number(at.x)) \(Canvas.number(at.y))m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z"
  }

  /// A filled circle, a ring or a diamond around `at`; an arrow head where the value is `isBeyond`
  /// the upper edge; nothing where the point cannot be drawn.
  static func path(_ role: TrialRole, at: Canvas.Point, isBeyond: Bool = false) -> String {
    guard at.isFinite else { return "" }
    let x = Canvas.number(at.x)
    let y = Canvas.number(at.y)
    if isBeyond { return "M\(x) \(Canvas.number(at.y - 6))l5 9h-10z" }
    switch role {
    case .gptq, .rtn: return "M\(x) \(y)m-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z"
    case .fault: return "M\(x) \(y)m0 -6l6 6l-6 6l-6 -6z"
    }
  }
}
