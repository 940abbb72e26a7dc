import Basics

extension QuantizeConfig {
  /// The widths of a code that the GPTQ format knows.
  public static let allowedBits = [2, 3, 4, 8]

  /// Refuses settings with which nothing can be quantized.
  public func validate() throws(InputError) {
    guard Self.allowedBits.contains(bits) else {
      throw InputError(
        .usage, asked: "bits \(bits)", found: "the GPTQ format stores 2, 3, 4 or 8 bits a weight",
        hint: "choose one of those; 4 is the usual one")
    }
    guard groupSize == -1 || (groupSize > 0 && groupSize % 8 == 0) else {
      throw InputError(
        .usage, asked: "group_size \(groupSize)",
        found: "allowed are positive multiples of 8, and -1 for one group a row",
        hint: "128 is the usual one; 32 and 64 are finer, and larger in the file")
    }
    guard dampPercent >= 0, dampPercent.isFinite else {
      throw InputError(
        .usage, asked: "damp_percent \(dampPercent)",
        found: "it is a fraction of the mean of diag H, 0 or more",
        hint: "0.01 is the usual one (that is 1 %)")
    }
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
