import Basics
import Codecs
import Tensor

/// Makes one of what the files of a checkpoint say. Where they say nothing, or not the same, the
/// tensors decide; what they cannot decide is an error.
struct SettingsSettlement {
  private let tensors: SafetensorsDirectory
  private let stated: [StatedSettings]
  private let modules: [(name: String, shapes: PackedShapes)]
  private let bits: Int
  /// What the files say against each other, in a sentence each.
  private(set) var contradictions: [String] = []

  /// `modules` are the quantized linears of `tensors`.
  init(
    _ stated: [StatedSettings], _ tensors: SafetensorsDirectory, modules names: [String]
  ) throws(InputError) {
    self.stated = stated
    self.tensors = tensors
    let said = stated.compactMap(\.bits)
    var modules: [(name: String, shapes: PackedShapes)] = []
    for name in names {
      // What is damaged is named when it is read, and by an audit.
      guard let shapes = try? PackedShapes(name, in: tensors, declared: said.first ?? 4) else {
        continue
      }
      modules.append((name, shapes))
    }
    self.modules = modules
    // OneComp's files may give bits module by module alone.
    let stored = modules.first?.shapes.bits ?? 4
    bits = said.contains(stored) ? stored : said.first ?? stored
  }

  /// The settings that the tensors are read by.
  mutating func settled() throws(InputError) -> QuantizationConfigFile {
    note("bits") { $0.bits.map(String.init) }
    note("group_size") { $0.groupSize.map(String.init) }
    note("desc_act") { "\($0.descAct ?? false)" }
    note("sym") { "\($0.sym ?? true)" }
    // In another order they may mean the same: transformers sorts what it writes.
    let rules = stated.map { $0.dynamic.rules.map { "\($0.key) \($0.overrides.json)" }.sorted() }
    if Set(rules).count > 1 {
      contradictions.append("dynamic differs in \(stated.map(\.file).joined(separator: " and "))")
    }
    var settings = QuantizationConfigFile(
      bits: bits, groupSize: -1, sym: first(\.sym) ?? true, descAct: first(\.descAct) ?? false,
      format: .v1, dynamic: stated.first { !$0.dynamic.isEmpty }?.dynamic ?? DynamicRules(),
      modules: stated.first { !$0.modules.isEmpty }?.modules ?? [:])
    settings.groupSize = try groupSize(settings)
    settings.format = try format(isSymmetric: settings.sym)
    // Of these bits there is nothing else, whatever the files say, and GPTQModel reads all as such.
    if modules.contains(where: { QuantizeConfig.planarBits.contains($0.shapes.bits) }) {
      settings.format = .planar
    }
    if Set(stated.compactMap(\.sym)).count == 2 {
      settings.sym = zeroOffset() == -settings.format.offset
    }
    return settings
  }

  private func first<Value>(_ key: (StatedSettings) -> Value?) -> Value? {
    stated.lazy.compactMap(key).first
  }

  /// Notes where the files say different things of `key`.
  private mutating func note(_ key: String, _ text: (StatedSettings) -> String?) {
    let said = stated.compactMap { settings in text(settings).map { (settings.file, $0) } }
    guard let first = said.first, let other = said.first(where: { $0.1 != first.1 }) else { return }
    contradictions.append("\(key) is \(first.1) in \(first.0) and \(other.1) in \(other.0)")
  }

  // MARK: Groups

  /// What is said, the one that fits the rows of scales where two are said; else what those rows tell.
  private func groupSize(_ settings: QuantizationConfigFile) throws(InputError) -> Int {
    let rows = modules.compactMap { module -> GroupSizeByShapes.Rows? in
      guard settings.overrides(of: module.name)?.groupSize == nil else { return nil }
      return module.shapes.groups.map { (module.shapes.inputs, $0) }
    }
    let said = stated.compactMap(\.groupSize)
    let fitting = said.first { size in rows.allSatisfy { GroupSizeByShapes.fits(size, $0) } }
    if let size = fitting ?? said.first { return size }
    let candidates = GroupSizeByShapes.candidates(rows)
    if candidates.count == 1 { return candidates[0] }
    if let size = largestGroup() { return size }
    // Nothing depends on it where no module is read by it.
    guard !rows.isEmpty else { return -1 }
    throw InputError(
      .badData, asked: "read the quantization settings of \(tensors.url.path)",
      found: candidates.isEmpty
        ? "no group_size, and rows of scales that no one group_size gives"
        : "no group_size, and rows of scales that fit each of \(candidates.description)",
      hint: "add group_size, as the quantizer had it, to quantize_config.json or config.json")
  }

  /// The size of the largest group in the first g_idx.
  private func largestGroup() -> Int? {
    guard let name = modules.first(where: { $0.shapes.hasGroupIndex })?.name,
      let index = try? tensors.file(of: name + ".g_idx")?.int32s(name + ".g_idx")
    else { return nil }
    let sizes = Dictionary(index.map { ($0, 1) }, uniquingKeysWith: +).values
    return sizes.count == 1 ? -1 : sizes.max()
  }

  // MARK: Zero points

  private mutating func format(isSymmetric: Bool) throws(InputError) -> CheckpointFormat {
    let conventions = stated.compactMap(\.zeros)
    let formats = conventions.compactMap { zeros -> CheckpointFormat? in
      if case .stated(let format) = zeros { format } else { nil }
    }
    let isOpen = conventions.count != formats.count
    note("checkpoint_format") { settings in
      guard case .stated(let format)? = settings.zeros else {
        return settings.zeros == nil ? CheckpointFormat.v1.rawValue : nil
      }
      return format.rawValue
    }
    let all = Set(formats)
    if all.count == 1, !isOpen || conventions.count > 1 { return formats[0] }
    if conventions.isEmpty { return .v1 }
    let isSaidSymmetric = isSymmetric || stated.contains { $0.sym == true }
    if isSaidSymmetric, let offset = zeroOffset(),
      let format = CheckpointFormat.allCases.first(where: { offset == -$0.offset })
    {
      return format
    }
    for case .open(_, let otherwise?) in conventions where all.isEmpty { return otherwise }
    let said = conventions.map { zeros in
      switch zeros {
      case .stated(let format): "checkpoint_format \(format.rawValue)"
      case .open(let text, _): text
      }
    }
    throw InputError(
      .badData, asked: "read the zero points of \(tensors.url.path)",
      found: "\(said.joined(separator: ", ")), and zeros that do not tell gptq from gptq_v2",
      hint: "set checkpoint_format to gptq (stored less one) or gptq_v2 in both files")
  }

  /// How far the stored zeros of the first modules are from the middle code, where all are as far.
  private func zeroOffset() -> Int32? {
    var offset: Int32?
    for module in modules.prefix(Self.zeroSamples) {
      let zeros = try? StoredZeros(module.name, in: tensors, shapes: module.shapes)
      guard let next = zeros?.offset, offset ?? next == next else { return nil }
      offset = next
    }
    return offset
  }

  private static let zeroSamples = 8
}
