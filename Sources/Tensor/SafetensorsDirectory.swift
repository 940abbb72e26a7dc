import Basics
import Codecs
import Foundation

/// All tensors of a model folder: those of `model.safetensors`, as transformers 5 has it; where that
/// is not there, the shards named by the index (`model.safetensors.index.json`, or the only other
/// `*.safetensors.index.json`), or the only safetensors file.
public struct SafetensorsDirectory: Sendable {
  /// The folder.
  public let url: URL
  /// The files, in the order of their names.
  public let files: [SafetensorsFile]
  /// What is passed over in the folder and could have been meant, in a sentence each.
  public let notes: [String]
  private let fileOfTensor: [String: Int]

  /// Opens every file of `url` and checks that each tensor of the index is where it says.
  public init(_ url: URL) throws(InputError) {
    self.url = url
    let contents = try Self.contents(of: url)
    let index = Self.index(among: contents).map { url.appendingPathComponent($0) }
    var places: [String: String]?
    let names: [String]
    if contents.contains(Self.singleName) {
      names = [Self.singleName]
    } else if let index {
      let all = try Self.places(index)
      (places, names) = (all, Set(all.values).sorted())
    } else {
      names = [try Self.onlyFile(among: contents, of: url)]
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
        found: (lost.count == 1 ? "1 tensor that is" : "\(lost.count) tensors that are")
          + " not in the file its index names, such as \(first)",
        hint: "the index and the shards are of different downloads: get both again")
    }
    self.files = files
    self.fileOfTensor = fileOfTensor
    notes = places == nil ? Self.notes(passingOver: index, fileOfTensor) : []
  }

  /// What to say of an `index` beside model.safetensors that does not speak of the same tensors.
  private static func notes(passingOver index: URL?, _ held: [String: Int]) -> [String] {
    guard let index else { return [] }
    let places = try? self.places(index)
    let isTheSame = places?.allSatisfy { $0.value == singleName && held[$0.key] != nil } ?? false
    guard !isTheSame else { return [] }
    return [
      "\(index.path) names other tensors than \(singleName) beside it holds: \(singleName) is read,"
        + " as transformers does; GPTQModel reads the index. Remove the one that is not meant"
    ]
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

  /// The file that is read before any index.
  private static let singleName = "model.safetensors"

  /// The index of a folder, if it has one that can be meant.
  private static func index(among contents: [String]) -> String? {
    let suffix = ".safetensors.index.json"
    let all = contents.filter { $0.hasSuffix(suffix) && !$0.hasPrefix(".") }
    let usual = "model" + suffix
    return all.contains(usual) ? usual : all.count == 1 ? all[0] : nil
  }

  /// The file of each tensor, as the index says.
  private static func places(_ index: URL) throws(InputError) -> [String: String] {
    let members = try JSONValue(contentsOf: index, hint: "download the index again")["weight_map"]?
      .members
    guard let members, !members.isEmpty, members.allSatisfy({ $0.value.string != nil }) else {
      throw InputError(
        .badData, asked: "read \(index.path)", found: "no weight_map of names to files",
        hint: "download the index again")
    }
    let places = members.map { ($0.key, $0.value.string ?? "") }
    guard places.allSatisfy({ !$0.1.contains("/") && !$0.1.isEmpty }) else {
      throw InputError(
        .badData, asked: "read the weights of \(index.deletingLastPathComponent().path)",
        found: "an index that names files outside the folder",
        hint: "keep the shards beside their index")
    }
    return Dictionary(places) { $1 }
  }

  /// The file of a folder without an index: the only one.
  private static func onlyFile(
    among contents: [String], of url: URL
  ) throws(InputError) -> String {
    let candidates = contents.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
    guard candidates.count == 1 else {
      throw InputError(
        .missing, asked: "open the model \(url.path)",
        found: candidates.isEmpty
          ? "no safetensors file" : "\(candidates.count) safetensors files and no index",
        hint: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
    }
    return candidates[0]
  }

  private static func contents(of url: URL) throws(InputError) -> [String] {
    try InputFile.names(
      in: url, asked: "open the model \(url.path)",
      missing: "give a Hugging Face model folder: config.json, *.safetensors, tokenizer.json")
  }
}
