import Basics
import Foundation
import GPTQ
import Model
import Tensor

/// Checks of names, shapes and settings.
struct HeaderChecks {
  private let reader: GPTQCheckpointReader
  private let model: ModelConfig?

  init(_ reader: GPTQCheckpointReader, _ url: URL) {
    self.reader = reader
    model = try? ModelConfig(directory: url)
  }

  /// What they found, and the modules whose shapes fit together.
  func run() -> (findings: [AuditFinding], modules: [String]) {
    var findings = settings() + tensorLists() + strays() + droppedBiases() + unquantized()
    var sound: [String] = []
    var problems: [(name: String, what: AuditSentence)] = []
    for module in reader.quantizedModules {
      if let what = shapeProblem(module) {
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
            .files(.doNotFit, problems.count, first.name, first.what),
          modules: problems.map(\.name), cost: .shared(.cannotBeLoaded),
          remedy: .files(.doNotFitRemedy)))
    }
    return (findings, sound)
  }

  /// Whether config.json and quantize_config.json say the same, and index and weights belong together.
  private func settings() -> [AuditFinding] {
    let contradictions = reader.contradictions.map {
      AuditFinding(
        .contradictoryConfig, .defective, evidence: AuditSentence(verbatim: $0),
        cost: .files(.twoConfigsCost),
        remedy: .files(.twoConfigsRemedy))
    }
    let indices = reader.tensors.notes.map {
      AuditFinding(
        .contradictoryConfig, .suspect, evidence: AuditSentence(verbatim: $0),
        cost: .files(.twoIndicesCost),
        remedy: .files(.twoIndicesRemedy))
    }
    return contradictions + indices
  }

  /// Quantized linears in part, or twice; decoder linears that are not there at all.
  private func tensorLists() -> [AuditFinding] {
    var findings: [AuditFinding] = []
    let modules = reader.quantizedModules
    let incomplete = modules.filter { module in
      [".qzeros", ".scales"].contains { reader.tensors.file(of: module + $0) == nil }
    }
    let missing = incomplete + (model?.tensorsMissing(from: reader) ?? [])
    if let first = missing.first {
      findings.append(
        AuditFinding(
          .missingTensor, .defective,
          evidence: .files(.incomplete, missing.count, first),
          modules: missing,
          cost: .shared(.cannotBeLoaded), remedy: .files(.incompleteRemedy)))
    }
    let double = modules.filter { reader.tensors.file(of: $0 + ".weight") != nil }
    if !double.isEmpty {
      findings.append(
        AuditFinding(
          .extraTensor, .suspect,
          evidence: .files(.alsoUnquantized, double.count),
          modules: double, cost: .files(.alsoUnquantizedCost),
          remedy: .files(.alsoUnquantizedRemedy)))
    }
    if modules.isEmpty {
      findings.append(
        AuditFinding(
          .missingTensor, .defective, evidence: .files(.nothingQuantized),
          cost: .files(.nothingQuantizedCost),
          remedy: .files(.nothingQuantizedRemedy)))
    }
    return findings
  }

  /// Tensors that no part of the model would read.
  private func strays() -> [AuditFinding] {
    guard let model else { return [] }
    let known = model.tensorNames
    let names = reader.tensors.tensorNames.filter {
      !known.contains($0) && !model.mayRead($0) && !isPart($0)
    }
    guard let first = names.first else { return [] }
    let beyond = Set(names.compactMap(Self.layer)).filter { $0 >= model.layers }
    if let last = beyond.max() {
      return [
        AuditFinding(
          .contradictoryConfig, .defective,
          evidence: .files(.layersBeyond, model.layers, last), modules: names,
          cost: .files(.layersBeyondCost),
          remedy: .files(.layersBeyondRemedy))
      ]
    }
    return [
      AuditFinding(
        .extraTensor, .note,
        evidence: .files(.unknownTensors, names.count, model.modelType, first), modules: names,
        cost: .files(.unknownTensorsCost),
        remedy: .files(.unknownTensorsRemedy))
    ]
  }

  /// Biases that are not zero of linears that have none by config.json.
  private func droppedBiases() -> [AuditFinding] {
    guard let model else { return [] }
    let names = reader.quantizedModules.filter { module in
      guard let linear = model.linear(at: module), !linear.hasBias,
        let bias = try? reader.tensors.vector(module + ".bias")
      else { return false }
      return bias.contains { $0 != 0 }
    }.map { $0 + ".bias" }
    guard let first = names.first else { return [] }
    return [
      AuditFinding(
        .contradictoryConfig, .defective,
        evidence: .files(.droppedBiases, names.count, first), modules: names,
        cost: .files(.droppedBiasesCost),
        remedy: .files(.droppedBiasesRemedy))
    ]
  }

  /// The layer whose tensor `name` is.
  private static func layer(_ name: String) -> Int? {
    let parts = name.split(separator: ".")
    guard parts.count > 3, parts[0] == "model", parts[1] == "layers" else { return nil }
    return Int(parts[2])
  }

  /// Whether `name` is one of the tensors of a quantized module.
  private func isPart(_ name: String) -> Bool {
    [".qweight", ".qzeros", ".scales", ".g_idx", ".bias"].contains { part in
      name.hasSuffix(part) && reader.isQuantized(String(name.dropLast(part.count)))
    }
  }

  /// Decoder linears left as they are though the settings do not say so.
  private func unquantized() -> [AuditFinding] {
    guard let model, !reader.quantizedModules.isEmpty else { return [] }
    let settings = LoaderSettings(reader.files).transformers
    let listed = settings.modulesInBlock
    let left = model.linearPrefixes.filter { name in
      !reader.isQuantized(name) && reader.tensors.contains(name + ".weight")
        && (listed.map { $0.contains { name.hasSuffix("." + $0) } } ?? true)
        && !reader.config.leavesOut(name)
    }
    guard let first = left.first else { return [] }
    return [
      AuditFinding(
        .contradictoryConfig, .suspect,
        evidence:
          .files(.unlisted, left.count, first), modules: left,
        cost: .files(.unlistedCost),
        remedy:
          .files(.unlistedRemedy))
    ]
  }

  /// What does not fit together among the tensors of `module`; nil where all does.
  private func shapeProblem(_ module: String) -> AuditSentence? {
    func shape(_ part: String) -> [Int]? {
      reader.tensors.file(of: module + part)?.entries[module + part]?.shape
    }
    guard let weight = shape(".qweight"), let scales = shape(".scales"),
      let zeros = shape(".qzeros")
    else { return .files(.partsMissing) }
    guard weight.count == 2, scales.count == 2, zeros.count == 2 else {
      return .files(.notTwoDimensional)
    }
    let (settings, inputs): (QuantizationConfigFile, Int)
    do throws(InputError) {
      (settings, inputs) = (try reader.settings(of: module), try reader.shape(of: module)[1])
      let bits = try reader.bits(of: module)
      // tenbin can read it all the same; other loaders cannot.
      guard bits == settings.bits else {
        return .files(.otherBits, bits, settings.bits)
      }
    } catch {
      return AuditSentence(verbatim: error.found)
    }
    let out = weight[1]
    if let expected = model?.linear(at: module),
      (expected.rows, expected.columns) != (out, inputs)
    {
      return .files(.otherShape, out, inputs, expected.rows, expected.columns)
    }
    let size = settings.groupSize == -1 ? max(inputs, 1) : settings.groupSize
    let groups = (inputs + size - 1) / size
    guard scales == [groups, out] else {
      return
        .files(.otherScales, scales, settings.groupSize, groups, out)
    }
    let words = PackedCodes.wordCount(out, bits: settings.bits)
    guard zeros == [groups, words] else {
      return .files(.otherZeros, zeros, groups, words)
    }
    return nil
  }
}

extension GPTQCheckpointReader {
  /// The settings of one module, with the bits that its shapes tell.
  func moduleSettings(_ module: String) throws(InputError) -> QuantizationConfigFile {
    var settings = try settings(of: module)
    settings.bits = try bits(of: module)
    return settings
  }
}

extension ModelConfig {
  /// Names of tensors that the model needs and `reader` has in no form.
  fileprivate func tensorsMissing(from reader: GPTQCheckpointReader) -> [String] {
    let quantized = Set(linearPrefixes.filter(reader.isQuantized).map { $0 + ".weight" })
    let needed = tensorNames.subtracting(quantized).filter { !reader.tensors.contains($0) }
      .sorted()
    guard !tiesEmbeddings, !reader.isQuantized("lm_head"),
      !reader.tensors.contains("lm_head.weight")
    else { return needed }
    return needed + ["lm_head.weight"]
  }

  /// Whether a loader takes a tensor of this name, beside those of the model itself.
  fileprivate func mayRead(_ name: String) -> Bool {
    let inside = name.split(separator: ".").dropFirst(3).joined(separator: ".")
    return name == "lm_head.weight" || name.hasSuffix("rotary_emb.inv_freq")
      // Zero biases, which some packers write where the model has none.
      || linearNames.contains { inside == $0.rawValue + ".bias" }
  }
}
