import Foundation

/// A value that is made again when what it is made from has changed, but that never takes more than a
/// share of the time: however often it is asked for, and however often that changes, making it leaves
/// the rest of the machine to the sweep. While one request makes it, others get the one before.
actor Renewed<Key: Equatable & Sendable, Value: Sendable> {
  private var latest: (key: Key, value: Value, due: ContinuousClock.Instant)?
  private var making: Task<(value: Value, seconds: Double), Never>?
  private let share: Double

  /// A value whose making takes no more than `share` of the time, once there is a first one.
  init(share: Double) {
    self.share = share
  }

  /// The value for `key`, or the latest one where it is not time for another.
  func value(for key: Key, _ make: @escaping @Sendable () -> Value) async -> Value {
    if let latest, latest.key == key || latest.due > .now { return latest.value }
    if let making {
      if let latest { return latest.value }
      return await making.value.value
    }
    let task = Task.detached {
      // Of the processor, not of the clock: a busy machine makes it no dearer.
      let began = Self.threadSeconds
      let value = make()
      return (value: value, seconds: Self.threadSeconds - began)
    }
    making = task
    let made = await task.value
    latest = (key, made.value, .now.advanced(by: .seconds(made.seconds / share)))
    making = nil
    return made.value
  }

  /// Seconds of a processor that this thread has taken.
  private static var threadSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
