/// The way from the clock to pixels: work to scale, and where nothing ran for long, a gap of fixed width.
struct ClockScale {
  /// A stretch of time to scale.
  private struct Stretch {
    let from: Double
    let to: Double
    let pixels: (from: Double, to: Double)
  }

  /// A time in which nothing ran, and where it is drawn.
  struct Gap {
    let from: Double
    let to: Double
    let pixels: (from: Double, to: Double)
  }

  private let stretches: [Stretch]
  /// The gaps that are not to scale.
  let gaps: [Gap]

  /// Pixels of a gap.
  private static let gapWidth = 44.0

  /// A scale over what ran in `spans`, seconds since 1970, of which there is one at least.
  init(_ spans: [ClosedRange<Double>], pixels: (from: Double, to: Double)) {
    // Spans that touch, or overlap, are one.
    var joined: [ClosedRange<Double>] = []
    for span in spans.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = joined.last, span.lowerBound <= last.upperBound {
        joined[joined.count - 1] = last.lowerBound...max(last.upperBound, span.upperBound)
      } else {
        joined.append(span)
      }
    }
    // What lies apart by little of the whole work stays to scale.
    let work = max(joined.reduce(0) { $0 + $1.upperBound - $1.lowerBound }, 1e-3)
    var parts: [ClosedRange<Double>] = []
    for span in joined {
      if let last = parts.last, span.lowerBound - last.upperBound < 0.1 * work {
        parts[parts.count - 1] = last.lowerBound...span.upperBound
      } else {
        parts.append(span)
      }
    }
    let whole = pixels.to - pixels.from
    let gap = parts.count > 1 ? min(Self.gapWidth, 0.4 * whole / Double(parts.count - 1)) : 0
    let length = max(parts.reduce(0) { $0 + $1.upperBound - $1.lowerBound }, 1e-3)
    let rest = whole - gap * Double(parts.count - 1)
    var at = pixels.from
    var stretches: [Stretch] = []
    var gaps: [Gap] = []
    for part in parts {
      if let last = stretches.last {
        gaps.append(Gap(from: last.to, to: part.lowerBound, pixels: (at, at + gap)))
        at += gap
      }
      let end = at + rest * (part.upperBound - part.lowerBound) / length
      stretches.append(Stretch(from: part.lowerBound, to: part.upperBound, pixels: (at, end)))
      at = end
    }
    (self.stretches, self.gaps) = (stretches, gaps)
  }

  /// The pixel of a time; in a gap that of its end.
  func callAsFunction(_ time: Double) -> Double {
    guard let stretch = stretches.first(where: { time <= $0.to }) ?? stretches.last else {
      return .nan
    }
    let (from, to) = stretch.pixels
    let length = max(stretch.to - stretch.from, 1e-9)
    return from + (to - from) * min(max((time - stretch.from) / length, 0), 1)
  }

  /// Seconds between two ticks, of which the smallest with enough room is taken.
  private static let steps: [Double] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800,
  ]

  /// Times worth a label, whole steps of the clock, each stretch with its beginning where it has none.
  var ticks: [(x: Double, label: String)] {
    let pixels = stretches.reduce(0) { $0 + $1.pixels.to - $1.pixels.from }
    let length = stretches.reduce(0) { $0 + $1.to - $1.from }
    let step = Self.steps.first { $0 * pixels >= 90 * length } ?? 2_592_000
    let hasDays =
      Set(stretches.flatMap { [ClockText.day($0.from), ClockText.day($0.to)] }).count > 1
    var day = ""
    return stretches.flatMap { stretch -> [(x: Double, label: String)] in
      let first = (stretch.from / step).rounded(.up) * step
      let count = max(0, min(40, Int((stretch.to - first) / step) + 1))
      let whole = (0..<count).map { first + Double($0) * step }
      return (whole.isEmpty ? [stretch.from] : whole).map { time in
        let name = ClockText.time(time, withSeconds: whole.isEmpty || step < 60)
        let today = ClockText.day(time)
        defer { day = today }
        return (self(time), hasDays && today != day ? "\(today.dropFirst(5)) \(name)" : name)
      }
    }
  }
}
