import Basics
import GPTQ
import Model

/// What a trial is: the quantization, and how the sweep runs it.
public struct TrialConfig: Sendable, Hashable {
  /// Whose activations a trial is solved on. The usual value is that of every other tool, whichever
  /// command makes the trial: what a sweep has measured, `quantize` writes under the same settings.
  public enum Propagation: String, Sendable, Codable, CaseIterable {
    /// The base model's: one calibration pass serves every trial.
    case shared
    /// Those of the trial's own quantized layers, as every other tool does.
    case quantized
  }

  /// How each linear is quantized, unless `dynamic` says otherwise.
  public var quantize: QuantizeConfig
  /// Settings of single modules.
  public var dynamic = DynamicRules()
  /// The linears of a layer that are quantized, in the order of their names; nil is all of them.
  public var modules: [LinearName]? {
    didSet { modules = Self.sorted(modules) }
  }
  /// Whether lm_head is quantized, too, with a Hessian of its own.
  public var quantizesHead = false
  /// Whose activations the trial is solved on.
  public var propagation = Propagation.quantized
  /// The linears of a layer whose weights do not make up for the error of the layers before.
  public var propagationSkip: [LinearName]? {
    didSet { propagationSkip = Self.sorted(propagationSkip) }
  }
  /// How codes reach the file.
  public var packer = Packer.exact
  /// What the Hessians of experts are measured on.
  public var expertCalibration = ExpertCalibration.routed
  /// Calibration tokens below which `fallback` does not rely on those of an expert alone.
  public var expertMinTokens = 64

  /// A trial of `quantize`, everything else being as usual.
  public init(quantize: QuantizeConfig) {
    self.quantize = quantize
  }

  /// A trial with the usual settings.
  public init() {
    self.init(quantize: QuantizeConfig())
  }

  /// Two lists of the same linears are the same setting.
  private static func sorted(_ names: [LinearName]?) -> [LinearName]? {
    names.map { Set($0).sorted { $0.rawValue < $1.rawValue } }
  }

  /// What the linear `name` of `layer` is quantized with; nil where it stays as it is.
  public func quantize(for layer: Int, _ name: LinearName) -> QuantizeConfig? {
    if let modules, !modules.contains(name) { return nil }
    var config = dynamic.config(for: name.tensorPrefix(layer: layer), from: quantize)
    if propagationSkip?.contains(where: name.isCalled) == true { config?.errorPropagation = 0 }
    return config
  }

  /// What lm_head is quantized with; nil where it stays as it is.
  public var quantizeHead: QuantizeConfig? {
    quantizesHead ? dynamic.config(for: DecoderHead.module, from: quantize) : nil
  }

  /// Refuses settings with which nothing can be quantized, or that mean nothing together.
  public func validate() throws(InputError) {
    for setting in Self.settings { try setting.validate(self) }
    try quantize.validate()
    try dynamic.validate(with: quantize)
    guard quantize.algorithm != .gptaq || propagation == .quantized else {
      throw InputError(
        .usage, asked: "algorithm gptaq with propagation shared",
        found: "on the base model's own activations gptaq has nothing to make up for: it is gptq",
        hint: "set propagation quantized, or algorithm gptq")
    }
    guard quantize.errorPropagation == 0 || propagation == .quantized else {
      throw InputError(
        .usage,
        asked: "error_propagation \(quantize.errorPropagation.settingText) with propagation shared",
        found: "on the base model's own activations there is no error of earlier layers",
        hint: "set propagation quantized, or error_propagation 0")
    }
  }
}

extension ModelConfig {
  /// Refuses settings that name linears which no layer of this model has.
  public func check(_ config: TrialConfig) throws(InputError) {
    guard config.modules?.isEmpty != true else {
      throw InputError(
        .usage, asked: "modules_in_block_to_quantize", found: "an empty list: nothing is quantized",
        hint: "name linears such as self_attn.q_proj,mlp.down_proj, or leave it out for all")
    }
    let known = linearNames
    for name in config.propagationSkip ?? [] where !known.contains(where: { $0.isCalled(name) }) {
      throw InputError(
        .usage, asked: "error_propagation_skip \(name.rawValue)", found: "no such linear",
        hint: "a decoder layer has \(linearKinds.joined(separator: ", "))")
    }
    for name in config.modules ?? [] where !known.contains(name) {
      throw InputError(
        .usage, asked: "modules_in_block_to_quantize \(name.rawValue)", found: "no such linear",
        hint: "a decoder layer has \(linearKinds.joined(separator: ", "))")
    }
  }
}

extension LinearName {
  /// Whether `name` is this one, or the last part of it: `down_proj` for `mlp.down_proj`.
  fileprivate func isCalled(_ name: LinearName) -> Bool {
    self == name || rawValue.hasSuffix("." + name.rawValue)
  }
}
