import Foundation

/// Files that are read whole: settings, configs, tokenizers, tables.
public enum InputFile {
  /// The bytes of the file at `url`.
  ///
  /// - Parameters:
  ///   - asked: the operation, which opens every error.
  ///   - hint: what to do where there is no such file.
  /// - Throws: kind `missing` for no such file, `badData` for a folder, `io` for a file that may not,
  ///   or cannot, be read.
  public static func data(
    _ url: URL, asked: String, missing hint: String
  ) throws(InputError) -> Data {
    let (handle, _) = try open(url, asked: asked, missing: hint)
    do {
      return try handle.readToEnd() ?? Data()
    } catch {
      throw unreadable(error, asked: asked)
    }
  }

  /// The file at `url`, open for reading, and its size in bytes.
  ///
  /// - Throws: as `data(_:asked:missing:)`.
  public static func open(
    _ url: URL, asked: String, missing hint: String
  ) throws(InputError) -> (handle: FileHandle, size: Int) {
    let descriptor = Foundation.open(url.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(errno, asked: asked, missing: hint) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw unreadable(errno, asked: asked, missing: hint)
    }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw unreadable(EISDIR, asked: asked, missing: hint)
    }
    return (handle, Int(status.st_size))
  }

  /// The bytes of the file at `url`; nil where there is no such file.
  public static func dataIfThere(_ url: URL, asked: String) throws(InputError) -> Data? {
    do {
      return try data(url, asked: asked, missing: "")
    } catch  where error.kind == .missing {
      return nil
    }
  }

  /// The text of the file at `url`, which is UTF-8; a byte order mark is no part of it.
  ///
  /// - Throws: as `data(_:asked:missing:)`, and what `TextDecoding` says of files that are no text.
  public static func text(
    _ url: URL, asked: String, missing hint: String
  ) throws(InputError) -> String {
    try TextDecoding.text(of: try data(url, asked: asked, missing: hint), asked: asked)
  }

  /// The names in the folder at `url`, sorted.
  ///
  /// - Throws: kind `missing` for no such folder, `badData` for a file, `io` for a folder that may
  ///   not be listed.
  public static func names(
    in url: URL, asked: String, missing hint: String
  ) throws(InputError) -> [String] {
    guard let folder = opendir(url.path) else {
      throw unreadable(errno, asked: asked, missing: hint)
    }
    closedir(folder)
    do {
      return try FileManager.default.contentsOfDirectory(atPath: url.path).sorted()
    } catch {
      throw unreadable(error, asked: asked)
    }
  }

  /// Why the system does not open something for reading, in three parts; `number` is its errno.
  public static func unreadable(
    _ number: Int32, asked: String, missing hint: String
  ) -> InputError {
    switch number {
    case ENOENT:
      InputError(.missing, asked: asked, found: "no such file or folder", hint: hint)
    case ENOTDIR:
      InputError(.badData, asked: asked, found: "a file where a folder should be", hint: hint)
    case EISDIR:
      InputError(
        .badData, asked: asked, found: "a folder where a file should be",
        hint: "name a file, or remove the folder")
    case EACCES, EPERM:
      InputError(
        .io, asked: asked, found: "permission denied",
        hint: "make the file and its folders readable for this user")
    default:
      InputError(
        .io, asked: asked, found: String(cString: strerror(number)),
        hint: "check the path and the disk, then run it again")
    }
  }

  /// The failure `error` of Foundation while something is read, by the system's own words.
  public static func unreadable(_ error: any Error, asked: String) -> InputError {
    let error = error as NSError
    let cause = error.userInfo[NSUnderlyingErrorKey] as? NSError ?? error
    return unreadable(
      cause.domain == NSPOSIXErrorDomain ? Int32(cause.code) : EIO, asked: asked,
      missing: "check the path")
  }
}
