import Basics
import Dispatch
import Foundation
import Results

/// Hands solved linears to the observers, in their order.
///
/// Beside an engine with a device of its own this is done on another thread: a writer packs, writes and
/// reads back while the device goes on. Meanwhile observers are told of progress alone (`spent`,
/// `advanced`, `layerFinished`), which nobody who takes linears listens to; all else waits.
final class HandingOn: @unchecked Sendable {
  private let observer: PassObservers
  private let isBeside: Bool
  private let queue = DispatchQueue(label: "tenbin.handing-on")
  /// How many stages may wait: their codes are in memory.
  private let room = DispatchSemaphore(value: 6)
  private let lock = NSLock()
  private var failure: InputError?

  /// Hands on to `observer`, beside other work where `isBeside`.
  init(to observer: PassObservers, beside isBeside: Bool) {
    self.observer = observer
    self.isBeside = isBeside
  }

  /// Hands on what trial `number` has solved.
  func hand(_ number: Int, layer: Int, _ modules: [SolvedModule]) throws(InputError) {
    if modules.isEmpty { return }
    guard isBeside else { return try observer.solved(number, layer: layer, modules: modules) }
    if let failure = lock.withLock({ failure }) { throw failure }
    room.wait()
    queue.async { [self] in
      defer { room.signal() }
      if lock.withLock({ failure != nil }) { return }
      do throws(InputError) {
        try observer.solved(number, layer: layer, modules: modules)
      } catch {
        lock.withLock { failure = error }
      }
    }
  }

  /// Waits until nothing is handed on any more.
  func finish() { queue.sync {} }

  /// Waits until everything is handed on.
  func wait() throws(InputError) {
    finish()
    if let failure = lock.withLock({ failure }) { throw failure }
  }
}
