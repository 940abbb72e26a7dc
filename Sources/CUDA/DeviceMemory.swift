import CCUDA
import Tensor

/// A piece of a GPU's memory, given back when the last one who holds it lets go.
final class DeviceMemory: @unchecked Sendable {
  /// Its address on the device; 0 where there was none to have.
  let address: UInt64
  let bytes: Int
  private let device: CUDADevice
  private let last: Handle

  /// Takes `bytes` with whatever stands in them. They may be used on the stream `first` at once, and on
  /// others once those have waited for it; `last` is the one that is done with them when they are let
  /// go. Both are the stream that computes where nothing is said.
  init(bytes: Int, on device: CUDADevice, from first: Handle = nil, until last: Handle = nil) {
    self.device = device
    self.bytes = bytes
    self.last = last ?? device.stream
    address = device.allocate(bytes, on: first ?? device.stream)
  }

  deinit {
    device.release(address, on: last)
  }
}

/// A place in a GPU's memory, which stays taken as long as somebody has this.
struct DevicePointer {
  /// The address; 0 is nowhere.
  var address: UInt64
  private let owner: DeviceMemory?

  static let none = DevicePointer(address: 0, owner: nil)

  /// The start of `memory`.
  init(_ memory: DeviceMemory) {
    self.init(address: memory.address, owner: memory)
  }

  private init(address: UInt64, owner: DeviceMemory?) {
    self.address = address
    self.owner = owner
  }

  /// The place `bytes` bytes further on.
  func advanced(by bytes: Int) -> DevicePointer {
    DevicePointer(address: address + UInt64(bytes), owner: owner)
  }
}

extension CUDADevice {
  fileprivate func allocate(_ bytes: Int, on stream: Handle) -> UInt64 {
    perform {
      guard isWell, bytes > 0 else { return 0 }
      var address: UInt64 = 0
      if api.allocate(&address, bytes, stream) == 0 { return address }
      // What is freed comes back when the work before it is done.
      for stream in streams { _ = api.stream_synchronize(stream) }
      let code = api.allocate(&address, bytes, stream)
      return check(code, "taking \(bytes) bytes of GPU memory") ? address : 0
    }
  }

  fileprivate func release(_ address: UInt64, on stream: Handle) {
    if address != 0 { perform { _ = api.release(address, stream) } }
  }

  /// Memory with `values` in it.
  func upload<Element>(_ values: [Element]) -> DeviceMemory {
    let memory = DeviceMemory(bytes: values.count * MemoryLayout<Element>.stride, on: self)
    perform {
      guard isWell, memory.bytes > 0 else { return }
      let code = values.withUnsafeBytes { staging.up($0, to: memory.address) }
      check(code, "an upload")
    }
    return memory
  }

  /// The first `count` values of `memory`; zeros after a failure.
  func download<Element: BitwiseCopyable>(
    _ memory: DeviceMemory, count: Int, zero: Element
  ) -> [Element] {
    read(DevicePointer(memory), count: count, zero: zero)
  }

  /// `count` values from `pointer` on; zeros after a failure.
  func read<Element: BitwiseCopyable>(
    _ pointer: DevicePointer, count: Int, zero: Element, through staging: PinnedStaging? = nil
  ) -> [Element] {
    let staging = staging ?? self.staging
    // Not filled twice: the first touch of fresh memory costs more than the copy.
    return [Element](unsafeUninitializedCapacity: count) { values, initialized in
      initialized = count
      guard count > 0 else { return }
      var isDone = isReady
      if isDone {
        // Another thread may send weights up while this one waits.
        let code = inContext {
          staging.down(pointer.address, to: UnsafeMutableRawBufferPointer(values))
        }
        isDone = perform { check(code, "a download") }
      }
      if !isDone { values.initialize(repeating: zero) }
    }
  }

  /// Sets `bytes` bytes of `memory` to `value`.
  func fill(_ memory: DeviceMemory, _ value: UInt8 = 0) {
    perform {
      guard isWell, memory.bytes > 0 else { return }
      check(api.fill_bytes(memory.address, value, memory.bytes, stream), "filling memory")
    }
  }

  /// A second piece of memory with the same bytes.
  func copy(_ memory: DeviceMemory) -> DeviceMemory {
    let copy = DeviceMemory(bytes: memory.bytes, on: self)
    move(DevicePointer(memory), to: DevicePointer(copy), bytes: memory.bytes)
    return copy
  }

  /// Copies bytes from one place of the device to another.
  func move(_ from: DevicePointer, to: DevicePointer, bytes: Int) {
    withExtendedLifetime((from, to)) {
      perform {
        guard isWell, bytes > 0 else { return }
        check(api.copy_across(to.address, from.address, bytes, stream), "a copy")
      }
    }
  }
}
