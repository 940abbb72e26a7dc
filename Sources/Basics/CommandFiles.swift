import Foundation

/// The files of one command. Where its outputs go is settled before it runs, so that no work is done
/// for a result that cannot be kept, and none takes the place of something else:
///
/// - never of a file that the command reads, under whatever name or link, nor of another output;
/// - never of a file of another kind, told from what is in it;
/// - of an earlier output only with `--force`, unless tenbin wrote it and makes it again in a moment
///   (pages, CSVs, model cards, traces);
/// - into a character device or a pipe it is written; at the end of a symbolic link it is replaced.
public struct CommandFiles: Sendable {
  /// Which file it is, under all its names.
  private struct Identity: Hashable {
    var device: dev_t
    var number: ino_t

    init?(_ path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      (device, number) = (status.st_dev, status.st_ino)
    }
  }

  private var inputs: [Identity: String] = [:]
  /// Files in folders that are read.
  private var members: [Identity: String] = [:]
  private var options: [String: String] = [:]
  private let force: Bool

  /// A command that reads `inputs`, files and folders, as far as they are there, and was given `--force`
  /// or not.
  public init(reads inputs: [String?], force: Bool) {
    self.force = force
    for path in inputs { if let path { read(path) } }
  }

  /// Adds an input.
  public mutating func read(_ path: String) {
    guard let identity = Identity(path) else { return }
    inputs[identity] = path
    for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
      let member = "\(path)/\(name)"
      if let identity = Identity(member) { members[identity] = member }
    }
  }

  /// Settles where the output goes that `option` names.
  /// - Parameters:
  ///   - path: as the user gave it.
  ///   - kind: what is written.
  ///   - continues: whether the command goes on with what an earlier run wrote there.
  /// - Returns: where it is written, symbolic links followed.
  public mutating func output(
    _ path: String, _ kind: OutputKind, option: String = "--output", continues: Bool = false
  ) throws(InputError) -> URL {
    let place = OutputPlace(path)
    let refusal = Refusal(path: path, kind: kind, option: option)
    guard !place.isStream else {
      if kind.isStreamed { return place.url }
      throw refusal.error("a device or a pipe stands there")
    }
    if let input = input(at: path, kind) { throw refusal.error("this command reads \(input)") }
    let name = place.url.standardizedFileURL.path
    if let other = options.updateValue(option, forKey: name) {
      throw refusal.error("\(other) goes there, too")
    }
    try checkFolder(above: place.url, refusal)
    if let found = try occupant(of: place, kind, refusal), !force, !continues {
      throw refusal.error("\(found) stands there", hint: "--force replaces it; or ")
    }
    return place.url
  }

  /// The input that `path` leads to.
  private func input(at path: String, _ kind: OutputKind) -> String? {
    guard let identity = Identity(path) else { return nil }
    return inputs[identity] ?? (kind.isDocument ? nil : members[identity])
  }

  /// What stands at `place` that only `--force` replaces; nil where nothing would be lost.
  private func occupant(
    of place: OutputPlace, _ kind: OutputKind, _ refusal: Refusal
  ) throws(InputError) -> String? {
    let description: String
    switch place.occupant {
    case .nothing, .stream: return nil
    case .other(let what): throw refusal.error("\(what) stands there")
    case .folder:
      guard kind.isFolder else { throw refusal.error("a folder stands there") }
      let content = try CheckpointContent(of: place.url)
      if content.isEmpty { return nil }
      if content.isCheckpoint { return content.description }
      description = content.description
    case .file:
      guard access(place.url.path, W_OK) == 0 else {
        throw refusal.error("a file that may not be written to", .io)
      }
      let content = try FileContent(of: place.url)
      if content.isEmpty, !kind.isFolder { return nil }
      if content.kind == kind {
        guard content.isOurs else { return "\(content.description) of another program" }
        return kind.isRemade ? nil : content.description
      }
      description = content.description
    }
    throw refusal.error("\(description) stands there", hint: "remove it, or ")
  }

  /// The folder of `url`, or the next one above it that is there, takes new files.
  private func checkFolder(above url: URL, _ refusal: Refusal) throws(InputError) {
    var folder = url.deletingLastPathComponent().standardizedFileURL
    while OutputPlace(folder.path).occupant == .nothing, folder.path.count > 1 {
      folder.deleteLastPathComponent()
    }
    guard OutputPlace(folder.path).occupant == .folder else {
      throw refusal.error("\(folder.path) is not a folder")
    }
    guard access(folder.path, W_OK | X_OK) == 0 else {
      throw refusal.error("\(folder.path): \(String(cString: strerror(errno)))", .io)
    }
  }
}

/// Why an output cannot go where it was to go.
private struct Refusal {
  let path: String
  let kind: OutputKind
  let option: String

  func error(_ found: String, _ family: InputError.Kind = .usage, hint: String = "") -> InputError {
    InputError(
      family, asked: "write \(kind.rawValue) to \(path)", found: found,
      hint: "\(hint)give another \(option)")
  }
}
