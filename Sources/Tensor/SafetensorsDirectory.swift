import Basics
import Foundation

/// All tensors of a model folder: the shards named by its index (`model.safetensors.index.json`, or
/// the only other `*.safetensors.index.json`), or the single safetensors file.
public struct SafetensorsDirectory: Sendable {
  /// The folder.
  public let url: URL
  /// The files, in the order of their names.
  public let files: [SafetensorsFile]
  private let fileOfTensor: [String: Int]

  /// Opens every file of `url` and checks that each tensor of the index is where it says.
  public init(_ url: URL) throws(InputError) {
    self.url = url
    let places = try Self.places(in: url)
    let names: [String]
    if let places {
      names = Set(places.values).sorted()
    } else {
      names = [try Self.singleFile(in: url)]
    }
    var files: [SafetensorsFile] = []
    var fileOfTensor: [String: Int] = [:]
    for name in names {
      let file = try SafetensorsFile(url.appendingPathComponent(name))
      for tensor in file.entries.keys {
        guard fileOfTensor.updateValue(files.count, forKey: tensor) == nil else {
          throw InputError(
            .badData, asked: "open the model \(url.path)",
            found: "the tensor \(tensor) in two of its files",
            hint: "keep only the shards that model.safetensors.index.json names")
        }
      }
      files.append(file)
    }
    let lost = (places ?? [:]).filter { place in
      fileOfTensor[place.key].map { files[$0].url.lastPathComponent } != place.value
    }
    if let first = lost.keys.min() {
      throw InputError(
        .badData, asked: "open the model \(url.path)",
        found: "\(lost.count) tensors that are not in the file its index names, such as \(first)",
        hint: "the index and the shards are of different downloads: get both again")
    }
    self.files = files
    self.fileOfTensor = fileOfTensor
  }

  /// The names of all tensors, sorted.
  public var tensorNames: [String] { fileOfTensor.keys.sorted() }

  /// Bytes of all tensors.
  public var byteCount: Int {
    files.reduce(0) { $0 + $1.entries.values.reduce(0) { $0 + $1.range.count } }
  }

  /// Elements of all tensors.
  public var parameterCount: Int {
    files.reduce(0) { $0 + $1.entries.values.reduce(0) { $0 + $1.shape.reduce(1, *) } }
  }

  /// The file that holds `tensor`, if any does.
  public func file(of tensor: String) -> SafetensorsFile? {
    fileOfTensor[tensor].map { files[$0] }
  }

  private struct Index: Decodable {
    var weightMap: [String: String]
    enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
  }

  /// The file of each tensor, as the index says; nil where the folder has none.
  private static func places(in url: URL) throws(InputError) -> [String: String]? {
    let suffix = ".safetensors.index.json"
    let all = contents(of: url).filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
    let usual = "model" + suffix
    guard let name = all.contains(usual) ? usual : all.count == 1 ? all[0] : nil else { return nil }
    let index = url.appendingPathComponent(name)
    guard let data = try? Data(contentsOf: index),
      let places = try? JSONDecoder().decode(Index.self, from: data).weightMap, !places.isEmpty
    else {
      throw InputError(
        .badData, asked: "read \(index.path)", found: "no weight_map of names to files",
        hint: "download the index again")
    }
    guard places.values.allSatisfy({ !$0.contains("/") && !$0.isEmpty }) else {
      throw InputError(
        .badData, asked: "read the weights of \(url.path)",
        found: "an index that names files outside the folder",
        hint: "keep the shards beside their index")
    }
    return places
  }

  /// The file of a folder without an index: `model.safetensors`, or the only one.
  private static func singleFile(in url: URL) throws(InputError) -> String {
    let candidates = contents(of: url).filter {
      $0.hasSuffix(".safetensors") && !$0.hasPrefix(".")
    }
    if candidates.contains("model.safetensors") { return "model.safetensors" }
    guard candidates.count == 1 else {
      throw InputError(
        .missing, asked: "open the model \(url.path)",
        found: candidates.isEmpty
          ? "no safetensors file" : "\(candidates.count) safetensors files and no index",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    return candidates[0]
  }

  private static func contents(of url: URL) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }
}
