import Foundation

/// The machine a study ran on, in one line.
enum MachineSummary {
  /// CPU, cores and operating system.
  static var current: String {
    let cpu = field("model name", of: "/proc/cpuinfo", separator: ":") ?? "unknown CPU"
    let system = field("PRETTY_NAME", of: "/etc/os-release", separator: "=")
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let name = system?.trimmingCharacters(in: ["\""]) ?? "unknown system"
    return "\(cpu), \(processors) cores, \(name)"
  }

  private static func field(_ name: String, of file: String, separator: Character) -> String? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      return line.split(separator: separator, maxSplits: 1).last?
        .trimmingCharacters(in: .whitespaces)
    }
    return nil
  }
}
