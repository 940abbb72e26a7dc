import Dispatch

/// Runs `body` over `0..<count` in chunks of at most `chunk`, on all cores.
///
/// Inside `body` BLAS must run on one thread (see `Compute.singleThreadedBLAS`).
public func parallelFor(_ count: Int, chunk: Int, _ body: @Sendable (Range<Int>) -> Void) {
  guard count > 0 else { return }
  let chunks = (count + chunk - 1) / chunk
  if chunks == 1 { return body(0..<count) }
  DispatchQueue.concurrentPerform(iterations: chunks) { index in
    body(index * chunk..<min(count, (index + 1) * chunk))
  }
}

/// A pointer that may cross into the closures of `parallelFor`, whose chunks write disjoint parts.
public struct SharedPointer<Pointee>: @unchecked Sendable {
  /// The start of the memory.
  public let base: UnsafeMutablePointer<Pointee>

  /// Shares `base`; its owner outlives the parallel loop.
  public init(_ base: UnsafeMutablePointer<Pointee>) {
    self.base = base
  }
}
