import Basics
import Codecs
import Foundation

/// What one JSON object says of a quantization: quantize_config.json, or `quantization_config` of
/// config.json. Keys that other tools name otherwise are read under their names, too. A wrong type is
/// an error; nil is what the object does not say.
public struct StatedSettings: Sendable {
  /// How zero points are stored, as far as it is said.
  enum ZeroConvention: Sendable, Equatable {
    case stated(CheckpointFormat)
    /// What is said decides nothing: the tensors do, and where they cannot, `otherwise`.
    case open(String, otherwise: CheckpointFormat?)
  }

  /// The name of the file it stands in.
  public let file: String
  /// The object itself.
  public let object: JSONValue
  /// Bits per weight.
  public private(set) var bits: Int?
  /// Columns a group; −1 is the whole row.
  public private(set) var groupSize: Int?
  /// Whether zeros are the middle code.
  public private(set) var sym: Bool?
  /// Whether columns were taken by descending diag H.
  public private(set) var descAct: Bool?
  /// How zeros are stored.
  private(set) var zeros: ZeroConvention?
  /// Settings of single modules, by patterns.
  public private(set) var dynamic = DynamicRules()
  /// Settings of single modules, by their names.
  private(set) var modules: [String: ModuleSetting] = [:]
  /// The linears of a layer that are quantized; nil is all of them.
  public private(set) var modulesInBlock: [String]?
  /// Whether auto-round wrote it.
  public let isAutoRound: Bool
  /// Whether lm_head is quantized.
  public private(set) var quantizesHead: Bool?
  /// How the codes were chosen.
  public private(set) var solver = SolverSettings()

  /// What says how codes were chosen, and nothing of how they are stored.
  public struct SolverSettings: Sendable, Equatable {
    /// λ / mean(diag H), a fraction.
    public var dampPercent: Double?
    /// Whether all scales were fixed before the column loop.
    public var staticGroups: Bool?
    /// Whether columns were ordered inside groups.
    public var actGroupAware: Bool?
    /// Whether it was GPTAQ.
    public var isGPTAQ: Bool?

    /// Says nothing.
    public init() {}

    /// These settings, and those of `other` where these say nothing.
    func completed(by other: SolverSettings) -> SolverSettings {
      var result = self
      result.dampPercent = dampPercent ?? other.dampPercent
      result.staticGroups = staticGroups ?? other.staticGroups
      result.actGroupAware = actGroupAware ?? other.actGroupAware
      result.isGPTAQ = isGPTAQ ?? other.isGPTAQ
      return result
    }
  }

  /// Reads the text of a settings file that errors call `name`: the object itself, or a config.json
  /// that holds it.
  public init(text: Data, name: String) throws(InputError) {
    let root = try JSONValue(text: text, name: name, hint: SettingsReader.fileHint)
    try self.init(root["quantization_config"] ?? root, path: name)
  }

  /// Reads `object`, which stands in the file `path`. What is not GPTQ's is refused by its name.
  init(_ object: JSONValue, path: String) throws(InputError) {
    let reader = try SettingsReader(object, path: path)
    file = URL(fileURLWithPath: path).lastPathComponent
    self.object = object
    let dialect = try SettingsDialect(reader)
    // Its exports in AutoGPTQ's format call themselves gptq.
    isAutoRound = dialect == .autoRound || object["autoround_version"] != nil
    bits = try reader.bits()
    groupSize = try reader.groupSize()
    sym = try reader.flag("sym")
    descAct = try reader.flag("desc_act", "actorder", "act_order")
    zeros = try dialect.zeros(reader)
    quantizesHead = try reader.flag("lm_head")
    modulesInBlock = try reader.modulesInBlock()
    (dynamic, modules) = try reader.moduleSettings()
    let meta = try reader.nested("meta")
    solver = try reader.solver()
    if let meta { solver = solver.completed(by: try meta.solver()) }
    let words = try reader.string("pack_dtype") ?? "int32"
    guard words.hasSuffix("int32") else {
      throw reader.refused("pack_dtype \"\(words)\", where tenbin reads int32")
    }
    guard bits != nil || !modules.isEmpty else { throw reader.refused("no bits") }
  }
}

extension StatedSettings {
  /// All that is said of single modules, as rules.
  public var rules: DynamicRules { dynamic.preceded(by: modules) }
}

/// What is said of one module by its name.
enum ModuleSetting: Sendable, Equatable {
  case leftOut
  case changed(QuantizeOverrides)
}
