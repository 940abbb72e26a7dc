import Foundation

/// Files and folders that appear whole or not at all: written under a temporary name beside the
/// final one, then renamed. A symbolic link stays and its target is replaced, a file keeps its mode,
/// and into a device or a pipe the bytes are written as they are.
public enum AtomicOutput {
  /// The one name under which `url` is being written by a run that others go on with. Whoever uses it
  /// holds an `OutputLock`.
  public static func partialURL(for url: URL) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).partial")
  }

  /// Writes `data` to `url`, replacing what was there.
  public static func write(_ data: Data, to url: URL) throws(InputError) {
    let place = OutputPlace(url.path)
    guard !place.isStream else { return try stream(data, into: place) }
    try replace(url) { try data.write(to: $0) }
  }

  /// Writes `text` as UTF-8 to `url`, replacing what was there.
  public static func write(_ text: String, to url: URL) throws(InputError) {
    try write(Data(text.utf8), to: url)
  }

  /// Lets `body` write a file, whose temporary name it is given and which is empty so far, and puts it
  /// in the place of `url`. Runs that write one output do not meet: the last one to finish stays.
  public static func replace(_ url: URL, _ body: (URL) throws -> Void) throws(InputError) {
    let place = OutputPlace(url.path)
    let partial = try PartialOutput(of: place)
    do {
      try body(partial.url)
    } catch {
      throw error as? InputError ?? ioError("write \(url.path)", error)
    }
    guard !place.isStream else {
      let data: Data
      do {
        data = try Data(contentsOf: partial.url)
      } catch {
        throw ioError("read \(partial.url.path) again", error)
      }
      return try stream(data, into: place)
    }
    try publish(partial.url, as: url)
  }

  /// Lets `body` fill a folder, whose temporary name it is given, and gives it the name `url`, where
  /// nothing stands, an empty folder, or with `replacing` a folder that goes.
  public static func replaceFolder(
    _ url: URL, replacing: Bool = false, _ body: (URL) throws -> Void
  ) throws(InputError) {
    let partial = try PartialOutput(of: OutputPlace(url.path), isFolder: true)
    do {
      try body(partial.url)
    } catch {
      throw error as? InputError ?? ioError("write \(url.path)", error)
    }
    try publish(partial.url, as: url, replacing: replacing)
  }

  /// Gives the finished `partial` its final name. A file takes the place of a file that was there, and
  /// its mode; a folder that of an empty one or, with `replacing`, of any.
  public static func publish(
    _ partial: URL, as url: URL, replacing: Bool = false
  ) throws(InputError) {
    let place = OutputPlace(url.path)
    var old: URL?
    switch place.occupant {
    case .file(let mode, let owner, let group):
      // Only root may give files away; whose it is decides nothing about what is in it.
      _ = chown(partial.path, owner, group)
      chmod(partial.path, mode)
    case .folder where replacing:
      let aside = PartialOutput.name(beside: place.url)
      if rename(place.url.path, aside.path) == 0 { old = aside }
    default: break
    }
    guard rename(partial.path, place.url.path) == 0 else {
      let reason = String(cString: strerror(errno))
      if let old { _ = rename(old.path, place.url.path) }
      try? FileManager.default.removeItem(at: partial)
      throw InputError(
        .io, asked: "rename the finished output to \(url.path)", found: reason,
        hint: "choose another --output, or remove what stands there")
    }
    if let old { try? FileManager.default.removeItem(at: old) }
  }

  /// Writes into what is open at the other end, or a device.
  private static func stream(_ data: Data, into place: OutputPlace) throws(InputError) {
    do {
      let descriptor = open(place.url.path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
      guard descriptor >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try handle.write(contentsOf: data)
      try handle.close()
    } catch {
      throw ioError("write \(place.url.path)", error)
    }
  }

  /// An I/O failure of `operation`, in three parts.
  public static func ioError(_ operation: String, _ error: any Error) -> InputError {
    // Foundation's own sentence names a number; the system's reason lies beneath.
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    // Where nothing does, the number stands for one.
    let reasons = [
      4: ENOENT, 260: ENOENT, 257: EACCES, 513: EACCES, 516: EEXIST, 640: ENOSPC, 642: EROFS,
    ]
    let number =
      cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : reasons[cause.code] ?? EIO
    return InputError(
      .io, asked: operation, found: String(cString: strerror(number)),
      hint: "check that the folder exists, is writable and has free space")
  }
}
