import Basics
import COpenBLAS
import Synchronization

/// The library that products are made by, opened when it is first needed.
public enum OpenBLAS {
  /// Bytes of addresses that OpenBLAS sets aside for each thread that calls it: what its build for
  /// x86-64 takes, 128 MiB, and a page.
  static let bytesPerThread = 128 << 20 + 1 << 12
  /// Bytes of addresses that the library itself takes.
  private static let libraryBytes = 45_000_000

  private static let reserved = Mutex(0)

  /// Opens the library for `threads` threads that call it at a time, unless that was done before, and
  /// has it take their working memory, for which it would otherwise look for ever.
  public static func prepare(threads: Int) throws(InputError) {
    try reserved.withLock { (have) throws(InputError) in
      guard have < threads else { return }
      func need(_ count: Int) -> MemoryNeed {
        let each = bytesPerThread + ThreadStacks.bytes
        return MemoryNeed(
          resident: 0, reserved: (have == 0 ? libraryBytes : 0) + (count - have) * each)
      }
      try MemoryLimits.current.check(
        need(threads), for: "compute on \(threads) \(threads == 1 ? "thread" : "threads")",
        smaller: threads > have + 1 ? ("give fewer --threads", need(have + 1)) : nil)
      var why = [CChar](repeating: 0, count: 512)
      guard tenbin_blas_load(&why, why.count) == 0 else {
        let bytes = why.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        throw InputError(
          .missing, asked: "open OpenBLAS", found: String(decoding: bytes, as: UTF8.self),
          hint: "install it: apt-get install libopenblas0-pthread")
      }
      tenbin_blas_reserve(Int32(threads))
      if MemoryLimits.current.countReserved { ThreadStacks.keep(threads) }
      have = threads
    }
  }
}
