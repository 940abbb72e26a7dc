import Basics
import Foundation

/// A model folder whose config.json, or the header of whose safetensors file, was damaged in a way
/// that its seed decides.
struct MutatedModel {
  private var random: SplitMix64
  private var config: Data
  private var weights: Data
  private var index: Data?

  /// Damages the files of `folder` once to three times.
  init(_ folder: URL, seed: UInt64) throws {
    random = SplitMix64(seed: seed)
    config = try Data(contentsOf: folder.appendingPathComponent("config.json"))
    weights = try Data(contentsOf: folder.appendingPathComponent("model.safetensors"))
    for _ in 0...pick(3) {
      switch pick(8) {
      case 0, 1, 2: try mutateConfigKey()
      case 3: damageBytes(of: \.config)
      case 4, 5: try mutateTensor()
      case 6: damageHeader()
      default: try mutateIndex()
      }
    }
  }

  /// Writes the folder's files.
  func write(to folder: URL) throws {
    try config.write(to: folder.appendingPathComponent("config.json"))
    try weights.write(to: folder.appendingPathComponent("model.safetensors"))
    let indexURL = folder.appendingPathComponent("model.safetensors.index.json")
    try? FileManager.default.removeItem(at: indexURL)
    try index?.write(to: indexURL)
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
    switch pick(9) {
    case 0: NSNull()
    case 1: pick(2) == 0
    case 2: Double(integer()) + 0.5
    case 3: pick(of: [1e-300, -1e300, 1e300, 1e-308])
    case 4: pick(of: ["", "silu", "llama", "sliding_attention", "\u{0}", "１", "dynamic", "llama3"])
    case 5: [integer(), integer()]
    case 6: ["rope_type": pick(of: ["linear", "dynamic", "llama3", "x"]), "factor": integer()]
    default: integer()
    }
  }

  private mutating func mutateConfigKey() throws {
    guard var keys = try? JSONSerialization.jsonObject(with: config) as? [String: Any] else {
      return
    }
    let extra = ["rope_scaling", "layer_types", "use_sliding_window", "attention_bias"]
    let key = pick(of: keys.keys.sorted() + extra)
    keys[key] = pick(4) == 0 ? nil : value()
    config = try JSONSerialization.data(withJSONObject: keys)
  }

  /// Overwrites, removes, repeats or nests some bytes.
  private mutating func damageBytes(of path: WritableKeyPath<Self, Data>) {
    var bytes = [UInt8](self[keyPath: path])
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
    self[keyPath: path] = Data(bytes)
  }

  private var headerLength: Int? {
    guard weights.count >= 8 else { return nil }
    let length = weights.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return length <= UInt64(weights.count - 8) ? Int(length) : nil
  }

  private mutating func replaceHeader(_ header: Data) {
    guard let length = headerLength else { return }
    var file = Data()
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { file.append(contentsOf: $0) }
    weights = file + header + weights.dropFirst(8 + length)
  }

  /// Changes one tensor's name, type, shape or place.
  private mutating func mutateTensor() throws {
    guard let length = headerLength,
      var header = try? JSONSerialization.jsonObject(
        with: Data(weights.dropFirst(8).prefix(length))) as? [String: Any]
    else { return }
    let name = pick(of: header.keys.sorted())
    guard var tensor = header[name] as? [String: Any] else {
      header[name] = value()
      replaceHeader(try JSONSerialization.data(withJSONObject: header))
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
    header[name] = tensor.isEmpty ? nil : tensor
    replaceHeader(try JSONSerialization.data(withJSONObject: header))
  }

  /// Damages the header's text, its length field or the end of the file.
  private mutating func damageHeader() {
    switch pick(4) {
    case 0:
      for position in weights.indices.prefix(8) where pick(3) == 0 {
        weights[position] = UInt8(truncatingIfNeeded: random.next())
      }
    case 1: weights = Data(weights.prefix(pick(weights.count + 1)))
    case 2:
      guard let length = headerLength, length > 0 else { return }
      for _ in 0..<3 { weights[8 + pick(length)] = UInt8(truncatingIfNeeded: random.next()) }
    default: damageBytes(of: \.weights)
    }
  }

  private mutating func mutateIndex() throws {
    let file = pick(of: ["model.safetensors", "", "/dev/zero", "../x", "absent.safetensors", "."])
    let map: [String: Any] = [
      "weight_map": pick(4) == 0 ? value() : ["model.embed_tokens.weight": file]
    ]
    index = try JSONSerialization.data(withJSONObject: map)
  }
}
