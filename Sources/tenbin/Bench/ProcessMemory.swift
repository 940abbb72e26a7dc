import Foundation

/// What this process has used of the machine's memory.
enum ProcessMemory {
  /// The peak of the resident set, in bytes; nil where the system does not tell.
  static var peak: Int? {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
    return kilobytes.flatMap { Int($0) }.map { 1024 * $0 }
  }
}
