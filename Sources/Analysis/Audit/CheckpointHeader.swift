import Basics
import Foundation
import GPTQ
import Model
import Tensor

/// What can be said of a checkpoint from its JSON files and headers, before a tensor is read.
public struct CheckpointHeader: Sendable, Codable, Equatable {
  /// Bits a weight.
  public let bits: Int
  /// Columns a group; −1 is the whole row.
  public let groupSize: Int
  /// Whether columns are said to have been taken by activation.
  public let descAct: Bool
  /// Whether grids are said to be symmetric.
  public let sym: Bool
  /// `gptq` (v1) or `gptq_v2`.
  public let checkpointFormat: String
  /// The element types of the scales, and how many modules have each.
  public let scalesDtypes: [String: Int]
  /// Quantized linears.
  public let quantizedModules: Int
  /// Safetensors files.
  public let files: Int
  /// Bytes of all tensors.
  public let tensorBytes: Int

  enum CodingKeys: String, CodingKey {
    case bits, sym, files
    case groupSize = "group_size"
    case descAct = "desc_act"
    case checkpointFormat = "checkpoint_format"
    case scalesDtypes = "scales_dtypes"
    case quantizedModules = "quantized_modules"
    case tensorBytes = "tensor_bytes"
  }

  init(_ reader: GPTQCheckpointReader) {
    bits = reader.config.bits
    groupSize = reader.config.groupSize
    descAct = reader.config.descAct
    sym = reader.config.sym
    checkpointFormat = reader.config.format.rawValue
    let modules = reader.quantizedModules
    var types: [String: Int] = [:]
    for module in modules {
      let name = module + ".scales"
      let type = reader.tensors.file(of: name)?.entries[name]?.dtype ?? "missing"
      types[type, default: 0] += 1
    }
    scalesDtypes = types
    quantizedModules = modules.count
    files = reader.tensors.files.count
    tensorBytes = reader.tensors.byteCount
  }
}

/// The files of a checkpoint folder, looked at one by one, so that one that is damaged is a finding
/// and not the end.
enum CheckpointFiles {
  /// What is wrong with the files of `url`; empty where all of them open and hold what the index says.
  static func findings(_ url: URL) throws(InputError) -> [AuditFinding] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
    guard !names.isEmpty else {
      throw InputError(
        .missing, asked: "audit \(url.path)", found: "no such folder, or an empty one",
        hint: "give the folder of a GPTQ checkpoint: config.json and *.safetensors")
    }
    let index = url.appendingPathComponent("model.safetensors.index.json")
    var expected: [String: String] = [:]
    if let data = try? Data(contentsOf: index) {
      let object = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
      expected = object?["weight_map"] as? [String: String] ?? [:]
    }
    let present = names.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
    var findings: [AuditFinding] = []
    var held: [String: Set<String>] = [:]
    for name in Set(expected.values).union(expected.isEmpty ? present : []).sorted() {
      do {
        let file = try SafetensorsFile(url.appendingPathComponent(name))
        held[name] = Set(file.entries.keys)
      } catch {
        findings.append(
          AuditFinding(
            .damagedFile, .defective, evidence: "\(name): \(error.found)",
            cost: "the checkpoint cannot be loaded", remedy: "download \(name) again"))
      }
    }
    guard findings.isEmpty else { return findings }
    let missing = expected.filter { held[$0.value]?.contains($0.key) != true }.map(\.key).sorted()
    if let first = missing.first {
      findings.append(
        AuditFinding(
          .missingTensor, .defective,
          evidence:
            "\(missing.count) tensors of the index are not in their files, such as \(first)",
          cost: "the checkpoint cannot be loaded", remedy: "download the shards and the index again"
        ))
    }
    return findings
  }
}

/// Checks of names, shapes and settings.
struct HeaderChecks {
  private let reader: GPTQCheckpointReader
  private let url: URL

  init(_ reader: GPTQCheckpointReader, _ url: URL) {
    self.reader = reader
    self.url = url
  }

  /// What they found, and the modules whose shapes fit together.
  func run() -> (findings: [AuditFinding], modules: [String]) {
    var findings = settings() + tensorLists()
    var sound: [String] = []
    var problems: [(name: String, what: String)] = []
    let model = try? ModelConfig(directory: url)
    for module in reader.quantizedModules {
      if let what = shapeProblem(module, model) {
        problems.append((module, what))
      } else {
        sound.append(module)
      }
    }
    if let first = problems.first {
      findings.append(
        AuditFinding(
          .wrongShape, .defective,
          evidence:
            "\(problems.count) modules do not fit their settings; \(first.name): \(first.what)",
          modules: problems.map(\.name), cost: "the checkpoint cannot be loaded",
          remedy: "check bits and group_size in quantize_config.json, or download it again"))
    }
    return (findings + loaders(sound), sound)
  }

  /// Whether config.json and quantize_config.json say the same.
  private func settings() -> [AuditFinding] {
    let configs = ["quantize_config.json", "config.json"].compactMap { name in
      let file = url.appendingPathComponent(name)
      return (try? Data(contentsOf: file)).flatMap {
        try? QuantizationConfigFile(parsing: $0, of: file)
      }
    }
    guard configs.count == 2, configs[0] != configs[1] else { return [] }
    return [
      AuditFinding(
        .contradictoryConfig, .defective,
        evidence:
          "quantize_config.json and config.json differ in bits, group_size, sym, desc_act or"
          + " checkpoint_format",
        cost: "transformers and vLLM read one, GPTQModel the other",
        remedy: "make quantization_config of config.json equal to quantize_config.json")
    ]
  }

  /// Quantized linears in part, or twice; decoder linears that are not there at all.
  private func tensorLists() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let modules = reader.quantizedModules
    let incomplete = modules.filter { module in
      [".qzeros", ".scales"].contains { reader.tensors.file(of: module + $0) == nil }
    }
    let absent = (try? ModelConfig(directory: url)).map(absentTensors) ?? []
    let missing = incomplete + absent
    if let first = missing.first {
      findings.append(
        AuditFinding(
          .missingTensor, .defective,
          evidence: "\(missing.count) modules lack tensors, such as \(first)", modules: missing,
          cost: "the checkpoint cannot be loaded", remedy: "download it again: a shard is missing"))
    }
    let double = modules.filter { reader.tensors.file(of: $0 + ".weight") != nil }
    if !double.isEmpty {
      findings.append(
        AuditFinding(
          .extraTensor, .suspect,
          evidence: "\(double.count) quantized modules also have an unquantized weight",
          modules: double, cost: "loaders differ in which of the two they take",
          remedy: "remove the tensor that is not meant"))
    }
    if modules.isEmpty {
      findings.append(
        AuditFinding(
          .missingTensor, .defective, evidence: "no quantized module at all",
          cost: "nothing to audit: this is not a GPTQ checkpoint",
          remedy: "give the folder of a GPTQ checkpoint"))
    }
    return findings
  }

  private func absentTensors(_ model: ModelConfig) -> [String] {
    (0..<model.layers).flatMap { layer in
      LinearModule.allCases.map { $0.tensorPrefix(layer: layer) }
    }.filter { !reader.isQuantized($0) && reader.tensors.file(of: $0 + ".weight") == nil }
  }

  /// What does not fit together among the tensors of `module`; nil where all does.
  private func shapeProblem(_ module: String, _ model: ModelConfig?) -> String? {
    func shape(_ part: String) -> [Int]? {
      reader.tensors.file(of: module + part)?.entries[module + part]?.shape
    }
    guard let weight = shape(".qweight"), let scales = shape(".scales"),
      let zeros = shape(".qzeros")
    else { return "tensors are missing" }
    guard weight.count == 2, scales.count == 2, zeros.count == 2 else {
      return "tensors that are not two-dimensional"
    }
    let (bits, inputs, groupSize): (Int, Int, Int)
    do throws(InputError) {
      (bits, inputs) = (try reader.bits(of: module), try reader.shape(of: module)[1])
      let settings = try reader.settings(of: module)
      groupSize = settings.groupSize
      // tenbin can read it all the same; other loaders cannot.
      guard bits == settings.bits else {
        return "\(bits) bits by the shapes of qweight and g_idx, \(settings.bits) by the settings"
      }
    } catch {
      return error.found
    }
    let out = weight[1]
    if let decoder = model, let expected = Self.expectedShape(module, decoder),
      expected != [out, inputs]
    {
      return "\(out) x \(inputs), where config.json says \(expected[0]) x \(expected[1])"
    }
    let size = groupSize == -1 ? max(inputs, 1) : groupSize
    let groups = (inputs + size - 1) / size
    guard scales == [groups, out] else {
      return
        "scales \(scales), where group_size \(groupSize) gives [\(groups), \(out)]"
    }
    let words = PackedCodes.wordCount(out, bits: bits)
    guard zeros == [groups, words] else {
      return "qzeros \(zeros), where [\(groups), \(words)] is expected"
    }
    return nil
  }

  private static func expectedShape(_ module: String, _ model: ModelConfig) -> [Int]? {
    LinearModule.allCases.first { module.hasSuffix("." + $0.rawValue) }.map {
      let shape = model.shape(of: $0)
      return [shape.rows, shape.columns]
    }
  }

  /// Which loaders will refuse the checkpoint, and why.
  private func loaders(_ modules: [String]) -> [AuditFinding] {
    let config = reader.config
    var refusals: [String] = []
    if !config.sym, config.format == .v1 {
      refusals.append("GPTQModel refuses sym: false in checkpoint_format gptq of other writers")
    }
    if !config.sym || ![4, 8].contains(config.bits) {
      refusals.append("vLLM's Marlin kernels take symmetric 4 and 8 bits only")
    } else if ![-1, 32, 64, 128].contains(config.groupSize) {
      refusals.append("vLLM's Marlin kernels take group_size -1, 32, 64 and 128 only")
    }
    let odd = modules.filter { module in
      let name = module + ".qweight"
      guard let shape = reader.tensors.file(of: name)?.entries[name]?.shape else { return false }
      let inputs = shape[0] * 32 / config.bits
      return inputs % 128 != 0 || shape[1] % 64 != 0
    }
    if !odd.isEmpty {
      refusals.append(
        "Marlin takes in_features in multiples of 128 and out_features of 64: not \(odd.count)"
          + " modules")
    }
    return refusals.map {
      AuditFinding(
        .loaderRefusal, .note, evidence: $0, cost: "slower kernels, or none in that loader",
        remedy: "nothing, if that loader is not yours")
    }
  }
}
