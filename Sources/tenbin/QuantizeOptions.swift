import ArgumentParser
import Basics
import Codecs
import Foundation
import GPTQ
import Model
import Sweep
import Tensor

/// The flags of `TrialConfig`, under its own names. What is not given is as the trial or the preset
/// has it, or as usual.
struct QuantizeOptions: ParsableArguments {
  @Option(help: "A published recipe, which other flags change: nejumi-int4 or nejumi-int8.")
  var preset: QuantizationPreset?

  @Option(help: "gptq, gptaq (makes up for the layers before, too), or rtn. (default: gptq)")
  var algorithm: QuantizeConfig.Algorithm?

  @Option(help: "Bits a weight: 2, 3, 4 or 8. (default: 4)")
  var bits: Int?

  @Option(
    parsing: .unconditional,
    help: "Columns that share a scale; -1 is the whole row. (default: 128)")
  var groupSize: Int?

  @Option(help: "Damping as a fraction of the mean diagonal of H. (default: 0.01)")
  var dampPercent: Double?

  @Flag(
    inversion: .prefixedNo, help: "Take columns in descending order of activation. (default: no)")
  var descAct: Bool?

  @Flag(
    inversion: .prefixedNo,
    help: "The same inside groups, which keeps g_idx trivial (GPTQModel's GAR). (default: no)")
  var actGroupAware: Bool?

  @Flag(
    inversion: .prefixedNo, help: "Fix every group's scale before the column loop. (default: no)")
  var staticGroups: Bool?

  @Flag(inversion: .prefixedNo, help: "A grid symmetric about zero. (default: yes)")
  var sym: Bool?

  @Option(help: "The type of the stored scales: f16, bf16 or f32. (default: f16)")
  var scalesDtype: FloatFormat?

  @Option(
    help: "Groups inside a block see stale (as every peer) or fresh weights. (default: stale)")
  var groupTiming: QuantizeConfig.GroupTiming?

  @Option(
    help:
      "auto: mend failed and worse-than-RTN solves; off: exactly the damp asked for. (default: auto)"
  )
  var rescue: QuantizeConfig.Rescue?

  @Option(
    help: """
      quantized: each layer sees the quantized ones before it; shared: the base's. (default: \
      quantized)
      """)
  var propagation: TrialConfig.Propagation?

  @Option(help: "exact, or autogptq-bf16 (AutoGPTQ 0.7's defect, for study). (default: exact)")
  var packer: Packer?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "Settings of the modules that a pattern matches, as GPTQModel has them; may be repeated, and the first match decides. '-:PATTERN={}' leaves modules as they are.",
      valueName: "PATTERN={json}"))
  var dynamic: [String] = []

  @Option(
    help:
      "The linears of a layer to quantize, such as self_attn.q_proj,mlp.down_proj. (default: all)",
    transform: { $0.split(separator: ",").map(String.init) })
  var modulesInBlockToQuantize: [String]?

  @Flag(help: "Quantize lm_head, too; refused where it is the embedding table.")
  var lmHead = false

  /// The settings of the flags that were given; the others are those of `trial`, of the preset, or
  /// the usual ones.
  func config(changing trial: TrialConfig? = nil) throws(InputError) -> TrialConfig {
    var config = trial ?? TrialConfig(quantize: preset?.config ?? QuantizeConfig())
    var quantize = config.quantize
    quantize.algorithm = algorithm ?? quantize.algorithm
    quantize.bits = bits ?? quantize.bits
    quantize.groupSize = groupSize ?? quantize.groupSize
    quantize.dampPercent = dampPercent ?? quantize.dampPercent
    quantize.descAct = descAct ?? quantize.descAct
    // Asking for one of the two orders takes back the other one.
    if actGroupAware == true, descAct == nil { quantize.descAct = false }
    if descAct == true, actGroupAware == nil { quantize.actGroupAware = false }
    quantize.actGroupAware = actGroupAware ?? quantize.actGroupAware
    quantize.staticGroups = staticGroups ?? quantize.staticGroups
    quantize.sym = sym ?? quantize.sym
    quantize.scalesDtype = scalesDtype ?? quantize.scalesDtype
    quantize.groupTiming = groupTiming ?? quantize.groupTiming
    quantize.rescue = rescue ?? quantize.rescue
    config.quantize = quantize
    config.propagation = propagation ?? trial?.propagation ?? .quantized
    config.packer = packer ?? config.packer
    config.quantizesHead = lmHead || config.quantizesHead
    if !dynamic.isEmpty { config.dynamic = try rules() }
    if let modulesInBlockToQuantize {
      config.modules = modulesInBlockToQuantize.map(LinearName.init(rawValue:))
    }
    try config.validate()
    return config
  }

  /// `--dynamic KEY={json}`: the key ends at the last `=` before a `{`, since patterns may hold both.
  private func rules() throws(InputError) -> DynamicRules {
    var members: [JSONMember] = []
    for text in dynamic {
      func wrong(_ found: String) -> InputError {
        InputError(
          .usage, asked: "--dynamic \(text)", found: found,
          hint: #"write --dynamic '+:.*\.down_proj={"bits":8}'"#)
      }
      guard let split = text.range(of: "={", options: .backwards) else {
        throw wrong("no = and JSON object behind the pattern")
      }
      let object = Array(text[split.lowerBound...].dropFirst().utf8)
      guard let value = try? JSONValue(parsing: object) else {
        throw wrong("text behind = that is no JSON object")
      }
      members.append(JSONMember(key: String(text[..<split.lowerBound]), value: value))
    }
    return try DynamicRules(.object(members), strict: true)
  }

  /// What of the recipe the calibration set does not keep.
  func warnings(for inputs: SweepInputs) -> [String] {
    guard let preset else { return [] }
    let longest = inputs.calibration.windows.map(\.count).max() ?? 0
    guard longest > preset.sequenceLength else { return [] }
    return [
      "the calibration set has samples of \(longest) tokens, the recipe \(preset.rawValue)"
        + " \(preset.sequenceLength) at most"
    ]
  }
}

extension QuantizationPreset: ExpressibleByArgument {}
extension QuantizeConfig.Algorithm: ExpressibleByArgument {}
extension QuantizeConfig.GroupTiming: ExpressibleByArgument {}
extension QuantizeConfig.Rescue: ExpressibleByArgument {}
extension FloatFormat: ExpressibleByArgument {}
extension TrialConfig.Propagation: ExpressibleByArgument {}
extension Packer: ExpressibleByArgument {}
extension CheckpointFormat: ExpressibleByArgument {}
