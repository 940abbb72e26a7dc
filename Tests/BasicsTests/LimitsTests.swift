import Basics
import Testing

@Suite("Limits on memory and processors")
struct LimitsTests {
  @Test("control groups of version 2: the tightest on the way up counts, files give way")
  func version2() {
    let group = ControlGroup(
      read: [
        "/proc/self/cgroup": "0::/job/step\n",
        "/sys/fs/cgroup/job/cpu.max": "150000 100000\n",
        "/sys/fs/cgroup/job/step/cpu.max": "max 100000",
        "/sys/fs/cgroup/job/memory.max": "max\n", "/sys/fs/cgroup/job/memory.current": "900\n",
        "/sys/fs/cgroup/job/step/memory.max": "1000\n",
        "/sys/fs/cgroup/job/step/memory.current": "700\n",
        "/sys/fs/cgroup/job/step/memory.stat": "anon 100\ninactive_file 300\nactive_file 200\n",
      ].read)
    #expect(group.processors == 1.5)
    #expect(group.memory?.limit == 1000 && group.memory?.free == 600)
  }

  @Test("control groups of version 1, also where only the root is to be seen")
  func version1() {
    let group = ControlGroup(
      read: [
        "/proc/self/cgroup": "4:memory:/docker/1\n2:cpu,cpuacct:/docker/1\n0::/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "5000",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "2000",
        "/sys/fs/cgroup/memory/memory.stat": "cache 1\ntotal_inactive_file 1000\n",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "200000",
        "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
      ].read)
    #expect(group.processors == 2)
    #expect(group.memory?.limit == 5000 && group.memory?.free == 4000)
  }

  @Test("where nothing is limited, nothing is said")
  func unlimited() {
    let group = ControlGroup(
      read: [
        "/proc/self/cgroup": "4:memory:/\n1:cpu:/\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "2000",
        "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
        "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
      ].read)
    #expect(group.processors == nil && group.memory == nil)
    #expect(ControlGroup(read: { _ in nil }).memory == nil)
  }

  @Test("a need is held against each limit, what is only set aside against those that count it")
  func check() throws {
    var limits = MemoryLimits([
      .init(name: "ulimit -v", bytes: 800_000_000, free: 500_000_000, countsReserved: true),
      .init(name: "the container", bytes: 300_000_000, free: 200_000_000, countsReserved: false),
    ])
    try limits.check(MemoryNeed(resident: 200_000_000, reserved: 300_000_000), for: "work")
    let error = #expect(throws: InputError.self) {
      try limits.check(
        MemoryNeed(resident: 200_000_000, reserved: 300_000_001), for: "work",
        smaller: ("do less", MemoryNeed(resident: 200_000_000, reserved: 300_000_000)))
    }
    #expect(
      error
        == InputError(
          .io, asked: "work, which takes 500 MB of memory",
          found: "ulimit -v of 800 MB leaves 500 MB", hint: "raise that limit, or do less"))
    let vain = #expect(throws: InputError.self) {
      // Advice that would not be enough is none.
      try limits.check(
        MemoryNeed(resident: 600_000_000), for: "work",
        smaller: ("do less", MemoryNeed(resident: 500_000_001)))
    }
    #expect(vain?.hint == "raise that limit")
    limits.limits.removeFirst()
    try limits.check(MemoryNeed(resident: 200_000_000, reserved: 1 << 50), for: "work")
    let other = #expect(throws: InputError.self) {
      try limits.check(MemoryNeed(resident: 200_000_001), for: "work")
    }
    #expect(other?.found == "the container of 300 MB leaves 200 MB")
    #expect(other?.hint == "raise that limit")
    // Whoever runs this has some memory, and not all there could be.
    try MemoryLimits.current.check(plan: 1 << 20, for: "work")
    #expect(throws: InputError.self) { try MemoryLimits.current.check(plan: 1 << 60, for: "work") }
  }
}

extension [String: String] {
  /// The value of a path.
  fileprivate func read(_ path: String) -> String? { self[path] }
}
