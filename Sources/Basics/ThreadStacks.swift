import Foundation

/// The stacks of threads, where addresses are limited. A thread whose stack cannot be had is waited for
/// without end by whoever starts threads for us; so some are started early, and the C library keeps the
/// stacks of those that ended for the next ones.
public enum ThreadStacks {
  /// Bytes of addresses that one takes.
  public static let bytes = 8 << 20

  /// Has `count` stacks kept, or as many as the C library keeps. There has to be room for them.
  public static func keep(_ count: Int) {
    var threads: [pthread_t] = []
    for _ in 0..<count {
      var thread = pthread_t()
      // All are there at a time, so that none takes the stack of another.
      let started = pthread_create(
        &thread, nil,
        { _ in
          usleep(2000)
          return nil
        }, nil)
      if started == 0 { threads.append(thread) }
    }
    for thread in threads { pthread_join(thread, nil) }
  }
}
