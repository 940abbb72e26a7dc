import Basics
import Foundation

/// Bytes that are read piece by piece.
public protocol ByteStream: AnyObject {
  /// The next piece; empty at the end.
  func next() throws(InputError) -> [UInt8]
}

extension ByteStream {
  /// All bytes that are left, of a file that errors call `name`; more than 256 MB is an error.
  public func all(of name: String) throws(InputError) -> [UInt8] {
    var bytes = [UInt8]()
    while true {
      let piece = try next()
      if piece.isEmpty { return bytes }
      bytes += piece
      guard bytes.count <= 1 << 28 else {
        throw InputError(
          .badData, asked: "read \(name) as one text", found: "more than 256 MB",
          hint: "write it as JSONL, one document a line")
      }
    }
  }
}

/// The bytes of a file, hashed as they are read.
public final class FileByteStream: ByteStream {
  /// The file's name in errors.
  public let name: String
  /// Bytes handed out so far.
  public private(set) var byteCount = 0
  /// True once the end of the file was seen.
  public private(set) var isAtEnd = false

  private let handle: FileHandle
  private var hash: SHA256? = SHA256()
  private static let pieceSize = 1 << 18

  /// Opens the file at `url`, which errors call `name`.
  public init(_ url: URL, name: String) throws(InputError) {
    self.name = name
    (handle, _) = try InputFile.open(
      url, asked: "read \(name)",
      missing: "check the path; relative paths start at the current folder")
  }

  deinit {
    try? handle.close()
  }

  /// The next 256 kB.
  public func next() throws(InputError) -> [UInt8] {
    let data: Data?
    do {
      data = try handle.read(upToCount: Self.pieceSize)
    } catch {
      throw InputFile.unreadable(error, asked: "read \(name)")
    }
    let bytes = Array(data ?? Data())
    if bytes.isEmpty { isAtEnd = true }
    hash?.update(bytes)
    byteCount += bytes.count
    return bytes
  }

  /// SHA-256 of the bytes handed out; may be asked for once.
  public func hexDigest() -> String? {
    hash.take()?.hexDigest()
  }
}
