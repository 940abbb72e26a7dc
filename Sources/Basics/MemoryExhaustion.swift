import Foundation

/// Where addresses are limited, an allocation that is refused ends the process inside the runtime,
/// which says nothing of memory. This says it, and ends with the exit code of a limit.
enum MemoryExhaustion {
  /// Has the signals that the runtime ends with looked at first. One that is not about memory does what
  /// it would have done.
  static func tell() {
    for number in [SIGILL, SIGTRAP, SIGABRT, SIGSEGV] {
      signal(number) { number in
        if MemoryExhaustion.isExhausted {
          let text: StaticString = """
            error: go on beyond the memory that may be had
              found: an allocation was refused under the limit of ulimit -v or -d
              hint: raise that limit, or give the command less to hold at a time

            """
          _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
          _exit(InputError.Kind.io.rawValue)
        }
        signal(number, SIG_DFL)
        raise(number)
      }
    }
  }

  /// Whether as little as a few large arrays cannot be had. Only the system is asked: a handler may not
  /// allocate.
  private static var isExhausted: Bool {
    let size = 256 << 20
    let probe = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let probe, probe != MAP_FAILED else { return true }
    munmap(probe, size)
    return false
  }
}
