import Basics
import CUDA
import Compute
import Tensor

/// The engine of `device`: the one place that chooses. `threads` are those of the CPU; nil leaves
/// their number to `ThreadCount`.
func makeEngine(device: String, threads: Int? = nil) throws(InputError) -> any Engine {
  switch DeviceChoice(device) {
  case .cpu: return try CPUEngine.opened(threads: threads)
  case .cuda(let ordinal):
    let engine = try CUDAEngine(ordinal: ordinal)
    // What the host does beside it: reading, packing, copies to where the GPU takes them from.
    WorkingThreads.count = ThreadCount.decided(asked: threads)
    return engine
  case nil:
    throw InputError(
      .usage, asked: "--device \(device)", found: "no such device",
      hint: "give cpu, cuda or cuda:N with the number of a GPU")
  }
}

/// A device as it is typed.
enum DeviceChoice: Equatable {
  case cpu
  case cuda(Int)

  init?(_ name: String) {
    switch name {
    case "cpu": self = .cpu
    case "cuda": self = .cuda(0)
    default:
      let number = name.dropFirst("cuda:".count)
      guard name.hasPrefix("cuda:"), number.allSatisfy(\.isNumber), let ordinal = Int(number)
      else { return nil }
      self = .cuda(ordinal)
    }
  }
}
