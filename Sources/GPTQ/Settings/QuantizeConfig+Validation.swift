import Basics

extension QuantizeConfig {
  /// The widths of a code that GPTQ's formats know.
  public static let allowedBits = Array(2...8)
  /// Those that only `checkpoint_format: gptq_p` stores, which GPTQModel alone reads.
  public static let planarBits = [5, 6, 7]

  /// Refuses settings with which nothing can be quantized, alone or together.
  public func validate() throws(InputError) {
    for setting in Self.settings { try setting.validate(self) }
    guard !actGroupAware || !descAct else {
      throw InputError(
        .usage, asked: "act_group_aware together with desc_act",
        found: "they are two orders for the same columns",
        hint: "choose one: act_group_aware keeps g_idx trivial, desc_act is the finer order")
    }
    guard !actGroupAware || groupSize > 0 else {
      throw InputError(
        .usage, asked: "act_group_aware with group_size \(groupSize)",
        found: "it orders columns inside groups, and a whole row is one group",
        hint: "give a group_size such as 128, or use desc_act")
    }
    guard algorithm != .gptaq || errorPropagation == 0 else {
      throw InputError(
        .usage, asked: "error_propagation \(errorPropagation.settingText) with algorithm gptaq",
        found: "both make up for what the layers before did to the inputs",
        hint: "choose one: algorithm gptq with error_propagation, or gptaq without")
    }
    guard sym || gridSpan == .minmax else {
      throw InputError(
        .usage, asked: "grid full_range with sym false",
        found: "a grid with a zero point of its own spans its weights from end to end already",
        hint: "leave out grid, or set sym true")
    }
  }

  /// What is allowed but will surprise someone, for a linear of `inFeatures` columns.
  public func warnings(inFeatures: Int) -> [String] {
    var warnings: [String] = []
    if groupSize > 0, inFeatures % groupSize != 0 {
      let short = inFeatures % groupSize
      var text =
        "group_size \(groupSize) does not divide in_features \(inFeatures): the last group has"
        + " \(short) columns. vLLM and the automatic kernels of transformers and GPTQModel refuse"
        + " such a checkpoint"
      if let better = dividingGroupSize(inFeatures: inFeatures) {
        text += "; group_size \(better) divides it"
      }
      warnings.append(text)
    }
    if dampPercent >= 1 {
      warnings.append(
        "damp_percent \(dampPercent) is a fraction, not a percentage: GPTQModel and AutoGPTQ"
          + " refuse 1 and above")
    }
    if staticGroups, groupSize == -1 {
      warnings.append("static_groups changes nothing with group_size -1: a row is one group")
    }
    if Self.planarBits.contains(bits) {
      warnings.append(
        "bits \(bits) are stored in checkpoint_format gptq_p, which GPTQModel 7 reads and"
          + " transformers and vLLM do not")
    }
    if scaleSearch == .none, scaleSearchRange != 1 {
      warnings.append("scale_search_range changes nothing without a scale_search")
    }
    return warnings
  }

  /// The largest multiple of 8 up to the group size that divides `inFeatures`, a power of two where
  /// there is one of at least 32, since loaders know those.
  private func dividingGroupSize(inFeatures: Int) -> Int? {
    let powers = [1024, 512, 256, 128, 64, 32].first { $0 <= groupSize && inFeatures % $0 == 0 }
    return powers ?? stride(from: groupSize, through: 8, by: -8).first { inFeatures % $0 == 0 }
  }

  /// How many columns share a grid in a linear of `inFeatures` columns.
  func columnsPerGroup(inFeatures: Int) -> Int { groupSize == -1 ? inFeatures : groupSize }

  /// How many groups a linear of `inFeatures` columns has; the last may be short.
  public func groupCount(inFeatures: Int) -> Int {
    let size = columnsPerGroup(inFeatures: inFeatures)
    return size == 0 ? 0 : (inFeatures - 1) / size + 1
  }
}
