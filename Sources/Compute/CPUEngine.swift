import CKernels
import COpenBLAS
import Tensor

/// The engine of one machine's cores: OpenBLAS, and C kernels in parallel loops.
public struct CPUEngine: Engine {
  /// How many threads BLAS and the parallel loops use.
  public let threads: Int

  /// Sets OpenBLAS to `threads` threads; nil takes every core OpenBLAS sees.
  public init(threads: Int? = nil) {
    tenbin_keep_freed_memory()
    self.threads = threads ?? Int(openblas_get_num_procs())
    openblas_set_num_threads(Int32(self.threads))
  }

  /// OpenBLAS's version, its kernels for this CPU, and the threads.
  public var summary: String {
    let build = String(cString: openblas_get_config()).split(separator: " ").prefix(2)
    let kernel = String(cString: openblas_get_corename())
    return "\(build.joined(separator: " ")), \(kernel) kernels, \(threads) threads"
  }

  /// Runs `body` with OpenBLAS on one thread, for BLAS calls from inside `parallelFor`.
  func singleThreadedBLAS(_ body: () -> Void) {
    openblas_set_num_threads(1)
    body()
    openblas_set_num_threads(Int32(threads))
  }
}
