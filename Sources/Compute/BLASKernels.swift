import CKernels
import COpenBLAS
import Glibc

/// Which of OpenBLAS's kernels run on this CPU.
public enum BLASKernels {
  /// Their name, such as `SkylakeX`.
  public static var current: String { String(cString: openblas_get_corename()) }

  /// Starts the program again with the kernels of `SkylakeX`, where OpenBLAS is older than the CPU:
  /// it takes those of `Haswell` then, although the CPU has AVX-512 and would be twice as fast with
  /// it. OpenBLAS chooses when it is loaded, from the variable OPENBLAS_CORETYPE; what the user has
  /// set there stays. Returns where nothing is to be done.
  public static func restartWithFasterOnes() {
    let variable = "OPENBLAS_CORETYPE"
    guard getenv(variable) == nil, current == "Haswell" || current == "Zen",
      tenbin_has_avx512() != 0, setenv(variable, "SkylakeX", 1) == 0
    else { return }
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
    arguments.append(nil)
    execv("/proc/self/exe", arguments)
    // Where that is not allowed, the program goes on as it is.
  }
}
