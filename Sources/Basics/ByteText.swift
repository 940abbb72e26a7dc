import Foundation

/// Bytes as people read them.
public enum ByteText {
  /// The size in the largest unit of which there is one, to two digits.
  public static func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    let digits = value < 9.95 && unit > 0 ? 1 : 0
    return String(format: "%.\(digits)f \(units[unit])", value)
  }
}
