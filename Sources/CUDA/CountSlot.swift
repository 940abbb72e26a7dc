import CCUDA

/// A whole number on its way down into a place of its own in pinned memory: the host asks for it, goes
/// on, and waits when it needs it.
final class CountSlot: @unchecked Sendable {
  private let device: CUDADevice
  private let place: UnsafeMutableRawPointer?
  private var known: Int?

  /// Asks for the number in `memory`.
  init(_ memory: DeviceMemory, on device: CUDADevice) {
    self.device = device
    place = device.perform {
      guard device.isWell else { return nil }
      let (place, code) = device.counts.take()
      guard device.check(code, "taking pinned memory"), let place else { return nil }
      device.check(device.api.copy_down(place, memory.address, 8, device.stream), "a download")
      return place
    }
  }

  deinit {
    // A copy that is still under way would write to whoever has the place next.
    if let place {
      if known == nil { device.synchronize() }
      device.perform { device.counts.giveBack(place) }
    }
  }

  /// The number; 0 after a failure. Waits until all that was asked before is done.
  var value: Int {
    if let known { return known }
    device.synchronize()
    guard device.failure == nil, let place else { return 0 }
    let value = Int(place.load(as: Int64.self))
    known = value
    return value
  }
}

/// Places for single numbers in pinned memory, a page of them at a time.
struct CountSlots {
  private let api: tenbin_cuda_api
  private var pages: [UnsafeMutableRawPointer] = []
  private var free: [UnsafeMutableRawPointer] = []

  private static let pageBytes = 64 << 10

  init(api: tenbin_cuda_api) { self.api = api }

  /// A place of eight bytes, or the driver's code.
  mutating func take() -> (place: UnsafeMutableRawPointer?, code: Int32) {
    if free.isEmpty {
      var page: UnsafeMutableRawPointer?
      let code = api.host_allocate(&page, Self.pageBytes, 0)
      guard code == 0, let page else { return (nil, code == 0 ? 2 : code) }
      pages.append(page)
      free = stride(from: 0, to: Self.pageBytes, by: 8).map { page + $0 }
    }
    return (free.removeLast(), 0)
  }

  mutating func giveBack(_ place: UnsafeMutableRawPointer) { free.append(place) }

  /// Gives everything back to the system.
  mutating func release() {
    for page in pages { _ = api.host_release(page) }
    pages = []
    free = []
  }
}
