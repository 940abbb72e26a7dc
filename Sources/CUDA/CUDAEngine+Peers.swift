import CCUDA
import Compute

extension CUDAEngine {
  /// A matrix of `other`, another GPU of this machine, in this one's memory; in BF16 alone where
  /// `inBrains`, for products.
  func receive(
    _ buffer: EngineBuffer, from other: CUDAEngine, inBrains: Bool = false
  ) -> EngineBuffer {
    wrap(device.receive(other.matrix(buffer), inBrains: inBrains))
  }
}

extension CUDADevice {
  /// The same matrix in this GPU's memory. The other one copies when it comes to it, and this one waits
  /// when it first reads it.
  fileprivate func receive(_ matrix: DeviceMatrix, inBrains: Bool) -> DeviceMatrix {
    let other = matrix.device
    let isBrains = matrix.element == .float32 && (inBrains || matrix.isBrains)
    let source = isBrains ? matrix.brainPointer : matrix.pointer
    let bytes = matrix.count * (isBrains ? 2 : matrix.element.bytes)
    let memory = DeviceMemory(bytes: bytes, on: self, from: uploads.stream)
    let taken = DeviceEvent(on: self, stream: uploads.stream)
    taken.hold(other.stream)
    if bytes > 0, isReady {
      withExtendedLifetime((source, memory)) {
        other.perform {
          guard other.isWell else { return }
          other.check(
            other.timed("to another GPU") {
              api.copy_peer(
                memory.address, context, source.address, other.context, bytes, other.stream)
            }, "a copy to another GPU")
        }
      }
    }
    return DeviceMatrix(
      matrix.rows, matrix.columns, matrix.element, arriving: memory, inBrains: isBrains,
      at: DeviceEvent(on: other), on: self)
  }

  /// Lets `others` write to this GPU's memory, where the machine has a way.
  func admit(_ others: [CUDADevice]) {
    perform {
      for other in others where other !== self {
        var isPossible: Int32 = 0
        guard api.device_peer(&isPossible, other.number, number) == 0, isPossible != 0 else {
          continue
        }
        // CUmemAccessDesc: a location (1 is a device, and which), read and write.
        var access: [Int32] = [1, other.number, 3]
        check(api.pool_access(pool, &access, 1), "sharing memory with another GPU")
      }
    }
  }
}
