import Foundation

/// What a process settles before it begins, so that a limit set on it ends in an error it can tell and
/// not in a signal.
public enum ProcessSetup {
  /// Files that the runtime, SQLite and the outputs of a command have open at a time.
  private static let neededFiles = 16

  /// Makes a file that grows beyond `ulimit -f` a failed write, sees to it that enough files can be
  /// opened, and lets the end of memory be reported.
  public static func prepare() throws(InputError) {
    signal(SIGXFSZ, SIG_IGN)
    try raiseFileLimit()
    let limits = MemoryLimits.current
    guard limits.countReserved else { return }
    MemoryExhaustion.tell()
    let stacks = 2
    // Twice that, for there is more than threads.
    try limits.check(
      MemoryNeed(resident: 0, reserved: 2 * stacks * ThreadStacks.bytes), for: "start")
    ThreadStacks.keep(stacks)
  }

  private static func raiseFileLimit() throws(InputError) {
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    if getrlimit(resource, &limit) == 0, limit.rlim_cur < limit.rlim_max {
      // A model in many shards has them all open.
      limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, 65_536))
      setrlimit(resource, &limit)
    }
    var opened: [Int32] = []
    defer { for descriptor in opened { close(descriptor) } }
    while opened.count < neededFiles {
      let descriptor = open("/", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else {
        throw InputError(
          .io, asked: "start with \(neededFiles) files that can be opened",
          found: "\(String(cString: strerror(errno))) after \(opened.count); ulimit -n is"
            + " \(limit.rlim_cur)",
          hint: "raise it: ulimit -n 256")
      }
      opened.append(descriptor)
    }
  }
}
