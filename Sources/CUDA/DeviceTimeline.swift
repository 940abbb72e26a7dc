import CCUDA
import Compute
import Foundation

/// When a GPU did what, by its own clock: an event before and after each piece of work.
///
/// Only a run that is to be looked at has one; the events cost the host a few microseconds a piece.
final class DeviceTimeline {
  private let api: tenbin_cuda_api
  private let lock = NSLock()
  private var marks: [Mark] = []
  /// A moment that both clocks know.
  private var origin: Handle = nil
  private var began = ContinuousClock.now

  private struct Mark {
    var lane: DeviceSlice.Lane
    var name: String
    var start: Handle
    var end: Handle
  }

  init(api: tenbin_cuda_api, stream: Handle) {
    self.api = api
    setOrigin(on: stream)
  }

  deinit {
    for mark in marks { release(mark) }
    if origin != nil { _ = api.event_destroy(origin) }
  }

  /// Puts work on `stream`, and writes it down.
  func time(
    _ name: String, _ lane: DeviceSlice.Lane, on stream: Handle, _ body: () -> Int32
  ) -> Int32 {
    let start = event(on: stream)
    let code = body()
    let mark = Mark(lane: lane, name: name, start: start, end: event(on: stream))
    lock.withLock { marks.append(mark) }
    return code
  }

  /// What has been done since this was asked last; all streams must be waited for before. Pieces of one
  /// name that follow each other at once are one slice.
  func take(_ stream: Handle) -> [DeviceSlice] {
    var slices: [DeviceSlice] = []
    var last: [DeviceSlice.Lane: Int] = [:]
    let marks = lock.withLock {
      defer { self.marks = [] }
      return self.marks
    }
    for mark in marks {
      defer { release(mark) }
      var (start, length): (Float, Float) = (0, 0)
      guard api.event_elapsed(&start, origin, mark.start) == 0,
        api.event_elapsed(&length, mark.start, mark.end) == 0
      else { continue }
      let slice = DeviceSlice(
        lane: mark.lane, name: mark.name, start: began + .seconds(Double(start) / 1000),
        seconds: Double(length) / 1000)
      if let place = last[mark.lane], slices[place].name == slice.name {
        let end = slices[place].start + .seconds(slices[place].seconds)
        let gap = end.duration(to: slice.start)
        if gap < Self.smallestGap {
          slices[place].seconds += max(0, gap / .seconds(1)) + slice.seconds
          continue
        }
      }
      last[mark.lane] = slices.count
      slices.append(slice)
    }
    setOrigin(on: stream)
    return slices
  }

  private static let smallestGap = Duration.microseconds(20)

  private func setOrigin(on stream: Handle) {
    if origin != nil { _ = api.event_destroy(origin) }
    _ = api.stream_synchronize(stream)
    origin = event(on: stream)
    _ = api.event_synchronize(origin)
    began = .now
  }

  private func event(on stream: Handle) -> Handle {
    var event: Handle = nil
    _ = api.event_create(&event, 0)
    _ = api.event_record(event, stream)
    return event
  }

  private func release(_ mark: Mark) {
    _ = api.event_destroy(mark.start)
    _ = api.event_destroy(mark.end)
  }
}

extension CUDADevice {
  /// Writes down from now on when the GPU does what.
  func recordTimeline() {
    perform {
      guard isWell, timeline == nil else { return }
      let timeline = DeviceTimeline(api: api, stream: stream)
      self.timeline = timeline
      for staging in [staging, copies, uploads] { staging.timeline = timeline }
    }
  }

  /// What it has done since this was asked last; waits until all is done.
  func takeTimeline() -> [DeviceSlice] {
    perform {
      guard let timeline else { return [] }
      for stream in streams { _ = api.stream_synchronize(stream) }
      return timeline.take(stream)
    }
  }

  /// Puts work on the device's stream; its name and lane are written down where somebody wants to know.
  func timed(
    _ name: @autoclosure () -> String, _ lane: DeviceSlice.Lane = .compute,
    on stream: Handle = nil, _ body: () -> Int32
  ) -> Int32 {
    guard let timeline else { return body() }
    return timeline.time(name(), lane, on: stream ?? self.stream, body)
  }
}
