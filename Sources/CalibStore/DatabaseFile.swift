import Basics
import Foundation
import GRDB

/// What is said of SQLite files that cannot be read or written.
public enum DatabaseFile {
  /// Refuses, before SQLite looks at it, a file that is no SQLite database.
  ///
  /// - Parameters:
  ///   - asked: the operation, which opens every error.
  ///   - hint: what to do where there is no such file, or another one.
  public static func check(_ url: URL, asked: String, hint: String) throws(InputError) {
    let (handle, size) = try InputFile.open(url, asked: asked, missing: hint)
    let head: Data
    do {
      head = try handle.read(upToCount: ForeignContent.headLength) ?? Data()
    } catch {
      throw InputFile.unreadable(error, asked: asked)
    }
    if head.starts(with: "SQLite format 3\0".utf8) { return }
    if let foreign = ForeignContent(head) { throw foreign.error(asked: asked) }
    throw InputError(
      .badData, asked: asked,
      found: size == 0 ? "an empty file" : "a file that SQLite did not write",
      hint: hint)
  }

  /// The failure `error` of an operation on a SQLite file, in three parts.
  public static func failure(_ error: any Error, asked: String) -> InputError {
    if let error = error as? InputError { return error }
    guard let error = error as? DatabaseError else {
      return InputError(
        .badData, asked: asked, found: "a row that this tenbin cannot read",
        hint: "read it with the version of tenbin that wrote it")
    }
    let message = error.message ?? error.resultCode.description
    switch error.resultCode {
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      return InputError(
        .badData, asked: asked, found: "a damaged SQLite file: \(message)",
        hint: "go back to a copy of it, or make it anew")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return InputError(
        .io, asked: asked, found: "another process is using it: \(message)",
        hint: "wait until that has ended")
    case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_AUTH:
      return InputError(
        .io, asked: asked, found: message,
        hint: "check the permissions of the file and of its folder")
    default:
      return InputError(
        .io, asked: asked, found: message,
        hint: "check free space and the disk; what was stored before is intact")
    }
  }
}
