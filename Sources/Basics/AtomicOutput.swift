import Foundation

/// Files and folders that appear whole or not at all: written under a temporary name beside the
/// final one, then renamed.
public enum AtomicOutput {
  /// The name under which `url` is being written; a run that dies leaves only this.
  public static func partialURL(for url: URL) -> URL {
    url.deletingLastPathComponent().appendingPathComponent(".\(url.lastPathComponent).partial")
  }

  /// Writes `bytes` to `url`, replacing what was there.
  public static func write(_ data: Data, to url: URL) throws(InputError) {
    let partial = partialURL(for: url)
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: partial)
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw ioError("write \(url.path)", error)
    }
    try publish(partial, as: url)
  }

  /// Writes `text` as UTF-8 to `url`, replacing what was there.
  public static func write(_ text: String, to url: URL) throws(InputError) {
    try write(Data(text.utf8), to: url)
  }

  /// Gives the finished `partial` its final name, replacing a file that was there.
  public static func publish(_ partial: URL, as url: URL) throws(InputError) {
    guard rename(partial.path, url.path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(at: partial)
      throw InputError(
        .io, asked: "rename the finished output to \(url.path)", found: reason,
        hint: "choose another --output, or remove what stands there")
    }
  }

  /// An I/O failure of `operation`, in three parts.
  public static func ioError(_ operation: String, _ error: any Error) -> InputError {
    // Foundation's own sentence names a number; the system's reason lies beneath.
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    let reason =
      cause.domain == NSPOSIXErrorDomain
      ? String(cString: strerror(Int32(cause.code))) : cause.localizedDescription
    return InputError(
      .io, asked: operation, found: reason,
      hint: "check that the folder exists, is writable and has free space")
  }
}
