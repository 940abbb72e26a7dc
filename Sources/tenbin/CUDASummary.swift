import Basics
import CUDA
import Compute
import Foundation

/// What `tenbin doctor` says of GPUs.
enum CUDASummary {
  /// The first GPU, or why there is none.
  static func found() -> [(String, String)] {
    do throws(InputError) {
      return [("cuda", try CUDAEngine(ordinal: 0).summary)]
    } catch {
      return [("cuda", error.found)]
    }
  }

  /// A GPU, its libraries and its measured rates.
  static func rows(of engine: CUDAEngine) throws(InputError) -> [(String, String)] {
    let device = engine.device
    let memory = device.memory
    let capability = "\(device.capability.major).\(device.capability.minor)"
    let rows = [
      ("cuda", engine.summary),
      ("cuda capability", "\(capability), \(device.multiprocessors) multiprocessors"),
      (
        "cuda memory", "\(gibibytes(memory.free)) of \(gibibytes(memory.total)) GiB free"
      ),
      ("cuda libraries", device.files.joined(separator: ", ")),
      ("cuda bf16 products", "\(number(device.productRate() / 1e12, 0)) TFLOP/s"),
      ("cuda copies", "\(number(device.copyRate() / 1e12, 2)) TB/s"),
    ]
    if let failure = engine.failure { throw failure }
    return rows
  }

  /// How far its operations are from the CPU's.
  static func rows(of outcomes: [SelfCheck.Outcome]) -> [(String, String)] {
    outcomes.map { outcome in
      let error = String(format: "%.1e of %.1e allowed", outcome.error, outcome.allowed)
      return ("cuda \(outcome.name)", outcome.holds ? "as the CPU: \(error)" : "DIFFERS: \(error)")
    }
  }

  private static func gibibytes(_ bytes: Int) -> String { number(Double(bytes) / 0x1p30, 1) }

  private static func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
