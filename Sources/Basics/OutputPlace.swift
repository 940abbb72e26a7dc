import Foundation

/// What a path of an output leads to, symbolic links followed: also one whose target is not there yet.
public struct OutputPlace: Sendable, Equatable {
  /// What stands at a path.
  public enum Occupant: Sendable, Equatable {
    /// Nothing.
    case nothing
    /// A regular file, with its permissions and whose it is.
    case file(mode: mode_t, owner: uid_t, group: gid_t)
    /// A folder.
    case folder
    /// A character device, a pipe: what is written to it is not kept under this name.
    case stream
    /// A block device, a socket: nothing that an output can be written to.
    case other(String)
  }

  /// The path at the end of all links.
  public let url: URL
  /// What stands there.
  public let occupant: Occupant

  /// Whether bytes are written into it as they are, and nothing is put in its place.
  public var isStream: Bool { occupant == .stream }

  /// Looks at `path`.
  public init(_ path: String) {
    var status = stat()
    let isThere = stat(path, &status) == 0
    let occupant: Occupant =
      switch isThere ? status.st_mode & S_IFMT : 0 {
      case 0: .nothing
      case S_IFREG:
        .file(mode: status.st_mode & 0o7777, owner: status.st_uid, group: status.st_gid)
      case S_IFDIR: .folder
      case S_IFCHR, S_IFIFO: .stream
      case S_IFBLK: .other("a block device")
      case S_IFSOCK: .other("a socket")
      default: .other("something that is no file")
      }
    self.occupant = occupant
    // A name such as /dev/stdout leads to a pipe that has none of its own.
    url = URL(fileURLWithPath: occupant == .stream ? path : Self.end(of: path))
  }

  /// Follows the links of the last part of `path`. As many as the kernel follows, so that a ring ends.
  private static func end(of path: String) -> String {
    var path = path
    for _ in 0..<40 {
      guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else {
        break
      }
      path =
        target.hasPrefix("/")
        ? target
        : URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(target).path
    }
    return path
  }
}
