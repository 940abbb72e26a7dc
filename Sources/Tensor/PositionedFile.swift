import Basics
import Foundation
import Synchronization

/// A regular file, read by position. Nothing of it stays in memory, so that a model may be larger
/// than memory by any factor; and a file cut short while it is read is an error, where a mapping
/// would end the process.
final class PositionedFile: Sendable {
  let url: URL
  let count: Int
  private let descriptor: Int32

  init(_ url: URL) throws(InputError) {
    self.url = url
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw InputError(
        errno == ENOENT ? .missing : .io, asked: "open \(url.path)",
        found: String(cString: strerror(errno)), hint: "check the path and its permissions")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw InputError(
        .badData, asked: "open \(url.path)", found: "not a regular file",
        hint: "give the path of a file")
    }
    count = Int(status.st_size)
  }

  deinit {
    close(descriptor)
  }

  /// Fills `buffer` with the bytes from `start` on, which lie within the file.
  func read(from start: Int, into buffer: UnsafeMutableRawBufferPointer) throws(InputError) {
    precondition(start >= 0 && start + buffer.count <= count, "within the file")
    var done = 0
    while done < buffer.count {
      let got = pread(
        descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done,
        off_t(start + done))
      if got < 0, errno == EINTR { continue }
      guard got > 0 else {
        throw InputError(
          .io, asked: "read \(url.path)",
          found: got < 0 ? String(cString: strerror(errno)) : "the end of a file that has shrunk",
          hint: "check the disk, and that nothing writes to the file")
      }
      done += got
    }
  }

  /// Tells the system that these bytes will be read soon, so that it fetches them from the disk
  /// meanwhile.
  func willRead(_ range: Range<Int>) {
    _ = posix_fadvise(
      descriptor, off_t(range.lowerBound), off_t(range.count), POSIX_FADV_WILLNEED)
  }

  /// `count` elements of a type without padding, from `start` on.
  func elements<Element: BitwiseCopyable>(
    _ type: Element.Type, from start: Int, count: Int
  ) throws(InputError) -> [Element] {
    try uninitialized(count) { out throws(InputError) in
      try read(from: start, into: UnsafeMutableRawBufferPointer(out))
    }
  }

  /// `count` bytes from `start` on, in parts that are read side by side: one thread alone does not
  /// copy as fast as the disk, or the system's cache, gives.
  func bytes(from start: Int, count: Int) throws(InputError) -> [UInt8] {
    try uninitialized(count) { (out: UnsafeMutableBufferPointer<UInt8>) throws(InputError) in
      guard let base = out.baseAddress else { return }
      let place = SharedPointer(base)
      let failure = Mutex<InputError?>(nil)
      parallelFor(count, chunk: 4 << 20) { part in
        do throws(InputError) {
          try read(
            from: start + part.lowerBound,
            into: UnsafeMutableRawBufferPointer(
              start: place.base + part.lowerBound, count: part.count))
        } catch {
          failure.withLock { $0 = error }
        }
      }
      if let failure = failure.withLock({ $0 }) { throw failure }
    }
  }

  /// Two-byte floats from `start` on, turned into float32 by `convert`.
  func halves(
    from start: Int, count: Int,
    _ convert: (UnsafeRawPointer, UnsafeMutablePointer<Float>, Int) -> Void
  ) throws(InputError) -> [Float] {
    try uninitialized(count) { out throws(InputError) in
      guard let base = out.baseAddress else { return }
      var part = [UInt16](repeating: 0, count: min(count, stepElements))
      for done in stride(from: 0, to: count, by: stepElements) {
        let length = min(stepElements, count - done)
        var failure: InputError?
        part.withUnsafeMutableBytes { bytes in
          let bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(2 * length)])
          do throws(InputError) {
            try read(from: start + 2 * done, into: bytes)
          } catch {
            failure = error
            return
          }
          if let source = bytes.baseAddress {
            convert(UnsafeRawPointer(source), base + done, length)
          }
        }
        if let failure { throw failure }
      }
    }
  }

  /// An array of `count` elements that `body` fills completely.
  private func uninitialized<Element: BitwiseCopyable>(
    _ count: Int, _ body: (UnsafeMutableBufferPointer<Element>) throws(InputError) -> Void
  ) throws(InputError) -> [Element] {
    var failure: InputError?
    let array = [Element](unsafeUninitializedCapacity: count) { out, initialized in
      do throws(InputError) {
        try body(UnsafeMutableBufferPointer(rebasing: out[..<count]))
        initialized = count
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return array
  }
}

/// Elements converted at a time.
private let stepElements = 1 << 19
