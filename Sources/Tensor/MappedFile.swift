import Basics
import Foundation

/// A file mapped into memory for reading; pages are read from disk when they are touched.
final class MappedFile: @unchecked Sendable {
  let count: Int
  private let base: UnsafeMutableRawPointer?

  init(_ url: URL) throws(InputError) {
    let descriptor = open(url.path, O_RDONLY)
    guard descriptor >= 0 else {
      throw InputError(
        errno == ENOENT ? .missing : .io, asked: "open \(url.path)",
        found: String(cString: strerror(errno)), hint: "check the path and its permissions")
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw InputError(
        .badData, asked: "map \(url.path)", found: "not a regular file",
        hint: "give the path of a file")
    }
    count = Int(status.st_size)
    guard count > 0 else {
      base = nil
      return
    }
    let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapped, mapped != MAP_FAILED else {
      throw InputError(
        .io, asked: "map \(url.path)", found: String(cString: strerror(errno)),
        hint: "check that the file is readable and memory is left")
    }
    base = mapped
  }

  deinit {
    if let base { munmap(base, count) }
  }

  /// Calls `body` with the bytes of `range`, which lies within the file.
  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
  ) -> Result {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "within the file")
    let all = UnsafeRawBufferPointer(start: base, count: count)
    return body(UnsafeRawBufferPointer(rebasing: all[range]))
  }
}
