import Basics
import Codecs

/// Typed access to an object of quantization settings. A key that is null says nothing.
struct SettingsReader {
  let object: JSONValue
  let path: String

  static let fileHint = "fetch the file again, or fix it there"

  /// Refuses what is no object.
  init(_ object: JSONValue, path: String) throws(InputError) {
    self.object = object
    self.path = path
    guard object.members != nil else {
      throw refused("\(object.words), where an object of settings is expected")
    }
  }

  func refused(_ found: String, hint: String? = nil) -> InputError {
    InputError(
      .badData, asked: "read the quantization settings of \(path)", found: found,
      hint: hint
        ?? "a GPTQ checkpoint names bits (2 to 8), group_size, desc_act and sym there")
  }

  /// What `part` makes of the first of `keys` that is there; all that are must say the same.
  func read<Value: Equatable>(
    _ keys: [String], _ expected: String, _ part: (_ key: String, JSONValue) -> Value?
  ) throws(InputError) -> Value? {
    var first: (key: String, value: Value)?
    for key in keys {
      guard let json = object[key], !json.isNull else { continue }
      guard let value = part(key, json) else {
        throw refused("\(key) \(json.words)", hint: "\(key) is \(expected)")
      }
      if let first, first.value != value {
        throw refused(
          "\(first.key) \(first.value) beside \(key) \(value)",
          hint: "both mean the same setting: leave out the one that is wrong")
      }
      first = first ?? (key, value)
    }
    return first?.value
  }

  func flag(_ keys: String...) throws(InputError) -> Bool? {
    try read(keys, "true or false") { $1.bool }
  }

  func string(_ keys: String...) throws(InputError) -> String? {
    try read(keys, "a string") { $1.string }
  }

  func whole(_ keys: String...) throws(InputError) -> Int? {
    try read(keys, "a whole number") { $1.whole }
  }

  func nested(_ key: String) throws(InputError) -> SettingsReader? {
    guard let value = object[key], !value.isNull else { return nil }
    guard value.members != nil else {
      throw refused("\(key) \(value.words)", hint: "\(key) is an object")
    }
    return try SettingsReader(value, path: "\(path), \(key)")
  }

  /// A number, or the name of a type such as `int4`.
  func bits() throws(InputError) -> Int? {
    let bits = try read(["bits", "wbits", "w_bit"], "2 to 8") { $1.whole ?? $1.typeBits }
    guard let bits, !QuantizeConfig.allowedBits.contains(bits) else { return bits }
    throw refused("bits \(bits), where tenbin reads 2 to 8")
  }

  /// −1 or more than 0. Writers that call it `groupsize` also write it as text.
  func groupSize() throws(InputError) -> Int? {
    let keys = ["group_size", "q_group_size", "groupsize"]
    return try read(keys, "a whole number above 0, or -1") { key, value in
      let size = value.whole ?? (key == "groupsize" ? value.string.flatMap { Int($0) } : nil)
      return size.flatMap { $0 == -1 || $0 > 0 ? $0 : nil }
    }
  }

  /// The names of the linears of a layer that are quantized; nil is all of them.
  func modulesInBlock() throws(InputError) -> [String]? {
    let names = try read(
      ["modules_in_block_to_quantize"], "a list of names, or of lists of names"
    ) { _, value -> [String]? in
      guard let parts = value.array else { return nil }
      let names = parts.flatMap { $0.array ?? [$0] }.map(\.string)
      return names.contains(nil) ? nil : names.compactMap { $0 }
    }
    return names?.isEmpty == true ? nil : names
  }

  /// How codes were chosen, as far as this object says.
  func solver() throws(InputError) -> StatedSettings.SolverSettings {
    var solver = StatedSettings.SolverSettings()
    solver.dampPercent = try read(["damp_percent", "percdamp"], "a fraction such as 0.01") {
      $1.number
    }
    solver.staticGroups = try flag("static_groups")
    solver.actGroupAware = try flag("act_group_aware")
    // An object of its settings, where it was switched on; a Boolean until GPTQModel 5.7.
    solver.isGPTAQ = try read(["gptaq"], "true, false or an object") {
      $1.bool ?? ($1.members == nil ? nil : true)
    }
    return solver
  }
}

extension JSONValue {
  /// A whole number, also one that is written as 4.0.
  var whole: Int? { integer ?? number.flatMap { Int(exactly: $0) } }

  /// The bits of `int4` and the like.
  fileprivate var typeBits: Int? {
    guard let name = string?.lowercased() else { return nil }
    return ["uint", "int"].first(where: name.hasPrefix).flatMap { Int(name.dropFirst($0.count)) }
  }
}
