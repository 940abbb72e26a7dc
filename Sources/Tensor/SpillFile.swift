import Basics
import Foundation

/// A nameless file of float32 arrays, whose released parts are used again.
final class SpillFile: @unchecked Sendable {
  /// Where an array stands.
  struct Region: Sendable, Hashable {
    var start: Int
    var count: Int
  }

  private let directory: URL
  private let descriptor: Int32
  private var end = 0
  private var free: [Int: [Int]] = [:]

  /// Makes the file in `directory`. Its name is removed at once, so that nothing stays behind.
  init(_ directory: URL) throws(InputError) {
    self.directory = directory
    var template = Array("\(directory.path)/.tenbin-spill-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Self.failure("make room for", directory, errno) }
    unlink(template)
  }

  deinit { close(descriptor) }

  func write(_ elements: [Float]) throws(InputError) -> Region {
    let region = Region(
      start: free[elements.count]?.popLast() ?? end, count: elements.count)
    if region.start == end { end += 4 * elements.count }
    let code = elements.withUnsafeBytes { bytes -> Int32 in
      guard let base = bytes.baseAddress else { return 0 }
      return transfer(bytes.count) {
        pwrite(descriptor, base + $0, $1, off_t(region.start + $0))
      }
    }
    guard code == 0 else { throw Self.failure("write", directory, code) }
    return region
  }

  func read(_ region: Region) throws(InputError) -> [Float] {
    var code: Int32 = 0
    let elements = [Float](unsafeUninitializedCapacity: region.count) { out, initialized in
      initialized = region.count
      guard let base = UnsafeMutableRawPointer(out.baseAddress) else { return }
      code = transfer(4 * region.count) {
        pread(descriptor, base + $0, $1, off_t(region.start + $0))
      }
    }
    guard code == 0 else { throw Self.failure("read", directory, code) }
    return elements
  }

  func release(_ region: Region) { free[region.count, default: []].append(region.start) }

  /// Calls `step(offset, bytes left)` until all is through; returns errno.
  private func transfer(_ count: Int, _ step: (Int, Int) -> Int) -> Int32 {
    var done = 0
    while done < count {
      let moved = step(done, count - done)
      if moved < 0, errno == EINTR { continue }
      if moved <= 0 { return moved < 0 ? errno : EIO }
      done += moved
    }
    return 0
  }

  private static func failure(
    _ verb: String, _ directory: URL, _ code: Int32
  ) -> InputError {
    InputError(
      .io, asked: "\(verb) hidden states beyond the memory budget in \(directory.path)",
      found: String(cString: strerror(code)),
      hint: "free some space there, or give a larger --memory-budget")
  }
}
