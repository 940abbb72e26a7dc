import Foundation

/// A temporary file or folder beside an output, under a name that no other run has. It goes when this
/// value goes, unless it was given another name; what a run left that was killed is cleared away by
/// the next one that writes the same output.
final class PartialOutput {
  /// Where it stands.
  let url: URL
  /// Held by flock(2), so that other runs see that somebody writes it.
  private let descriptor: Int32

  /// Makes it in the folder of `place`, which is made too; of a stream among the temporary files.
  init(of place: OutputPlace, isFolder: Bool = false) throws(InputError) {
    let files = FileManager.default
    let target =
      place.isStream
      ? files.temporaryDirectory.appendingPathComponent(place.url.lastPathComponent) : place.url
    Self.clear(target)
    url = Self.name(beside: target)
    do {
      try files.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      if isFolder { try files.createDirectory(at: url, withIntermediateDirectories: false) }
    } catch {
      throw AtomicOutput.ioError("write \(place.url.path)", error)
    }
    descriptor = open(
      url.path, isFolder ? O_RDONLY | O_CLOEXEC : O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let reason = POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO)
      throw AtomicOutput.ioError("write \(place.url.path)", reason)
    }
    flock(descriptor, LOCK_EX | LOCK_NB)
  }

  deinit {
    Self.remove(url)
    close(descriptor)
  }

  /// A new name beside `target`, which begins with a dot and is no longer than file names may be.
  static func name(beside target: URL) -> URL {
    let random = String(UInt64.random(in: 0 ... .max), radix: 16)
    return target.deletingLastPathComponent()
      .appendingPathComponent("\(prefix(of: target))\(random)\(suffix)")
  }

  private static func prefix(of target: URL) -> String {
    ".\(String(target.lastPathComponent.unicodeScalars.prefix(50)))."
  }

  /// Removes what runs left that ended before they could: nobody holds it, and it is not just made.
  private static func clear(_ target: URL) {
    let files = FileManager.default
    let folder = target.deletingLastPathComponent()
    let prefix = prefix(of: target)
    for name in (try? files.contentsOfDirectory(atPath: folder.path)) ?? [] {
      let middle = name.dropFirst(prefix.count).dropLast(suffix.count)
      guard name.hasPrefix(prefix), name.hasSuffix(suffix), !middle.isEmpty,
        middle.allSatisfy(\.isHexDigit)
      else { continue }
      let url = folder.appendingPathComponent(name)
      let opened = open(url.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
      guard opened >= 0 else { continue }
      defer { close(opened) }
      var status = stat()
      guard flock(opened, LOCK_EX | LOCK_NB) == 0, fstat(opened, &status) == 0,
        time(nil) - status.st_mtim.tv_sec > 60
      else { continue }
      remove(url)
    }
  }

  /// Removes a partial output and what SQLite keeps beside one.
  private static func remove(_ url: URL) {
    try? FileManager.default.removeItem(at: url)
    for name in ["-wal", "-shm", "-journal"] { unlink(url.path + name) }
  }
}

private let suffix = ".partial"
