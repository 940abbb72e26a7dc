import Basics
import Foundation

/// The files that may be shown: one study, or those that lie in a folder. A file is found by its name
/// among them and by nothing else, so that no request can name another.
public struct ServedStudies: Sendable {
  /// The folder; with one study, its own.
  let folder: URL
  /// The only file; nil: all studies of the folder.
  let only: String?

  /// What is at `path`: a study's file, or a folder.
  /// - Throws: kind `missing` where nothing is there, `usage` where it is neither.
  public init(_ path: String) throws(InputError) {
    let url = URL(fileURLWithPath: path)
    switch OutputPlace(path).occupant {
    case .folder:
      (folder, only) = (url, nil)
    case .file:
      (folder, only) = (url.deletingLastPathComponent(), url.lastPathComponent)
    case .nothing:
      throw InputError(
        .missing, asked: "serve \(path)", found: "nothing is there",
        hint: "give a study that tenbin sweep run writes, or a folder of them")
    case .stream, .other:
      throw InputError(
        .usage, asked: "serve \(path)", found: "neither a file nor a folder",
        hint: "give a study that tenbin sweep run writes, or a folder of them")
    }
  }

  private static let endings: Set = ["sqlite", "sqlite3", "db"]

  /// The names of the files that may be studies, sorted.
  func names() -> [String] {
    if let only { return [only] }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return all.filter { name in
      !name.hasPrefix(".") && Self.endings.contains(URL(fileURLWithPath: name).pathExtension)
        && isInside(name)
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The file of that name, byte for byte; nil where no such may be shown.
  func url(of name: String) -> URL? {
    guard names().contains(where: { $0.utf8.elementsEqual(name.utf8) }) else { return nil }
    return folder.appendingPathComponent(name)
  }

  /// Whether the file is one, and lies in the folder once links are followed.
  private func isInside(_ name: String) -> Bool {
    let url = folder.appendingPathComponent(name)
    guard case .file = OutputPlace(url.path).occupant else { return false }
    let root = folder.resolvingSymlinksInPath().path
    let file = url.resolvingSymlinksInPath().path
    return file.hasPrefix(root.hasSuffix("/") ? root : root + "/")
  }
}
