import Basics
import Foundation

/// All tensors of a model folder: the shards named by `model.safetensors.index.json`, or the single
/// safetensors file.
public struct SafetensorsDirectory: Sendable {
  /// The folder.
  public let url: URL
  /// The files, in the order of their names.
  public let files: [SafetensorsFile]
  private let fileOfTensor: [String: Int]

  /// Opens every file of `url` and checks that each tensor of the index is where it says.
  public init(_ url: URL) throws(InputError) {
    self.url = url
    let names = try Self.fileNames(in: url)
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

  private static func fileNames(in url: URL) throws(InputError) -> [String] {
    let index = url.appendingPathComponent("model.safetensors.index.json")
    if let data = try? Data(contentsOf: index) {
      guard let index = try? JSONDecoder().decode(Index.self, from: data) else {
        throw InputError(
          .badData, asked: "read \(index.path)", found: "no weight_map of names to files",
          hint: "download the index again")
      }
      let names = Set(index.weightMap.values).sorted()
      guard names.allSatisfy({ !$0.contains("/") && !$0.isEmpty }) else {
        throw InputError(
          .badData, asked: "read the weights of \(url.path)",
          found: "an index that names files outside the folder",
          hint: "keep the shards beside their index")
      }
      return names
    }
    let all = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    let candidates = all.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }.sorted()
    if candidates.contains("model.safetensors") { return ["model.safetensors"] }
    guard candidates.count == 1 else {
      throw InputError(
        .missing, asked: "open the model \(url.path)",
        found: candidates.isEmpty
          ? "no safetensors file" : "\(candidates.count) safetensors files and no index",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    return candidates
  }
}
