import Foundation

/// A sequence of colours in even steps of lightness: pale yellow, teal, deep indigo. Read on white
/// the dark end stands out, read on black the pale one, so dark pages turn the ramp round.
enum ColorRamp {
  /// Steps of the ramp.
  static let steps = 16

  /// The colours from pale to deep, as `#rrggbb`.
  static let colors: [String] = (0..<steps).map { step in
    let t = Double(step) / Double(steps - 1)
    return hex(
      lightness: 0.95 - 0.67 * t, chroma: 0.055 + 0.075 * sin(.pi * min(1, 0.15 + 0.8 * t)),
      hue: 105 + 180 * t)
  }

  /// An sRGB colour from OKLCH (Ottosson 2020), clamped into the gamut; hue in degrees.
  static func hex(lightness: Double, chroma: Double, hue: Double) -> String {
    let a = chroma * cos(hue * .pi / 180)
    let b = chroma * sin(hue * .pi / 180)
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b)
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b)
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b)
    let linear = [
      4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
      -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
      -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    return "#" + linear.map { hexByte(encoded($0)) }.joined()
  }

  private static func cube(_ value: Double) -> Double { value * value * value }

  /// The sRGB transfer function.
  private static func encoded(_ linear: Double) -> Double {
    let value = min(max(linear, 0), 1)
    return value <= 0.003_130_8 ? 12.92 * value : 1.055 * pow(value, 1 / 2.4) - 0.055
  }

  private static func hexByte(_ value: Double) -> String {
    let text = String(Int((value * 255).rounded()), radix: 16)
    return text.count == 1 ? "0\(text)" : text
  }
}
