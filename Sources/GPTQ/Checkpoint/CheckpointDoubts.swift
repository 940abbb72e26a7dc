import Basics
import Tensor

/// What in a checkpoint can be read, and is likely not what its quantizer meant: seen in its settings,
/// its headers and its small tensors, before codes are read.
extension GPTQCheckpointReader {
  /// The doubts, in a sentence each; none of a healthy checkpoint. Refuses a folder without codes,
  /// and groups that are not there.
  public func doubts() throws(InputError) -> [String] {
    let modules = quantizedModules
    guard !modules.isEmpty else { throw withoutCodes() }
    var kinds: [DoubtKind: [String]] = [:]
    for module in modules {
      for kind in try doubts(of: module) { kinds[kind, default: []].append(module) }
    }
    return tensors.notes + contradictions
      + DoubtKind.allCases.compactMap { kind in
        kinds[kind].map { found in
          let share = "\(found.count) of \(modules.count) modules, such as \(found[0])"
          return kind.sentence(share, config)
        }
      }
  }

  private func doubts(of module: String) throws(InputError) -> [DoubtKind] {
    let (settings, shapes) = (try settings(of: module), try shapes(of: module))
    var kinds: [DoubtKind] = []
    let groups = shapes.groups ?? 1
    if shapes.bits != settings.bits { kinds.append(.bits) }
    if !GroupSizeByShapes.fits(settings.groupSize, (shapes.inputs, groups)) {
      kinds.append(.groupSize)
    }
    let index = try groupIndex(module, settings.groupSize, shapes)
    guard index.allSatisfy((0..<Int32(clamping: groups)).contains) else {
      throw InputError(
        .badData, asked: "read \(module).g_idx of \(tensors.url.path)",
        found: "groups up to \(index.max() ?? 0) and down to \(index.min() ?? 0), where scales have"
          + " \(groups) rows", hint: "the checkpoint is damaged: download it again")
    }
    let size = settings.groupSize == -1 ? max(index.count, 1) : settings.groupSize
    let isPlain = index.enumerated().allSatisfy { Int($1) == $0 / size }
    if shapes.hasGroupIndex, !isPlain, !kinds.contains(.groupSize) {
      var counts = [Int](repeating: 0, count: groups)
      for group in index { counts[Int(group)] += 1 }
      if counts[0] == index.count {
        kinds.append(.oneGroup)
      } else {
        if counts.dropLast().contains(where: { $0 != size }) || counts[groups - 1] > size {
          kinds.append(.unevenGroups)
        }
        if !settings.descAct { kinds.append(.order) }
      }
    }
    // Orders that leave g_idx as it would be without them need not have one.
    let keepsRuns = solver.actGroupAware == true || solver.staticGroups == true
    if !shapes.hasGroupIndex, settings.descAct, groups > 1, !keepsRuns { kinds.append(.lostOrder) }
    if settings.sym,
      try StoredZeros(module, in: tensors, shapes: shapes).offset != -settings.format.offset
    {
      kinds.append(.zeros)
    }
    return kinds
  }

  private func withoutCodes() -> InputError {
    let place = files.model == nil ? files.own?.file ?? "quantize_config.json" : "config.json"
    return InputError(
      .badData, asked: "open the GPTQ checkpoint \(tensors.url.path)",
      found: "settings of a quantized model in \(place), and no codes: none of"
        + " \(tensors.tensorNames.count) tensors is a qweight",
      hint:
        "give the folder with the quantized weights; to read these weights as they are, take the"
        + " quantization settings out of \(place)")
  }
}

/// One kind of doubt.
private enum DoubtKind: CaseIterable {
  case bits, groupSize, oneGroup, unevenGroups, order, lostOrder, zeros

  func sentence(_ share: String, _ config: QuantizationConfigFile) -> String {
    switch self {
    case .bits:
      "bits are not those of the settings in \(share): they are read as the shapes of the tensors tell"
    case .groupSize:
      "group_size \(config.groupSize) does not give the rows of scales in \(share): the groups are"
        + " read from g_idx, or from those rows"
    case .oneGroup:
      "g_idx is 0 throughout beside several rows of scales in \(share): every column is read with the"
        + " first row; exllama and Marlin take runs of group_size columns"
    case .unevenGroups:
      "g_idx has groups that are not of group_size \(config.groupSize) columns in \(share): columns may"
        + " be read with scales that are not theirs"
    case .order:
      "g_idx is not run by run although desc_act is false in \(share): g_idx is followed; loaders that"
        + " trust desc_act read other weights"
    case .lostOrder:
      "desc_act is true and there is no g_idx in \(share): runs of group_size columns are read"
    case .zeros:
      "zero points are not the middle code although sym is true in \(share): they are read as"
        + " checkpoint_format \(config.format.rawValue) stores them; Marlin takes the middle code"
    }
  }
}
