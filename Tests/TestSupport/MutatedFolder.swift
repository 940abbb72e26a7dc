import Basics
import Foundation

/// A model or checkpoint folder that was damaged in a way that its seed decides: keys of its JSON
/// files, headers and data of its safetensors files, its index.
public struct MutatedFolder {
  private var random: SplitMix64
  private var files: [String: Data] = [:]

  /// Damages files of `folder` once to three times. JSON that starts with `logits` or `golden` is
  /// left out: it belongs to tests.
  public init(_ folder: URL, seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where !name.hasPrefix("logits") && !name.hasPrefix("golden") {
      files[name] = try Data(contentsOf: folder.appendingPathComponent(name))
    }
    for _ in 0...pick(3) {
      switch pick(10) {
      case 0, 1, 2: try mutateKey(of: json)
      case 3: damageBytes(of: json)
      case 4, 5: try mutateTensor(of: weights)
      case 6: damageHeader(of: weights)
      case 7, 8: damageData(of: weights)
      default: try mutateIndex()
      }
    }
  }

  /// Writes the files to the empty or formerly so written `folder`.
  public func write(to folder: URL) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where files[name] == nil {
      try FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
    for (name, data) in files { try data.write(to: folder.appendingPathComponent(name)) }
  }

  /// A JSON file of the folder, drawn.
  private var json: String {
    mutating get { pick(of: files.keys.sorted().filter { $0.hasSuffix(".json") }) }
  }

  /// A safetensors file of the folder, drawn.
  private var weights: String {
    mutating get { pick(of: files.keys.sorted().filter { $0.hasSuffix(".safetensors") }) }
  }

  private mutating func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

  private mutating func pick<Element>(of values: [Element]) -> Element {
    values[pick(values.count)]
  }

  private mutating func integer() -> Int {
    let values = [
      -1, 0, 1, 2, 3, 7, 31, 32, 33, 64, 96, 1 << 16, 1 << 20, 1 << 31, 1 << 40, 1 << 62, .max,
      .min,
    ]
    return pick(of: values)
  }

  private mutating func value() -> Any {
    switch pick(10) {
    case 0: NSNull()
    case 1: pick(2) == 0
    case 2: Double(integer()) + 0.5
    case 3: pick(of: [1e-300, -1e300, 1e300, 1e-308])
    case 4:
      pick(of: [
        "", "silu", "llama", "sliding_attention", "\u{0}", "１", "dynamic", "llama3", "gptq",
        "gptq_v2", "int8",
      ])
    case 5: [integer(), integer()]
    case 6:
      [
        "rope_type": pick(of: ["linear", "dynamic", "llama3", "yarn", "longrope", "x"]),
        "factor": integer(),
      ]
    case 7: pattern()
    default: integer()
    }
  }

  /// What `dynamic` may hold: a pattern, well-formed or not, and settings.
  private mutating func pattern() -> [String: Any] {
    let patterns = [
      "+:.*down_proj.*", "-:.*", "+:(((", "-:[", "+:a{2,99999999}", "+:(.*)*(.*)*(.*)*x", "\\", "",
      "+:model\\.layers\\.(\\d+)\\.(?:mlp|self_attn)\\..*$", "+:[z-a]", "*", "+:(?<a>.)\\k<a>",
    ]
    let key = pick(of: ["bits", "group_size", "sym", "desc_act"])
    return [pick(of: patterns): [key: integer()]]
  }

  /// Sets, adds or removes a key of the top level or, as often, of an object inside it.
  private mutating func mutateKey(of name: String) throws {
    guard let data = files[name],
      var keys = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { return }
    let extra = [
      "rope_scaling", "layer_types", "use_sliding_window", "attention_bias", "bits",
      "quantization_config", "dynamic", "format",
    ]
    let inner = keys.keys.sorted().filter { keys[$0] is [String: Any] }
    if !inner.isEmpty, pick(2) == 0 {
      let outer = pick(of: inner)
      var object = keys[outer] as? [String: Any] ?? [:]
      let key = pick(of: object.keys.sorted() + ["bits"])
      object[key] = pick(4) == 0 ? nil : value()
      keys[outer] = object
    } else {
      let key = pick(of: keys.keys.sorted() + extra)
      keys[key] = pick(4) == 0 ? nil : value()
    }
    files[name] = try JSONSerialization.data(withJSONObject: keys)
  }

  /// Overwrites, removes, repeats or nests some bytes.
  private mutating func damageBytes(of name: String) {
    var bytes = [UInt8](files[name] ?? Data())
    let start = pick(bytes.count + 1)
    let end = min(bytes.count, start + pick(9))
    switch pick(5) {
    case 0: bytes.removeSubrange(start..<end)
    case 1: bytes.removeSubrange(start...)
    case 2: bytes.insert(contentsOf: bytes[start..<end], at: start)
    case 3:
      let nested = [UInt8](repeating: UInt8(ascii: pick(2) == 0 ? "[" : "{"), count: 100_000)
      bytes.insert(contentsOf: nested, at: start)
    default:
      for position in start..<end { bytes[position] = UInt8(truncatingIfNeeded: random.next()) }
    }
    files[name] = Data(bytes)
  }

  private func headerLength(of file: Data) -> Int? {
    guard file.count >= 8 else { return nil }
    let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length <= UInt64(file.count - 8) ? Int(length) : nil
  }

  private mutating func replaceHeader(of name: String, with header: Data) {
    guard let old = files[name], let length = headerLength(of: old) else { return }
    var file = Data()
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    files[name] = file + header + old.dropFirst(8 + length)
  }

  /// Changes one tensor's name, type, shape or place.
  private mutating func mutateTensor(of name: String) throws {
    guard let file = files[name], let length = headerLength(of: file),
      var header = try? JSONSerialization.jsonObject(
        with: Data(file.dropFirst(8).prefix(length))) as? [String: Any], !header.isEmpty
    else { return }
    let key = pick(of: header.keys.sorted())
    guard var tensor = header[key] as? [String: Any] else {
      header[key] = value()
      replaceHeader(of: name, with: try JSONSerialization.data(withJSONObject: header))
      return
    }
    var shape = tensor["shape"] as? [Int] ?? []
    var offsets = tensor["data_offsets"] as? [Int] ?? []
    switch pick(9) {
    case 0: tensor["dtype"] = pick(of: ["F32", "F16", "BF16", "I32", "F64", "F8_E4M3", "x"])
    case 1: shape = shape.isEmpty ? [integer()] : shape.dropLast() + [integer()]
    case 2: shape.append(pick(of: [0, 1, integer()]))
    case 3: shape.reverse()
    case 4: offsets = [integer(), integer()]
    case 5: offsets = offsets.map { $0 &+ integer() }
    case 6: tensor[pick(of: ["dtype", "shape", "data_offsets"])] = value()
    case 7: header["model.layers.0.extra"] = tensor
    default: tensor = [:]
    }
    if tensor["shape"] is [Int] { tensor["shape"] = shape }
    if tensor["data_offsets"] is [Int] { tensor["data_offsets"] = offsets }
    header[key] = tensor.isEmpty ? nil : tensor
    replaceHeader(of: name, with: try JSONSerialization.data(withJSONObject: header))
  }

  /// Damages the header's text, its length field or the end of the file.
  private mutating func damageHeader(of name: String) {
    guard var file = files[name] else { return }
    switch pick(4) {
    case 0:
      for position in file.indices.prefix(8) where pick(3) == 0 {
        file[position] = UInt8(truncatingIfNeeded: random.next())
      }
    case 1: file = Data(file.prefix(pick(file.count + 1)))
    case 2:
      guard let length = headerLength(of: file), length > 0 else { return }
      for _ in 0..<3 { file[8 + pick(length)] = UInt8(truncatingIfNeeded: random.next()) }
    default: return damageBytes(of: name)
    }
    files[name] = file
  }

  /// Overwrites some words of one tensor: codes, zeros, scales, group numbers.
  private mutating func damageData(of name: String) {
    guard var file = files[name], let length = headerLength(of: file),
      let header = try? JSONSerialization.jsonObject(
        with: Data(file.dropFirst(8).prefix(length))) as? [String: Any]
    else { return }
    let tensors = header.keys.sorted().compactMap { key in
      ((header[key] as? [String: Any])?["data_offsets"] as? [Int]).flatMap {
        $0.count == 2 ? $0 : nil
      }
    }
    guard !tensors.isEmpty else { return }
    let offsets = pick(of: tensors)
    let start = 8 + length
    guard offsets[0] >= 0, offsets[1] <= file.count - start, offsets[1] - offsets[0] >= 4 else {
      return
    }
    let words: [UInt32] = [0, 1, .max, 0x7FFF_FFFF, 0x8000_0000, 0x7F80_0000, 0x7C00_7C00]
    for _ in 0...pick(20) {
      let word = pick(2) == 0 ? pick(of: words) : UInt32(truncatingIfNeeded: random.next())
      let place = start + offsets[0] + pick((offsets[1] - offsets[0]) / 4) * 4
      for byte in 0..<4 { file[place + byte] = UInt8(truncatingIfNeeded: word >> UInt32(8 * byte)) }
    }
    files[name] = file
  }

  /// Gives a folder an index, or sends a tensor of the index elsewhere.
  private mutating func mutateIndex() throws {
    let name = "model.safetensors.index.json"
    let file = pick(of: ["model.safetensors", "", "/dev/zero", "../x", "absent.safetensors", "."])
    var places: [String: Any] = ["model.embed_tokens.weight": file]
    if let data = files[name],
      let index = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
      let known = index["weight_map"] as? [String: Any], !known.isEmpty
    {
      places = known
      places[pick(of: known.keys.sorted())] = pick(4) == 0 ? value() : file
    }
    let map: [String: Any] = ["weight_map": pick(4) == 0 ? value() : places]
    files[name] = try JSONSerialization.data(withJSONObject: map)
  }
}

/// What this process has used of memory, in kB, from `/proc/self/status`.
public enum ProcessMemory {
  /// The most that was resident at once.
  public static func peakResident() -> Int { status("VmHWM:") }
  /// The largest address space so far: allocations that nothing has touched are in it.
  public static func peakVirtual() -> Int { status("VmPeak:") }

  private static func status(_ key: String) -> Int {
    let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0
  }
}
