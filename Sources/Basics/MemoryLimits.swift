import Foundation

/// What memory a piece of work takes, as limits count it.
public struct MemoryNeed: Sendable, Equatable {
  /// Bytes that are written to, and take memory.
  public var resident: Int
  /// Bytes of addresses that are set aside beside them: the room of libraries, the stacks of threads.
  public var reserved: Int

  /// A need of `resident` bytes, and of `reserved` bytes of addresses on top.
  public init(resident: Int, reserved: Int = 0) {
    self.resident = resident
    self.reserved = reserved
  }
}

/// The limits on this process's memory. A plan is held against them before the run: what is asked for
/// beyond one would be refused in the middle of it, where neither a BLAS nor an array can go on.
public struct MemoryLimits: Sendable {
  /// One limit.
  public struct Limit: Sendable, Equatable {
    /// Where it comes from.
    public var name: String
    /// Its bytes.
    public var bytes: Int
    /// What of it is left.
    public var free: Int
    /// Whether addresses count that nothing was written to yet.
    public var countsReserved: Bool

    /// A limit.
    public init(name: String, bytes: Int, free: Int, countsReserved: Bool) {
      (self.name, self.bytes, self.free) = (name, bytes, free)
      self.countsReserved = countsReserved
    }

    /// What it counts of `need`.
    fileprivate func bytes(of need: MemoryNeed) -> Int {
      need.resident + (countsReserved ? need.reserved : 0)
    }
  }

  /// Those that are set, the machine's own memory last.
  public var limits: [Limit]

  /// Some limits.
  public init(_ limits: [Limit]) {
    self.limits = limits
  }

  /// The limits of this process, as they are now.
  public static var current: MemoryLimits {
    var limits: [Limit] = []
    let used = usedBytes
    for (name, resource, used) in [
      ("ulimit -v", __rlimit_resource_t(RLIMIT_AS.rawValue), used.addresses),
      ("ulimit -d", __rlimit_resource_t(RLIMIT_DATA.rawValue), used.data),
    ] {
      var limit = rlimit()
      guard getrlimit(resource, &limit) == 0, let bytes = Int(exactly: limit.rlim_cur) else {
        continue
      }
      limits.append(
        Limit(name: name, bytes: bytes, free: max(0, bytes - used), countsReserved: true))
    }
    if let memory = ControlGroup().memory {
      limits.append(
        Limit(
          name: "the memory limit of the container or job (cgroup)", bytes: memory.limit,
          free: memory.free, countsReserved: false))
    }
    if let memory = machineBytes {
      limits.append(
        Limit(
          name: "this machine, swap included,", bytes: memory, free: memory, countsReserved: false))
    }
    return MemoryLimits(limits)
  }

  /// Whether addresses are limited, so that it matters what is set aside.
  public var countReserved: Bool { limits.contains(where: \.countsReserved) }

  /// Refuses work that needs more than a limit leaves.
  /// - Parameters:
  ///   - what: the work, as in "score MODEL".
  ///   - smaller: what of the command makes it smaller, and the need that is left then, if anything.
  public func check(
    _ need: MemoryNeed, for what: String, smaller: (advice: String, need: MemoryNeed)? = nil
  ) throws(InputError) {
    for limit in limits {
      let bytes = limit.bytes(of: need)
      guard bytes > limit.free else { continue }
      let advice = smaller.flatMap { limit.bytes(of: $0.need) <= limit.free ? $0.advice : nil }
      throw InputError(
        .io, asked: "\(what), which takes \(ByteText.size(bytes)) of memory",
        found: "\(limit.name) of \(ByteText.size(limit.bytes)) leaves \(ByteText.size(limit.free))",
        hint: "raise that limit" + (advice.map { ", or \($0)" } ?? ""))
    }
  }

  /// Refuses a run that takes `plan` bytes in all, of which the process holds some already; `smaller`
  /// as above, the bytes in all too.
  public func check(
    plan: Int, for what: String, smaller: (advice: String, plan: Int)? = nil
  ) throws(InputError) {
    let own = Self.usedBytes.own
    func missing(_ plan: Int) -> MemoryNeed { MemoryNeed(resident: max(0, plan - own)) }
    try check(
      missing(plan), for: what, smaller: smaller.map { ($0.advice, missing($0.plan)) })
  }

  /// Bytes of addresses in use, those of them that are this process's own data, and those of these that
  /// are in memory.
  private static var usedBytes: (addresses: Int, data: Int, own: Int) {
    let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    func field(_ name: String) -> Int {
      let line = status?.split(separator: "\n").first { $0.hasPrefix(name) }
      let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      return 1024 * (kilobytes.flatMap { Int($0) } ?? 0)
    }
    return (field("VmSize:"), field("VmData:"), field("RssAnon:"))
  }

  /// Bytes of the machine's memory and swap; nil where the system does not tell.
  private static var machineBytes: Int? {
    let lines = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8).split(separator: "\n")
    let sizes = ["MemTotal:", "SwapTotal:"].compactMap { name in
      lines?.first { $0.hasPrefix(name) }?.split(separator: " ").dropFirst().first
        .flatMap { Int($0) }
    }
    return sizes.count == 2 ? 1024 * (sizes[0] + sizes[1]) : nil
  }
}
