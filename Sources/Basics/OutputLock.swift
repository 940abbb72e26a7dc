import Foundation

/// One writer an output: a file beside it that is held by flock(2) and names its holder's process.
///
/// The kernel lets go of the lock when the process ends, however it ends: a file that nobody holds
/// is left over and is taken over.
public final class OutputLock: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Takes the lock `file` of what `asked` says is to be written, or says which process has it.
  public init(_ file: URL, asked: String, hint: String) throws(InputError) {
    path = file.path
    while true {
      let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard opened >= 0 else {
        throw InputError(
          .io, asked: asked, found: "\(path): \(String(cString: strerror(errno)))",
          hint: "choose a folder that is there and writable")
      }
      // A file of another program may have that name: Cargo.lock, poetry.lock.
      guard Self.isOurs(opened) else {
        close(opened)
        throw InputError(
          .usage, asked: asked, found: "\(path) is needed for a lock, and holds something else",
          hint: "move that file away, or write under another name")
      }
      if let reason = Self.take(opened) {
        let holder = Self.holder(path)
        close(opened)
        throw InputError(
          .io, asked: asked,
          found: reason == EWOULDBLOCK
            ? "process \(holder ?? "unknown") is writing it"
            : "\(path): \(String(cString: strerror(reason)))",
          hint: hint)
      }
      // Another process may have removed the file between open and flock.
      var mine = stat()
      var named = stat()
      if fstat(opened, &mine) == 0, stat(path, &named) == 0, mine.st_ino == named.st_ino {
        descriptor = opened
        break
      }
      close(opened)
    }
    // Who holds the lock is a courtesy: a full disk does not take the lock away.
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    try? handle.truncate(atOffset: 0)
    try? handle.write(contentsOf: Data("\(getpid())\n".utf8))
  }

  /// Takes the lock, or says why not. Who asks whether it is held has it for microseconds: that is
  /// waited for.
  private static func take(_ descriptor: Int32) -> Int32? {
    for attempt in 0..<5 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return nil }
      guard errno == EWOULDBLOCK, attempt < 4 else { break }
      usleep(5000)
    }
    return errno
  }

  /// Whether a process holds the lock `file` now.
  public static func isHeld(_ file: URL) -> Bool {
    let opened = open(file.path, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { return false }
    defer { close(opened) }
    return flock(opened, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  /// Whether the file holds nothing, or the number of a process.
  private static func isOurs(_ descriptor: Int32) -> Bool {
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count >= 0, count < bytes.count else { return false }
    return bytes[..<count].allSatisfy { $0 == UInt8(ascii: "\n") || (0x30...0x39).contains($0) }
  }

  deinit {
    unlink(path)
    close(descriptor)
  }

  /// The process that the file at `path` names.
  private static func holder(_ path: String) -> String? {
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }.map(String.init)
  }
}
