import Foundation

/// Which state of a study's files one has seen: two that are equal hold the same. It takes two calls of
/// the file system, no lock, and no connection, which would keep a sweep from folding its log away.
public struct StudyStamp: Sendable, Equatable {
  private struct File: Equatable {
    var device: dev_t
    var number: ino_t
    var size: off_t
    var seconds: Int
    var nanoseconds: Int
  }

  private let files: [File?]

  /// The stamp of the study at `url` and of its log.
  public init(_ url: URL) {
    files = ["", "-wal"].map { end in
      var status = stat()
      guard stat(url.path + end, &status) == 0 else { return nil }
      return File(
        device: status.st_dev, number: status.st_ino, size: status.st_size,
        seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
  }

  /// Whether there is such a file.
  public var isThere: Bool { files[0] != nil }

  /// When it was last written, in seconds since 1970; nil where it is not there.
  public var modified: Double? {
    files.compactMap { $0.map { Double($0.seconds) + Double($0.nanoseconds) / 1e9 } }.max()
  }
}
