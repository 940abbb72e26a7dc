import Foundation
import Synchronization

/// A request to stop at the next place where the work so far is saved: SIGINT, or SIGTERM from a
/// scheduler.
public enum Interruption {
  private static let requested = Atomic<Bool>(false)
  private static let timeUp = Atomic<Bool>(false)

  /// Whether a stop was asked for.
  public static var isRequested: Bool { requested.load(ordering: .relaxed) || isTimeUp }

  /// From now on the first SIGINT or SIGTERM is a request, and a second one ends the process at once
  /// with exit code 130.
  public static func handleSignals() {
    // Made here, since a handler must not be the first to touch it.
    requested.store(false, ordering: .relaxed)
    // Whoever started this process may have blocked them, as threads of libdispatch do.
    var both = sigset_t()
    sigemptyset(&both)
    for number in [SIGINT, SIGTERM] { sigaddset(&both, number) }
    pthread_sigmask(SIG_UNBLOCK, &both, nil)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in
        let text: StaticString =
          Interruption.isRequested
          ? "\n" : "\nstopping after this layer, where the work is saved; once more stops at once\n"
        _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
        if Interruption.requested.exchange(true, ordering: .relaxed) {
          _exit(InputError.Kind.interrupted.rawValue)
        }
      }
    }
  }

  /// Whether SIGUSR1 has said that the time of a job is nearly up.
  public static var isTimeUp: Bool { timeUp.load(ordering: .relaxed) }

  /// From now on SIGUSR1, too, is a request to stop: a scheduler sends it some time before it ends a job.
  public static func handleTimeLimit() {
    timeUp.store(false, ordering: .relaxed)
    var number = sigset_t()
    sigemptyset(&number)
    sigaddset(&number, SIGUSR1)
    pthread_sigmask(SIG_UNBLOCK, &number, nil)
    signal(SIGUSR1) { _ in
      Interruption.timeUp.store(true, ordering: .relaxed)
    }
  }
}
