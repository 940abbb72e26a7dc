import Basics

/// The settings by which the tensors of a checkpoint are read: what its files say, and where they say
/// nothing or contradict each other, what the tensors say.
public struct QuantizationConfigFile: Sendable, Equatable {
  /// Bits per weight.
  public var bits: Int
  /// Columns a group; −1 is the whole row.
  public var groupSize: Int
  /// Whether zeros are the middle code.
  public var sym: Bool
  /// Whether columns were taken by descending diag H.
  public var descAct: Bool
  /// How zeros are stored.
  public var format: CheckpointFormat
  /// Settings of single modules, by patterns.
  public var dynamic = DynamicRules()
  /// Settings of single modules, by their names; they go before patterns.
  var modules: [String: ModuleSetting] = [:]

  /// The settings of a checkpoint whose modules are alike, or as `dynamic` says.
  init(
    bits: Int, groupSize: Int, sym: Bool, descAct: Bool, format: CheckpointFormat,
    dynamic: DynamicRules = DynamicRules(), modules: [String: ModuleSetting] = [:]
  ) {
    self.bits = bits
    self.groupSize = groupSize
    self.sym = sym
    self.descAct = descAct
    self.format = format
    self.dynamic = dynamic
    self.modules = modules
  }

  /// The settings of the module `name`, such as `model.layers.0.mlp.up_proj`: those of the whole
  /// checkpoint with what is said of the module.
  public func settings(of name: String) -> QuantizationConfigFile {
    guard let overrides = overrides(of: name) else { return self }
    var settings = self
    var config = QuantizeConfig()
    (config.bits, config.groupSize, config.sym, config.descAct) = (bits, groupSize, sym, descAct)
    config = overrides.applied(to: config)
    settings.bits = config.bits
    settings.groupSize = config.groupSize
    settings.sym = config.sym
    settings.descAct = config.descAct
    return settings
  }

  /// All that is said of single modules, as rules.
  public var rules: DynamicRules { dynamic.preceded(by: modules) }

  /// Whether the settings say that the module `name` is not quantized.
  public func leavesOut(_ name: String) -> Bool {
    if let setting = modules[name] { return setting == .leftOut }
    return dynamic.rule(for: name)?.excludes ?? false
  }

  /// What is said of one module; nil where nothing is.
  func overrides(of name: String) -> QuantizeOverrides? {
    switch modules[name] {
    case .changed(let overrides)?: overrides
    case .leftOut?: nil
    case nil: dynamic.rule(for: name)?.overrides
    }
  }
}
