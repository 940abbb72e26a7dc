import Basics
import CUDA
import Compute
import Tensor

/// The engine of `device`: the one place that chooses. `threads` are those of the CPU; nil leaves
/// their number to `ThreadCount`.
func makeEngine(device: String, threads: Int? = nil) throws(InputError) -> any Engine {
  switch DeviceChoice(device) {
  case .cpu: return try CPUEngine.opened(threads: threads)
  case .cuda(let ordinals):
    let engine: any Engine =
      ordinals.count == 1
      ? try CUDAEngine(ordinal: ordinals[0]) : try CUDAGroupEngine(ordinals: ordinals)
    // What the host does beside it: reading, packing, copies to where the GPU takes them from.
    WorkingThreads.count = ThreadCount.decided(asked: threads)
    return engine
  case nil:
    throw InputError(
      .usage, asked: "--device \(device)", found: "no such device",
      hint: "give cpu, cuda, cuda:N with the number of a GPU, or several as cuda:0,1")
  }
}

/// The GPU that `engine` computes on, or the first of several.
func firstGPU(of engine: any Engine) -> CUDAEngine? {
  switch engine {
  case let engine as CUDAEngine: engine
  case let engine as CUDAGroupEngine: engine.engines.first
  default: nil
  }
}

/// A device as it is typed.
enum DeviceChoice: Equatable {
  case cpu
  /// GPUs by their numbers, the first of which solves.
  case cuda([Int])

  init?(_ name: String) {
    switch name {
    case "cpu": self = .cpu
    case "cuda": self = .cuda([0])
    default:
      guard name.hasPrefix("cuda:") else { return nil }
      let numbers = name.dropFirst("cuda:".count).split(
        separator: ",", omittingEmptySubsequences: false)
      let ordinals = numbers.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
      guard ordinals.count == numbers.count, Set(ordinals).count == ordinals.count else {
        return nil
      }
      self = .cuda(ordinals)
    }
  }
}
