import CCUDA

/// A moment of the device's stream: what was put on it before has been done.
final class DeviceEvent: @unchecked Sendable {
  private let device: CUDADevice
  private var handle: Handle = nil

  /// Marks the moment after all that has been asked so far.
  init(on device: CUDADevice) {
    self.device = device
    device.perform {
      let withoutTiming: UInt32 = 2
      guard device.isWell,
        device.check(device.api.event_create(&handle, withoutTiming), "an event")
      else { return }
      device.check(device.api.event_record(handle, device.stream), "an event")
    }
  }

  deinit {
    let (api, handle) = (device.api, handle)
    device.perform { if handle != nil { _ = api.event_destroy(handle) } }
  }

  /// Waits until it has come.
  func wait() {
    device.perform {
      guard device.isWell else { return }
      device.check(device.api.event_synchronize(handle), "waiting for the GPU")
    }
  }

  /// Has `stream` wait for it.
  func hold(_ stream: Handle) {
    device.perform {
      guard device.isWell else { return }
      device.check(device.api.stream_wait(stream, handle, 0), "an event")
    }
  }
}

/// A whole number on its way down: the host asks for it now, puts more work on the stream, and waits
/// for the number alone.
struct DownloadedCount {
  private let device: CUDADevice
  private let event: DeviceEvent
  private let place: UnsafeMutableRawPointer?

  /// Asks for the number in `memory`. One is on its way at a time.
  init(_ memory: DeviceMemory, on device: CUDADevice) {
    self.device = device
    place = device.pinnedCount
    if let place {
      device.perform {
        guard device.isWell else { return }
        device.check(device.api.copy_down(place, memory.address, 8, device.stream), "a download")
      }
    }
    event = DeviceEvent(on: device)
  }

  /// The number; 0 after a failure.
  var value: Int {
    event.wait()
    guard device.isWell, let place else { return 0 }
    return Int(place.load(as: Int64.self))
  }
}
