import Foundation

/// What the control groups of this process (a container, a scheduler's job) let it have, in version 1
/// or 2 of Linux's interface: cgroups(7).
public struct ControlGroup: Sendable {
  /// Processors' worth of time, such as 1.5; nil where nothing is set.
  public private(set) var processors: Double?
  /// The memory limit that leaves least, and what it leaves; nil where none is set.
  public private(set) var memory: (limit: Int, free: Int)?

  /// Looks at the files that `read` gives by their paths.
  public init(read: (String) -> String? = { try? String(contentsOfFile: $0, encoding: .utf8) }) {
    for line in read("/proc/self/cgroup")?.split(separator: "\n") ?? [] {
      // "hierarchy:controllers:path"; version 2 has the hierarchy 0 and names no controllers.
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let controllers = parts[1].split(separator: ",")
      if parts[0] == "0", controllers.isEmpty {
        for folder in Self.folders("/sys/fs/cgroup", parts[2]) { unified(folder, read) }
      }
      for root in controllers.contains("memory") ? ["/sys/fs/cgroup/memory"] : [] {
        for folder in Self.folders(root, parts[2]) { memory1(folder, read) }
      }
      if controllers.contains("cpu") {
        for root in ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/\(parts[1])"] {
          for folder in Self.folders(root, parts[2]) { processors1(folder, read) }
        }
      }
    }
  }

  /// The group's folder and those above it: a limit of each holds. Inside a container the path may be
  /// the host's, and only the root is there.
  private static func folders(_ root: String, _ path: Substring) -> [String] {
    var folders = [root]
    for part in path.split(separator: "/") { folders.append("\(folders.last ?? root)/\(part)") }
    return folders
  }

  private mutating func unified(_ folder: String, _ read: (String) -> String?) {
    let quota = read("\(folder)/cpu.max")?.split(whereSeparator: \.isWhitespace).map { Double($0) }
    if let quota, quota.count == 2, let time = quota[0], let period = quota[1] {
      limit(processors: time / period)
    }
    limit(
      Self.number(read("\(folder)/memory.max")), Self.number(read("\(folder)/memory.current")),
      read("\(folder)/memory.stat"), cache: "inactive_file")
  }

  private mutating func memory1(_ folder: String, _ read: (String) -> String?) {
    limit(
      Self.number(read("\(folder)/memory.limit_in_bytes")),
      Self.number(read("\(folder)/memory.usage_in_bytes")), read("\(folder)/memory.stat"),
      cache: "total_inactive_file")
  }

  private mutating func processors1(_ folder: String, _ read: (String) -> String?) {
    guard let time = Self.number(read("\(folder)/cpu.cfs_quota_us")), time > 0,
      let period = Self.number(read("\(folder)/cpu.cfs_period_us")), period > 0
    else { return }
    limit(processors: Double(time) / Double(period))
  }

  private mutating func limit(processors new: Double) {
    guard new > 0 else { return }
    processors = min(processors ?? new, new)
  }

  /// Takes in a limit and what of it is used; files that nobody uses are given back when it is tight.
  private mutating func limit(
    _ limit: Int?, _ used: Int?, _ statistics: String?, cache name: String
  ) {
    // Version 1 says "no limit" with the largest number of pages.
    guard let limit, limit < 1 << 60, let used else { return }
    let line = statistics?.split(separator: "\n").first { $0.hasPrefix(name + " ") }
    let cache = line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    let free = max(0, limit - max(0, used - cache))
    if free < memory?.free ?? .max { memory = (limit, free) }
  }

  private static func number(_ text: String?) -> Int? {
    text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }
}
