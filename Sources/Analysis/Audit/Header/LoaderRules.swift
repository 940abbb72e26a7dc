import Foundation
import GPTQ
import Tensor

/// What one loader will make of a checkpoint, by the rules of its own source.
public struct LoaderReport: Sendable, Codable, Equatable {
  /// The loader.
  public let loader: String
  /// Whether nothing in settings and shapes makes it refuse.
  public let loads: Bool
  /// Why it refuses.
  public let refusals: [AuditSentence]
  /// What else to know: slower kernels, settings that it passes over.
  public let remarks: [AuditSentence]
  /// Where its rules stand.
  public let source: String

  init(_ loader: String, refusals: [AuditSentence], remarks: [AuditSentence], source: String) {
    self.loader = loader
    loads = refusals.isEmpty
    self.refusals = refusals
    self.remarks = remarks
    self.source = source
  }

  /// A note for a loader that refuses.
  var finding: AuditFinding? {
    guard !loads else { return nil }
    return AuditFinding(
      .loaderRefusal, .note, evidence: .loaders(.refuses, loader, AuditSentence(refusals)),
      cost: .loaders(.refusesCost), remedy: .loaders(.refusesRemedy))
  }
}

/// The rules of transformers, GPTQModel and vLLM, as far as settings, names and shapes decide.
struct LoaderRules {
  private let settings: LoaderSettings
  private let families: LoaderFamilies
  private let modules: [(name: String, out: Int, inputs: Int, settings: QuantizationConfigFile)]

  /// Group sizes that GPTQModel's portable kernel takes.
  private static let gptqModelGroups = [-1, 16, 32, 64, 128, 256, 512, 1024]
  /// Group sizes that Marlin takes.
  private static let marlinGroups = [-1, 32, 64, 128]

  init(_ reader: GPTQCheckpointReader, _ checkpoint: URL, modules names: [String]) {
    settings = LoaderSettings(reader.files)
    families = LoaderFamilies(checkpoint, modules: names)
    modules = names.compactMap { name in
      guard let shape = try? reader.shape(of: name), let own = try? reader.moduleSettings(name)
      else { return nil }
      return (name, shape[0], shape[1], own)
    }
  }

  func reports() -> [LoaderReport] { [transformers, gptqModel, marlin, exllama] }

  private var transformers: LoaderReport {
    let object = settings.transformers
    var refusals: [AuditSentence] = []
    if settings.modelConfig == nil {
      refusals.append(.loaders(.noQuantizationConfig))
    }
    // auto-round's own files go to its own loader.
    if !["gptq", "auto-round"].contains(object.string("quant_method")?.lowercased()) {
      refusals.append(.loaders(.otherMethod, object.file))
    }
    refusals += ranges(object, bits: [2, 3, 4, 8]) + groupSizes(Self.gptqModelGroups)
    refusals += planar() + indivisible() + families.refusals + families.experts
    if let name = object.string("dataset"), !["wikitext2", "c4", "c4-new"].contains(name) {
      refusals.append(.loaders(.unknownDataset, name))
    }
    let mixed = modules.filter { $0.settings.bits != modules[0].settings.bits }
    if !mixed.isEmpty
      || modules.contains(where: { $0.settings.groupSize != modules[0].settings.groupSize })
    {
      refusals.append(.loaders(.mixedModules))
    }
    var remarks = families.remarks
    if object.has("dynamic") { remarks.append(.loaders(.dynamicPassedOver)) }
    return LoaderReport(
      "transformers", refusals: refusals, remarks: remarks,
      source: """
        transformers 5 utils/quantization_config.py GPTQConfig.post_init, optimum 2.3 \
        gptq/quantizer.py
        """)
  }

  private var gptqModel: LoaderReport {
    let object = settings.gptqModel
    var refusals: [AuditSentence] = ranges(object, bits: QuantizeConfig.allowedBits)
    refusals += groupSizes(Self.gptqModelGroups) + indivisible() + families.refusals
    if object.flag("sym") == false, object.format == "gptq", !object.isFromGPTQModel {
      refusals.append(
        .loaders(.symFalse))
    }
    var remarks = families.remarks
    if !object.has("sym") { remarks.append(.loaders(.symNotGiven)) }
    return LoaderReport(
      "GPTQModel", refusals: refusals, remarks: remarks,
      source: "GPTQModel 7.7 models/loader.py, quantization/config.py, nn_modules/qlinear/torch.py")
  }

  private var marlin: LoaderReport {
    let object = settings.transformers
    var refusals: [AuditSentence] = ["bits", "group_size", "desc_act", "sym"].filter {
      !object.has($0)
    }.map {
      .loaders(.notGiven, $0, object.file)
    }
    if modules.contains(where: { !$0.settings.sym || ![4, 8].contains($0.settings.bits) }) {
      refusals.append(.loaders(.symmetricOnly))
    }
    refusals += groupSizes(Self.marlinGroups)
    refusals += indivisible()
    var remarks: [AuditSentence] = []
    let narrow = modules.count { $0.inputs % 128 != 0 || $0.out % 64 != 0 }
    if narrow > 0 {
      remarks.append(
        .loaders(.slowerKernel, narrow))
    }
    remarks.append(.loaders(.zerosPassedOver))
    if object.flag("desc_act") == false {
      remarks.append(.loaders(.groupIndexPassedOver))
    }
    return LoaderReport(
      "vLLM (Marlin)", refusals: refusals, remarks: remarks,
      source: "vLLM layers/quantization/auto_gptq.py, utils/marlin_utils.py")
  }

  private var exllama: LoaderReport {
    let object = settings.transformers
    var refusals: [AuditSentence] = ["bits", "group_size", "desc_act"].filter { !object.has($0) }
      .map {
        .loaders(.notGiven, $0, object.file)
      }
    refusals += planar() + indivisible()
    var remarks: [AuditSentence] = [
      .loaders(.goneFromReleases)
    ]
    if object.format == "gptq_v2" {
      remarks.append(.loaders(.zerosReadAsOneMore))
    }
    return LoaderReport(
      "vLLM (gptq)", refusals: refusals, remarks: remarks,
      source: "vLLM layers/quantization/gptq.py")
  }

  /// Values that transformers and GPTQModel insist on, each with the `bits` that it takes.
  private func ranges(_ object: LoaderSettings.Object, bits allowed: [Int]) -> [AuditSentence] {
    var refusals: [AuditSentence] = []
    if let bits = object.integer("bits") {
      if !allowed.contains(bits) { refusals.append(.loaders(.otherBits, bits)) }
    } else {
      refusals.append(.loaders(.bitsNotGiven, object.file))
    }
    if let damp = object.number("damp_percent"), damp <= 0 || damp >= 1 {
      refusals.append(.loaders(.dampOutOfRange, damp))
    }
    return refusals
  }

  /// Codes in planes, which only GPTQModel reads.
  private func planar() -> [AuditSentence] {
    modules.contains { $0.settings.format.layout(bits: $0.settings.bits) == .planes }
      ? [.loaders(.codesInPlanes)] : []
  }

  private func groupSizes(_ allowed: [Int]) -> [AuditSentence] {
    let other = Set(modules.map(\.settings.groupSize)).subtracting(allowed).sorted()
    guard !other.isEmpty else { return [] }
    return [
      .loaders(
        .otherGroupSize, other.map(String.init).joined(separator: ", "),
        allowed.map(String.init).joined(separator: ", "))
    ]
  }

  private func indivisible() -> [AuditSentence] {
    let odd = modules.filter {
      $0.settings.groupSize > 0 && $0.inputs % $0.settings.groupSize != 0
    }
    guard let first = odd.first else { return [] }
    return [.loaders(.indivisible, odd.count, first.name)]
  }
}
