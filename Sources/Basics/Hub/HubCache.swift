import Foundation

/// Finds repositories of the Hugging Face Hub in the cache of its own tools, by name. tenbin opens no
/// connection: what is not there is an error with the line that downloads it.
///
/// The cache: a folder `models--org--name` or `datasets--org--name` a repository, in it `refs/REVISION`
/// with a commit's hash, and `snapshots/COMMIT` with the files
/// (huggingface.co/docs/huggingface_hub/guides/manage-cache).
public struct HubCache: Sendable {
  /// The folder of the repositories.
  public let root: URL

  /// The cache that `environment` names: HF_HUB_CACHE, or `hub` in HF_HOME, in XDG_CACHE_HOME/huggingface,
  /// in ~/.cache/huggingface.
  public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
    func folder(_ name: String) -> String? {
      guard let value = environment[name], !value.isEmpty else { return nil }
      guard value == "~" || value.hasPrefix("~/"), let home = environment["HOME"] else {
        return value
      }
      return home + value.dropFirst()
    }
    let home =
      folder("HF_HOME") ?? folder("XDG_CACHE_HOME").map { "\($0)/huggingface" }
      ?? "\(environment["HOME"] ?? NSHomeDirectory())/.cache/huggingface"
    root = URL(
      fileURLWithPath: folder("HF_HUB_CACHE") ?? folder("HUGGINGFACE_HUB_CACHE") ?? "\(home)/hub")
  }

  /// The model folder that `text` means: a path, or else a name on the Hub.
  /// - Parameter files: what has to be in the folder; a shard that its index lists has to be, too.
  /// - Throws: kind `missing` where neither is there, or where the download is not complete.
  public func model(
    _ text: String, needs files: [String] = ["config.json"]
  ) throws(InputError) -> URL {
    guard !exists(text), let name = HubName(text), name.path == nil,
      text.contains("/") || isCached(name, .model)
    else { return URL(fileURLWithPath: text) }
    let snapshot = try snapshot(name, .model)
    let needed = files + (files.contains("config.json") ? shards(in: snapshot) : [])
    if let absent = needed.first(where: { !exists(snapshot.appendingPathComponent($0).path) }) {
      throw InputError(
        .missing, asked: "read the model \(name)",
        found: "no \(absent) in the Hugging Face cache: \(snapshot.path)",
        hint: "download the rest: \(name.download(.model))")
    }
    return snapshot
  }

  /// The model folder that `text` means as a name that other machines find, too: a path as it is, a name
  /// on the Hub as `org/name@commit`.
  public func modelName(_ text: String, needs files: [String]) throws(InputError) -> String {
    guard !exists(text), let snapshot = HubSnapshot(try model(text, needs: files)) else {
      return text
    }
    return "\(snapshot.repository)@\(snapshot.commit)"
  }

  /// The files that the dataset `text` consists of, each as `org/name@commit/path`; nil where `text` is a
  /// path, or no name of a dataset.
  ///
  /// Parquet files, else JSONL ones, else texts; of several splits the one that is called `train`.
  public func dataset(_ text: String) throws(InputError) -> [String]? {
    guard !exists(text), let name = HubName(text), name.path == nil,
      isCached(name, .dataset) || text.contains("/") && !hasDataEnding(text)
    else { return nil }
    let snapshot = try snapshot(name, .dataset)
    let all = (FileManager.default.subpaths(atPath: snapshot.path) ?? []).sorted()
    let readable = Self.endings.lazy.map { endings in
      all.filter { path in endings.contains { path.lowercased().hasSuffix($0) } }
    }.first { !$0.isEmpty }
    guard let readable else {
      throw InputError(
        .missing, asked: "read the dataset \(name)",
        found: "no Parquet, JSONL or text file among \(all.count) in \(snapshot.path)",
        hint: "download them: \(name.download(.dataset))")
    }
    let train = readable.filter { $0.lowercased().contains("train") }
    return (train.isEmpty ? readable : train).map {
      "\(name.repository)@\(snapshot.lastPathComponent)/\($0)"
    }
  }

  /// The file or folder that `text` means: a path, or `org/name@commit` and a path in it.
  public func url(of text: String, _ kind: HubName.Kind = .dataset) -> URL {
    guard !exists(text), let name = HubName(text), let commit = name.revision,
      HubName.isCommit(commit)
    else { return URL(fileURLWithPath: text) }
    let folder = folder(name, kind).appendingPathComponent("snapshots/\(commit)")
    return name.path.map(folder.appendingPathComponent) ?? folder
  }

  /// Endings of data files, the kinds in the order in which they are looked for.
  private static let endings: [[String]] = [[".parquet"], [".jsonl", ".ndjson"], [".txt"]].map {
    $0.flatMap { ending in ["", ".gz", ".bz2", ".zst"].map { ending + $0 } }
  }

  private func hasDataEnding(_ text: String) -> Bool {
    ([".json", ".xml"] + Self.endings.joined()).contains { text.lowercased().contains($0) }
  }

  private func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  private func folder(_ name: HubName, _ kind: HubName.Kind) -> URL {
    root.appendingPathComponent("\(kind.rawValue)s--" + name.repository.replacing("/", with: "--"))
  }

  private func isCached(_ name: HubName, _ kind: HubName.Kind) -> Bool {
    exists(folder(name, kind).path)
  }

  /// The snapshot of the revision that `name` asks for.
  private func snapshot(_ name: HubName, _ kind: HubName.Kind) throws(InputError) -> URL {
    let asked = "find the \(kind.rawValue) \(name)"
    guard isCached(name, kind) else {
      throw InputError(
        .missing, asked: asked,
        found: "no such folder, and nothing of that name in the Hugging Face cache \(root.path)",
        hint: "check the path, or download it: \(name.download(kind))")
    }
    let folder = folder(name, kind)
    let revision = name.revision ?? "main"
    let reference = try? String(
      contentsOf: folder.appendingPathComponent("refs/\(revision)"), encoding: .utf8)
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appendingPathComponent("snapshots").path)
    let commits = (names ?? []).filter(HubName.isCommit).sorted()
    let wanted = reference?.trimmingCharacters(in: .whitespacesAndNewlines) ?? revision
    let fitting = commits.filter { $0 == wanted || wanted.count >= 7 && $0.hasPrefix(wanted) }
    guard fitting.count == 1, let commit = fitting.first else {
      let there = commits.map { $0.prefix(12) }.joined(separator: ", ")
      throw InputError(
        .missing, asked: asked,
        found: "no revision \(revision) in the Hugging Face cache; it has "
          + (commits.isEmpty ? "none" : there),
        hint: "download it: \(name.download(kind))"
          + (commits.first.map { "; or write \(name.repository)@\($0.prefix(12))" } ?? ""))
    }
    return folder.appendingPathComponent("snapshots/\(commit)")
  }

  /// The shards that the index in `snapshot` lists.
  private func shards(in snapshot: URL) -> [String] {
    struct Index: Decodable {
      var weight_map: [String: String]
    }
    let index = snapshot.appendingPathComponent("model.safetensors.index.json")
    guard let data = try? Data(contentsOf: index),
      let map = try? JSONDecoder().decode(Index.self, from: data)
    else { return [] }
    return Set(map.weight_map.values).sorted()
  }
}
