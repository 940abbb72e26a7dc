import CCUDA
import Compute
import Foundation
import Tensor

/// Two pieces of pinned host memory through which everything large goes up and comes down: a copy
/// from ordinary memory is several times slower, and pinning every array is slower still.
final class PinnedStaging: @unchecked Sendable {
  private let api: tenbin_cuda_api
  /// The stream that copies are put on.
  let stream: Handle
  private let lock = NSLock()
  private var rooms: [UnsafeMutableRawPointer] = []
  private var events: [Handle] = []
  private var next = 0
  /// Where copies are written down, if somebody wants to know.
  var timeline: DeviceTimeline?

  private static let roomBytes = 32 << 20
  /// Below this a copy is not worth staging.
  private static let smallBytes = 64 << 10

  init(api: tenbin_cuda_api, stream: Handle) {
    self.api = api
    self.stream = stream
  }

  /// Copies `bytes` up; when it returns they may change. Returns the driver's code.
  func up(_ bytes: UnsafeRawBufferPointer, to address: UInt64) -> Int32 {
    lock.withLock { send(bytes, to: address) }
  }

  private func send(_ bytes: UnsafeRawBufferPointer, to address: UInt64) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    if bytes.count <= Self.smallBytes { return api.copy_up(address, base, bytes.count, stream) }
    let code = prepare()
    if code != 0 { return code }
    for start in stride(from: 0, to: bytes.count, by: Self.roomBytes) {
      let count = min(Self.roomBytes, bytes.count - start)
      let (room, event) = (rooms[next], events[next])
      next = 1 - next
      var code = api.event_synchronize(event)
      if code != 0 { return code }
      copyInParallel(from: base + start, to: room, count)
      code = timed("matrix", .up) { api.copy_up(address + UInt64(start), room, count, stream) }
      if code != 0 { return code }
      code = api.event_record(event, stream)
      if code != 0 { return code }
    }
    return 0
  }

  /// Copies down and waits. Returns the driver's code.
  func down(_ address: UInt64, to bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    lock.withLock { fetch(address, to: bytes) }
  }

  private func fetch(_ address: UInt64, to bytes: UnsafeMutableRawBufferPointer) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    if bytes.count <= Self.smallBytes {
      let code = api.copy_down(base, address, bytes.count, stream)
      return code == 0 ? api.stream_synchronize(stream) : code
    }
    let code = prepare()
    if code != 0 { return code }
    // One room is emptied while the other fills.
    var waiting: (start: Int, count: Int, place: Int)?
    for start in stride(from: 0, to: bytes.count, by: Self.roomBytes) {
      let (count, place) = (min(Self.roomBytes, bytes.count - start), next)
      next = 1 - next
      var code = api.event_synchronize(events[place])
      if code != 0 { return code }
      code = timed("matrix", .down) {
        api.copy_down(rooms[place], address + UInt64(start), count, stream)
      }
      if code != 0 { return code }
      code = api.event_record(events[place], stream)
      if code != 0 { return code }
      if let waiting {
        code = empty(waiting, into: base)
        if code != 0 { return code }
      }
      waiting = (start, count, place)
    }
    return waiting.map { empty($0, into: base) } ?? 0
  }

  /// Gives the memory back.
  func release() {
    for room in rooms { _ = api.host_release(room) }
    for event in events { _ = api.event_destroy(event) }
    rooms = []
    events = []
  }

  private func timed(
    _ name: String, _ lane: DeviceSlice.Lane, _ body: () -> Int32
  ) -> Int32 {
    guard let timeline else { return body() }
    return timeline.time(name, lane, on: stream, body)
  }

  private func empty(
    _ part: (start: Int, count: Int, place: Int), into base: UnsafeMutableRawPointer
  ) -> Int32 {
    let code = api.event_synchronize(events[part.place])
    if code != 0 { return code }
    copyInParallel(from: rooms[part.place], to: base + part.start, part.count)
    return 0
  }

  private func prepare() -> Int32 {
    while rooms.count < 2 {
      var room: UnsafeMutableRawPointer?
      var code = api.host_allocate(&room, Self.roomBytes, 0)
      guard code == 0, let room else { return code == 0 ? 2 : code }
      rooms.append(room)
      var event: Handle = nil
      code = api.event_create(&event, 2)
      if code != 0 { return code }
      events.append(event)
    }
    return 0
  }

  private func copyInParallel(
    from: UnsafeRawPointer, to: UnsafeMutableRawPointer, _ count: Int
  ) {
    nonisolated(unsafe) let pointers = (from: from, to: to)
    parallelFor(count, chunk: 4 << 20) { part in
      (pointers.to + part.lowerBound).copyMemory(
        from: pointers.from + part.lowerBound, byteCount: part.count)
    }
  }
}
