extension String {
  /// Columns the text takes in a terminal: two for East Asian wide and full-width characters and
  /// emoji, none for combining marks (Unicode Standard Annex 11, ambiguous counted narrow).
  var displayWidth: Int {
    unicodeScalars.reduce(0) { $0 + $1.displayWidth }
  }

  /// As much of its beginning as fits into so many columns.
  public func prefix(displayWidth width: Int) -> String {
    var kept = ""
    var taken = 0
    for scalar in unicodeScalars {
      taken += scalar.displayWidth
      if taken > width { break }
      kept.unicodeScalars.append(scalar)
    }
    return kept
  }
}

extension Unicode.Scalar {
  /// Columns of this scalar: 0, 1 or 2.
  var displayWidth: Int {
    if value < 0x300 { return 1 }
    switch properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return Self.isWide(value) ? 2 : 1
    }
  }

  private static func isWide(_ value: UInt32) -> Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF,
      0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F,
      0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
