import CKernels
import Dispatch
import Synchronization

/// How many threads work at a time, for the whole process. Whoever makes an engine decides it.
public enum WorkingThreads {
  private static let number = Atomic<Int>(1)

  /// What `fixed` says for the work it runs.
  @TaskLocal fileprivate static var own: Int?

  /// The threads of a `parallelFor`, the caller among them.
  public static var count: Int {
    get { own ?? number.load(ordering: .relaxed) }
    set { number.store(max(1, newValue), ordering: .relaxed) }
  }

  /// Runs `body` on `count` threads, whatever others in this process decide meanwhile: how products are
  /// divided, and so the last bits of their results, depends on it.
  public static func fixed<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    try $own.withValue(max(1, count), operation: body)
  }
}

/// Runs `body` over `0..<count` in chunks of at most `chunk`, on up to `WorkingThreads.count` threads,
/// which take one chunk after another: one that others keep from its core takes fewer, and nobody waits
/// in a loop. Inside another one it runs on the thread that calls it.
public func parallelFor(_ count: Int, chunk: Int, _ body: @Sendable (Range<Int>) -> Void) {
  guard count > 0 else { return }
  let chunks = (count + chunk - 1) / chunk
  let threads = tenbin_is_parallel() ? 1 : min(chunks, WorkingThreads.count)
  let next = Atomic<Int>(0)
  @Sendable func work() {
    while true {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < chunks else { return }
      body(index * chunk..<min(count, (index + 1) * chunk))
    }
  }
  if threads == 1 { return work() }
  let fixed = WorkingThreads.own
  DispatchQueue.concurrentPerform(iterations: threads) { _ in
    let outer = tenbin_set_parallel(true)
    if let fixed { WorkingThreads.fixed(fixed, work) } else { work() }
    _ = tenbin_set_parallel(outer)
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
