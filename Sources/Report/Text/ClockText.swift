import Foundation

/// Times of the clock as files and people read them, in UTC.
enum ClockText {
  /// Seconds since 1970 that can be written: years of four digits.
  static let writable = 0.0...253_402_300_799

  /// `2026-11-27T06:31:02.250Z`.
  static func exact(_ seconds: Double) -> String {
    date(seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// `2026-11-27`.
  static func day(_ seconds: Double) -> String {
    date(seconds).formatted(.iso8601.year().month().day())
  }

  /// `06:31:02`, or `06:31`.
  static func time(_ seconds: Double, withSeconds: Bool) -> String {
    let second = Int(seconds.rounded(.down)) % 86_400
    let parts = [second / 3600, second / 60 % 60] + (withSeconds ? [second % 60] : [])
    return parts.map { $0 < 10 ? "0\($0)" : String($0) }.joined(separator: ":")
  }

  private static func date(_ seconds: Double) -> Date {
    Date(timeIntervalSince1970: min(max(seconds, writable.lowerBound), writable.upperBound))
  }
}
