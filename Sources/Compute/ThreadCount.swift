import Basics
import CKernels
import Foundation

/// How many threads arithmetic uses: the one place that decides it.
public enum ThreadCount {
  /// As many as were asked for and no more than the process may use cores; without a wish what
  /// OPENBLAS_NUM_THREADS or OMP_NUM_THREADS says, and without those a thread for each core, no more
  /// than a control group gives time for.
  public static func decided(asked: Int? = nil) -> Int {
    decided(
      asked: asked, environment: ProcessInfo.processInfo.environment, cores: cores,
      quota: ControlGroup().processors)
  }

  /// The decision on given circumstances.
  public static func decided(
    asked: Int?, environment: [String: String], cores: Int, quota: Double?
  ) -> Int {
    // OMP_NUM_THREADS may be a list, one number for each level of nesting.
    let named = ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"].lazy
      .compactMap { environment[$0]?.split(separator: ",").first }
      .compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      .first { $0 > 0 }
    let usual = min(cores, quota.map { max(1, Int($0.rounded(.up))) } ?? cores)
    return max(1, min(asked ?? named ?? usual, cores))
  }

  /// The cores that the scheduler may put this process on, such as taskset or a container leaves it.
  public static var cores: Int {
    let cores = Int(tenbin_usable_cores())
    return cores > 0 ? cores : ProcessInfo.processInfo.activeProcessorCount
  }
}
