import CCUDA

/// A moment of one of the device's streams: what was put on it before has been done.
final class DeviceEvent: @unchecked Sendable {
  private let device: CUDADevice
  private var handle: Handle = nil

  /// Marks the moment after all that `stream` has been asked so far; nil is the one that computes.
  init(on device: CUDADevice, stream: Handle = nil) {
    self.device = device
    let stream = stream ?? device.stream
    device.perform {
      let withoutTiming: UInt32 = 2
      guard device.isWell,
        device.check(device.api.event_create(&handle, withoutTiming), "an event")
      else { return }
      device.check(device.api.event_record(handle, stream), "an event")
    }
  }

  deinit {
    let (api, handle) = (device.api, handle)
    device.perform { if handle != nil { _ = api.event_destroy(handle) } }
  }

  /// Waits until it has come.
  func wait() {
    guard device.isReady, handle != nil else { return }
    let code = device.inContext { device.api.event_synchronize(handle) }
    device.perform { _ = device.check(code, "waiting for the GPU") }
  }

  /// Has `stream` wait for it.
  func hold(_ stream: Handle) {
    device.perform {
      guard device.isWell, handle != nil else { return }
      device.check(device.api.stream_wait(stream, handle, 0), "an event")
    }
  }
}
