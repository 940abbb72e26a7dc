extension TemplateOperations {
  // MARK: Filters

  static func filter(_ value: TemplateValue, _ name: String, _ call: TemplateCall)
    throws(TemplateError) -> TemplateValue
  {
    switch name {
    case "trim": return .string(strip(value.text, call.positional.first, left: true, right: true))
    case "upper": return .string(value.text.uppercased())
    case "lower": return .string(value.text.lowercased())
    case "capitalize", "title": return try method(.string(value.text), name, call)
    case "string": return .string(value.text)
    case "safe": return value
    case "length", "count": return .int(try items(of: value).count)
    case "first": return try items(of: value).first ?? .undefined
    case "last": return try items(of: value).last ?? .undefined
    case "list": return .list(try items(of: value))
    case "reverse":
      if case .string(let text) = value {
        return .string(String(scalars: Array(text.unicodeScalars).reversed()[...]))
      }
      return .list(try items(of: value).reversed())
    case "int": return .int(Int(value.text) ?? value.wholeNumber ?? 0)
    case "items", "dictsort": return try method(value, "items", call)
    case "join":
      return .string(
        try items(of: value).map(\.text).joined(separator: call.value(0, "d")?.text ?? ""))
    case "replace": return try method(.string(value.text), "replace", call)
    case "default", "d":
      let replacement = call.value(0, "default_value") ?? .string("")
      if case .undefined = value { return replacement }
      return call.value(1, "boolean")?.isTrue == true && !value.isTrue ? replacement : value
    case "tojson":
      var indent: Int?
      if case .int(let width) = call.value(0, "indent") { indent = min(max(width, 0), 16) }
      return .string(value.json(indent: indent))
    case "indent":
      let width = call.value(0, "width")?.wholeNumber ?? 4
      let lines = value.text.split(separator: "\n", omittingEmptySubsequences: false)
      let padding = String(repeating: " ", count: max(0, min(width, 100)))
      return .string(
        lines.enumerated().map { index, line in
          index == 0 || line.isEmpty ? String(line) : padding + line
        }.joined(separator: "\n"))
    default: throw TemplateError(reason: "the filter \(name)")
    }
  }

  // MARK: Methods

  static func method(_ value: TemplateValue, _ name: String, _ call: TemplateCall)
    throws(TemplateError) -> TemplateValue
  {
    if case .dictionary(let members) = value {
      switch name {
      case "items": return .list(members.map { .list([.string($0.key), $0.value]) })
      case "keys": return .list(members.map { .string($0.key) })
      case "values": return .list(members.map(\.value))
      case "get":
        let found = member(value, call.positional.first?.text ?? "")
        if case .undefined = found { return call.value(1, "default") ?? .null }
        return found
      default: break
      }
    }
    guard case .string(let text) = value else {
      throw TemplateError(reason: "the method \(name) of \(value.text)")
    }
    let first = call.positional.first
    switch name {
    case "strip": return .string(strip(text, first, left: true, right: true))
    case "lstrip": return .string(strip(text, first, left: true, right: false))
    case "rstrip": return .string(strip(text, first, left: false, right: true))
    case "upper": return .string(text.uppercased())
    case "lower": return .string(text.lowercased())
    case "capitalize":
      return .string(text.prefix(1).uppercased() + text.dropFirst().lowercased())
    case "title":
      var isStart = true
      let titled = text.map { character -> String in
        defer { isStart = !character.isLetter }
        return isStart ? character.uppercased() : character.lowercased()
      }
      return .string(titled.joined())
    case "startswith": return .bool(affixes(first).contains { text.utf8.starts(with: $0) })
    case "endswith":
      return .bool(affixes(first).contains { text.utf8.reversed().starts(with: $0.reversed()) })
    case "split": return .list(split(text, first, limit: call.value(1, "maxsplit")))
    case "replace":
      let old = Array((first?.text ?? "").utf8)
      let new = Array((call.value(1, "new")?.text ?? "").utf8)
      guard !old.isEmpty else { return value }
      let parts = pieces(Array(text.utf8), separator: old, limit: Int.max)
      guard text.utf8.count + parts.count * new.count < 1 << 26 else {
        throw TemplateError(reason: "a text of more than 64 MB")
      }
      return .string(String(decoding: Array(parts.joined(separator: new)), as: UTF8.self))
    case "find":
      let place = find(Array((first?.text ?? "").utf8), in: Array(text.utf8), from: 0)
      let head = place.map { String(decoding: text.utf8.prefix($0), as: UTF8.self) }
      return .int(head.map(\.unicodeScalars.count) ?? -1)
    case "count":
      let parts = pieces(
        Array(text.utf8), separator: Array((first?.text ?? "").utf8), limit: Int.max)
      return .int(parts.count - 1)
    case "join":
      return .string(try items(of: first ?? .undefined).map(\.text).joined(separator: text))
    default: throw TemplateError(reason: "the method \(name) of a text")
    }
  }

  private static func affixes(_ value: TemplateValue?) -> [[UInt8]] {
    if case .list(let values) = value { return values.map { Array($0.text.utf8) } }
    return [Array((value?.text ?? "").utf8)]
  }

  private static func strip(
    _ text: String, _ characters: TemplateValue?, left: Bool, right: Bool
  ) -> String {
    let set = characters.map { Set($0.text.unicodeScalars) }
    let isStripped = { (scalar: Unicode.Scalar) in
      set?.contains(scalar)
        ?? (scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value))
    }
    var scalars = Array(text.unicodeScalars)[...]
    if left { scalars = scalars.drop(while: isStripped) }
    while right, let last = scalars.last, isStripped(last) { scalars.removeLast() }
    return String(scalars: scalars)
  }

  private static func split(_ text: String, _ separator: TemplateValue?, limit: TemplateValue?)
    -> [TemplateValue]
  {
    var most = Int.max
    if case .int(let limit) = limit, limit >= 0 { most = limit }
    guard let separator, !separator.text.isEmpty else {
      return text.unicodeScalars.split(maxSplits: most, whereSeparator: \.properties.isWhitespace)
        .map { .string(String($0)) }
    }
    return pieces(Array(text.utf8), separator: Array(separator.text.utf8), limit: most).map {
      .string(String(decoding: $0, as: UTF8.self))
    }
  }

  private static func pieces(_ text: [UInt8], separator: [UInt8], limit: Int) -> [[UInt8]] {
    var parts = [[UInt8]]()
    var start = 0
    while parts.count < limit, !separator.isEmpty,
      let place = find(separator, in: text, from: start)
    {
      parts.append(Array(text[start..<place]))
      start = place + separator.count
    }
    parts.append(Array(text[start...]))
    return parts
  }
}
