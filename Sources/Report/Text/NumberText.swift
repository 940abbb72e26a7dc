import Foundation

/// Numbers as files and people read them. No locale touches them.
public enum NumberText {
  /// The shortest decimal that reads back as the same double; empty for NaN, `inf` for infinity.
  public static func shortest(_ value: Double) -> String {
    value.isNaN ? "" : "\(value)"
  }

  /// `value` with `digits` decimals.
  public static func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return special(value) }
    let text = String(format: "%.*f", max(0, digits), value)
    return text.hasPrefix("-") && !text.contains(where: { "123456789".contains($0) })
      ? String(text.dropFirst()) : text
  }

  /// `value` with `digits` significant digits: plain between 0.001 and a million, `1.2e-4` outside.
  public static func significant(_ value: Double, _ digits: Int = 3) -> String {
    guard value.isFinite else { return special(value) }
    if value == 0 { return "0" }
    let exponent = decimalExponent(value)
    guard abs(exponent) < 300 else { return shortest(value) }
    if exponent >= -3 && exponent < 6 { return fixed(value, digits - 1 - exponent) }
    let mantissa = fixed(value / pow(10, Double(exponent)), digits - 1)
    return mantissa.hasPrefix("10") || mantissa.hasPrefix("-10")
      ? "\(fixed(value / pow(10, Double(exponent + 1)), digits - 1))e\(exponent + 1)"
      : "\(mantissa)e\(exponent)"
  }

  /// A setting as it was typed, but with at least `digits` significant digits: `0.01000`, so that a
  /// reader can tell 0.01 from 0.0099 and zero from "rounded to zero".
  public static func setting(_ value: Double, atLeast digits: Int = 4) -> String {
    let short = shortest(value)
    guard value.isFinite, value != 0 else { return value == 0 ? fixed(0, digits) : short }
    let padded = significant(value, digits)
    return Double(padded) == value ? padded : short
  }

  /// A setting as short as it can be written: `0.01`, `128`.
  public static func brief(_ value: Double) -> String {
    let short = shortest(value)
    return short.hasSuffix(".0") ? String(short.dropLast(2)) : short
  }

  /// `value ± stderr`, rounded where two digits of the standard error end.
  public static func estimate(_ value: Double, _ stderr: Double, signed: Bool = false) -> String {
    guard value.isFinite else { return special(value) }
    guard stderr.isFinite, stderr > 0 else {
      return (signed && value > 0 ? "+" : "") + significant(value, 4)
    }
    let exponent = min(decimalExponent(stderr) - 1, 0)
    let sign = signed && value > 0 ? "+" : ""
    if max(abs(value), stderr) >= 1e9 {
      return "\(sign)\(significant(value, 3)) ± \(significant(stderr, 2))"
    }
    if exponent >= -6 {
      return "\(sign)\(fixed(value, -exponent)) ± \(fixed(stderr, -exponent))"
    }
    let scale = max(decimalExponent(stderr), value == 0 ? Int.min : decimalExponent(value))
    guard scale > -300 else { return "\(sign)\(shortest(value)) ± \(shortest(stderr))" }
    let unit = pow(10, Double(scale))
    let digits = scale - exponent
    return "(\(sign)\(fixed(value / unit, digits)) ± \(fixed(stderr / unit, digits)))e\(scale)"
  }

  /// A count with its thousands set apart: `65,536`.
  public static func count(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
      if index > 0 && index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + String(text.reversed())
  }

  /// Bytes in decimal units: `25.3 MB`.
  public static func bytes(_ value: Int) -> String {
    scaled(Double(value), units: ["B", "kB", "MB", "GB", "TB"])
  }

  /// A number of parameters: `12.6 M`.
  public static func parameters(_ value: Int) -> String {
    scaled(Double(value), units: ["", "k", "M", "B", "T"])
  }

  /// Seconds as a person says them: `0.42 s`, `93 s`, `2 h 05 min`.
  public static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return special(.nan) }
    if seconds < 120 { return "\(significant(seconds, seconds < 10 ? 2 : 3)) s" }
    let minutes = Int((seconds / 60).rounded())
    return minutes < 120
      ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
  }

  /// A share in percent: `8.1 %`.
  public static func percent(_ share: Double, _ digits: Int = 2) -> String {
    guard share.isFinite else { return special(share) }
    return "\(significant(100 * share, digits)) %"
  }

  /// What stands for a number that is missing.
  public static let missing = "–"

  private static func special(_ value: Double) -> String {
    value.isNaN ? missing : (value > 0 ? "∞" : "−∞")
  }

  /// ⌊log₁₀|value|⌋ after rounding away float noise; `value` is finite and not zero.
  static func decimalExponent(_ value: Double) -> Int {
    let exponent = Int(log10(abs(value)).rounded(.down))
    // log10 of 999.9999999999999 is exactly 3 in floating point; the comparison decides.
    return abs(value) < pow(10, Double(exponent)) ? exponent - 1 : exponent
  }

  private static func scaled(_ value: Double, units: [String]) -> String {
    var rest = abs(value)
    var unit = 0
    while rest >= 999.5 && unit + 1 < units.count {
      rest /= 1000
      unit += 1
    }
    let number = unit == 0 ? fixed(rest, 0) : significant(rest, 3)
    return "\(value < 0 ? "-" : "")\(number) \(units[unit])".trimmingCharacters(in: .whitespaces)
  }
}
