import Basics
import CUDA
import Compute
import Foundation

/// What `tenbin --version` says: the version, the commit, and what it computes with here.
enum VersionText {
  static var current: String {
    let blas: String
    do throws(InputError) {
      blas = try CPUEngine.opened().summary
    } catch {
      blas = "none: \(error.found)"
    }
    let gpu = CUDASummary.found().map(\.1).joined(separator: ", ")
    return """
      tenbin \(ToolVersion.current)
      commit: \(commit ?? "not recorded: built in place")
      blas: \(blas)
      cuda: \(gpu)
      """
  }

  /// The commit of a distribution, which `make dist` writes beside the binary.
  private static var commit: String? {
    let binary = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return binary.flatMap {
      try? String(
        contentsOf: URL(fileURLWithPath: $0).deletingLastPathComponent()
          .appendingPathComponent("../share/tenbin/commit"), encoding: .utf8)
    }?.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
