import CCUDA
import Foundation

/// A piece of pinned host memory in which a matrix waits. What is let go is used again: taking it from
/// the system takes longer than to fill it, and copies that are still under way must not lose it.
final class PinnedMemory: @unchecked Sendable {
  /// Where it is.
  let pointer: UnsafeMutableRawPointer
  /// Its bytes.
  let bytes: Int
  private let pool: PinnedPool

  fileprivate init(_ pointer: UnsafeMutableRawPointer, _ bytes: Int, _ pool: PinnedPool) {
    (self.pointer, self.bytes, self.pool) = (pointer, bytes, pool)
  }

  deinit { pool.takeBack(pointer, bytes) }
}

/// Pinned host memory, by the size of its pieces: states of one pass come in few sizes.
final class PinnedPool: @unchecked Sendable {
  private let api: tenbin_cuda_api
  private let lock = NSLock()
  private var free: [Int: [UnsafeMutableRawPointer]] = [:]
  private var isReleased = false

  init(api: tenbin_cuda_api) { self.api = api }

  /// A piece of `bytes`, or the driver's code. What it holds may be read only by work that is put on
  /// the stream after that which last used it.
  func take(_ bytes: Int) -> (memory: PinnedMemory?, code: Int32) {
    if let known = lock.withLock({ free[bytes]?.popLast() }) {
      return (PinnedMemory(known, bytes, self), 0)
    }
    var pointer: UnsafeMutableRawPointer?
    let code = api.host_allocate(&pointer, bytes, 0)
    guard code == 0, let pointer else { return (nil, code == 0 ? 2 : code) }
    return (PinnedMemory(pointer, bytes, self), 0)
  }

  fileprivate func takeBack(_ pointer: UnsafeMutableRawPointer, _ bytes: Int) {
    lock.withLock {
      if isReleased {
        _ = api.host_release(pointer)
      } else {
        free[bytes, default: []].append(pointer)
      }
    }
  }

  /// Gives everything back to the system, once no work uses it.
  func release() {
    lock.withLock {
      for pointer in free.values.joined() { _ = api.host_release(pointer) }
      free = [:]
      isReleased = true
    }
  }
}
