import Basics
import Foundation

/// One writer a study: a file `STUDY.lock` that is held by flock(2) and names its holder's process.
///
/// The kernel lets go of the lock when the process ends, however it ends: a file that nobody holds
/// is left over and is taken over.
final class StudyLock: Sendable {
  private let descriptor: Int32
  private let path: String

  /// Takes the lock of the study at `url`, or says who has it.
  init(_ url: URL) throws(InputError) {
    path = url.path + ".lock"
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard file >= 0 else {
        throw InputError(
          .io, asked: "write the study \(url.path)",
          found: "\(path): \(String(cString: strerror(errno)))",
          hint: "give a --study in a folder that is there and writable")
      }
      if flock(file, LOCK_EX | LOCK_NB) != 0 {
        let reason = errno
        let holder = Self.holder(path)
        close(file)
        throw InputError(
          .io, asked: "write the study \(url.path)",
          found: reason == EWOULDBLOCK
            ? "process \(holder ?? "unknown") is writing it"
            : "\(path): \(String(cString: strerror(reason)))",
          hint: "wait for it, or give another --study; reading commands work meanwhile")
      }
      // Another process may have removed the file between open and flock.
      var mine = stat()
      var named = stat()
      if fstat(file, &mine) == 0, stat(path, &named) == 0, mine.st_ino == named.st_ino {
        descriptor = file
        break
      }
      close(file)
    }
    // Who holds the lock is a courtesy: a full disk does not take the lock away.
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    try? handle.truncate(atOffset: 0)
    try? handle.write(contentsOf: Data("\(getpid())\n".utf8))
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
