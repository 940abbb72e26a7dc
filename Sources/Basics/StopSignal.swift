import Foundation

/// SIGINT and SIGTERM as something to wait for, of a process that has nothing to save.
public enum StopSignal {
  private static func set() -> sigset_t {
    var both = sigset_t()
    sigemptyset(&both)
    for number in [SIGINT, SIGTERM] { sigaddset(&both, number) }
    return both
  }

  /// From now on neither ends this thread, or one that it starts: they wait to be asked for.
  public static func hold() {
    var both = set()
    pthread_sigmask(SIG_BLOCK, &both, nil)
  }

  /// Returns when one of them has come.
  public static func wait() {
    var both = set()
    var number: Int32 = 0
    sigwait(&both, &number)
    // The next one ends the process.
    pthread_sigmask(SIG_UNBLOCK, &both, nil)
  }
}
