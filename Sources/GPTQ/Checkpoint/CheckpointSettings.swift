import Basics
import Codecs

/// What a checkpoint says of itself in `quantization_config`.
public struct CheckpointSettings: Sendable {
  /// How linears are quantized, unless `dynamic` says otherwise.
  public var quantize: QuantizeConfig
  /// Settings of single modules.
  public var dynamic: DynamicRules
  /// The linears of a layer that are quantized, those of one stage together; nil is all of them.
  public var modulesInBlock: [[String]]?
  /// The linears of the model that `modulesInBlock` leaves out, any number for a `*`:
  /// `model.layers.*.mlp.experts.*.up_proj`.
  public var modulesLeftOut: [String]
  /// Whether lm_head is among the quantized linears.
  public var quantizesHead: Bool
  /// How codes and zeros are stored; nil takes gptq_p where some codes have 5, 6 or 7 bits, else v1
  /// where every grid is symmetric, which every loader reads, and v2 elsewhere.
  public var format: CheckpointFormat?

  /// The settings of a checkpoint whose linears are all quantized alike, unless more is given.
  public init(
    quantize: QuantizeConfig, dynamic: DynamicRules = DynamicRules(),
    modulesInBlock: [[String]]? = nil, modulesLeftOut: [String] = [], quantizesHead: Bool = false,
    format: CheckpointFormat? = nil
  ) {
    self.quantize = quantize
    self.dynamic = dynamic
    self.modulesInBlock = modulesInBlock
    self.modulesLeftOut = modulesLeftOut
    self.quantizesHead = quantizesHead
    self.format = format
  }

  /// The format to write, given whether every quantized linear is symmetric. Refuses one that cannot
  /// hold them.
  func resolvedFormat(isSymmetric: Bool) throws(InputError) -> CheckpointFormat {
    let planar = bits.filter { QuantizeConfig.planarBits.contains($0) }
    let format = format ?? (planar.isEmpty ? isSymmetric ? .v1 : .v2 : .planar)
    if let bits = planar.first, format != .planar {
      throw InputError(
        .usage, asked: "\(bits) bits in checkpoint_format \(format.rawValue)",
        found: "it holds 2, 3, 4 and 8 bits",
        hint: "leave checkpoint_format out: it becomes gptq_p, which GPTQModel reads")
    }
    guard isSymmetric || format != .v1 else {
      throw InputError(
        .usage, asked: "an asymmetric checkpoint in checkpoint_format gptq",
        found: "it stores zero - 1, which wraps where a zero point is 0; GPTQModel refuses it",
        hint: "use checkpoint_format gptq_v2, or sym")
    }
    return format
  }

  /// Bits of the checkpoint, and of every rule of `dynamic` that says some.
  private var bits: [Int] {
    [quantize.bits] + dynamic.rules.filter { !$0.excludes }.compactMap(\.overrides.bits)
  }

  /// The object that loaders read: the keys of AutoGPTQ, of optimum and of GPTQModel. A damp of 0,
  /// which loaders refuse, is left out (`tenbin.json` has it).
  func quantizationConfig(_ format: CheckpointFormat) -> JSONValue {
    var meta: [JSONMember] = [
      .init(key: "quantizer", value: .array([.string("tenbin:\(ToolVersion.current)")]))
    ]
    var object: [JSONMember] = [
      .init(key: "quant_method", value: .string("gptq")),
      .init(key: "method", value: .string("gptq")),
      .init(key: "checkpoint_format", value: .string(format.rawValue)),
      .init(key: "format", value: .string(format.rawValue)),
      .init(key: "pack_dtype", value: .string("int32")),
    ]
    let sequential = JSONMember(key: "true_sequential", value: .bool(true))
    object += [.init(key: "lm_head", value: .bool(quantizesHead)), sequential]
    meta.append(sequential)
    for setting in QuantizeConfig.settings where setting.stored != .nowhere {
      if setting.key == "damp_percent", quantize.dampPercent <= 0 { continue }
      let member = JSONMember(key: setting.key, value: setting.value(quantize))
      object.append(member)
      if setting.stored == .topAndMeta { meta.append(member) }
    }
    if quantize.algorithm == .gptaq {
      let alpha = JSONMember(key: "alpha", value: .number(FactoredHessian.alpha))
      meta.append(.init(key: "gptaq", value: .object([alpha])))
    }
    let rules = self.rules
    if !rules.isEmpty { object.append(.init(key: "dynamic", value: rules.json)) }
    if let modulesInBlock {
      let lists = modulesInBlock.map { JSONValue.array($0.map { .string($0) }) }
      object.append(.init(key: "modules_in_block_to_quantize", value: .array(lists)))
    }
    object.append(.init(key: "meta", value: .object(meta)))
    return .object(object)
  }

  /// What a reader makes of `quantizationConfig`.
  func readBack(_ format: CheckpointFormat) -> QuantizationConfigFile {
    QuantizationConfigFile(
      bits: quantize.bits, groupSize: quantize.groupSize, sym: quantize.sym,
      descAct: quantize.descAct, format: format, dynamic: rules)
  }

  private var rules: DynamicRules { exclusions.followed(by: dynamic) }

  /// Rules for `modulesLeftOut`, for loaders that know only `dynamic`. They come first, as the list
  /// decides first.
  private var exclusions: DynamicRules {
    let rules = modulesLeftOut.map { name in
      let parts = name.split(separator: ".").map { $0 == "*" ? #"\d+"# : $0 }
      return DynamicRules.Rule(
        key: "-:" + parts.joined(separator: #"\."#) + "$")
    }
    // Patterns of our own can be read.
    return (try? DynamicRules(rules)) ?? DynamicRules()
  }
}
