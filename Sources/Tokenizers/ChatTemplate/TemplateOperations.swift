/// Operators, filters, tests and methods of chat templates, as Jinja and Python have them.
enum TemplateOperations {
  // MARK: Containers

  /// What a loop over `value` goes through.
  static func items(of value: TemplateValue) throws(TemplateError) -> [TemplateValue] {
    switch value {
    case .list(let values): return values
    case .dictionary(let members): return members.map { .string($0.key) }
    case .string(let text): return text.unicodeScalars.map { .string(String($0)) }
    case .undefined: return []
    default: throw TemplateError(reason: "a loop over \(value.text)")
    }
  }

  static func member(_ value: TemplateValue, _ name: String) -> TemplateValue {
    guard case .dictionary(let members) = value else { return .undefined }
    return members.last { $0.key.utf8.elementsEqual(name.utf8) }?.value ?? .undefined
  }

  static func item(_ value: TemplateValue, _ index: TemplateValue) throws(TemplateError)
    -> TemplateValue
  {
    if case .string(let key) = index { return member(value, key) }
    guard case .int(let index) = index else { return .undefined }
    let items = try items(of: value)
    let place = index < 0 ? index + items.count : index
    return items.indices.contains(place) ? items[place] : .undefined
  }

  /// Python's `value[start:stop:step]`.
  static func slice(
    _ value: TemplateValue, _ start: TemplateValue?, _ stop: TemplateValue?, _ step: TemplateValue?
  ) throws(TemplateError) -> TemplateValue {
    let items = try items(of: value)
    func bound(_ value: TemplateValue?) -> Int? {
      if case .int(let number) = value { number } else { nil }
    }
    let step = min(max(bound(step) ?? 1, -1_000_000), 1_000_000)
    guard step != 0 else { throw TemplateError(reason: "a slice with step 0") }
    func place(_ index: Int) -> Int {
      let index = index < 0 ? index + items.count : index
      return step > 0 ? min(max(index, 0), items.count) : min(max(index, -1), items.count - 1)
    }
    let first = bound(start).map(place) ?? (step > 0 ? 0 : items.count - 1)
    let last = bound(stop).map(place) ?? (step > 0 ? items.count : -1)
    let result = stride(from: first, to: last, by: step).map { items[$0] }
    if case .string = value { return .string(result.map(\.text).joined()) }
    return .list(result)
  }

  static func range(_ arguments: [TemplateValue]) throws(TemplateError) -> TemplateValue {
    let numbers = arguments.compactMap(\.wholeNumber)
    guard numbers.count == arguments.count, (1...3).contains(numbers.count) else {
      throw TemplateError(reason: "a range of something else than numbers")
    }
    let start = numbers.count == 1 ? 0 : numbers[0]
    let stop = numbers.count == 1 ? numbers[0] : numbers[1]
    let step = numbers.count == 3 ? numbers[2] : 1
    guard step != 0, [start, stop, step].allSatisfy((-100_000...100_000).contains) else {
      throw TemplateError(reason: "a range that does not end")
    }
    return .list(stride(from: start, to: stop, by: step).map { .int($0) })
  }

  // MARK: Operators

  static func binary(_ mark: String, _ left: TemplateValue, _ right: TemplateValue)
    throws(TemplateError) -> TemplateValue
  {
    switch mark {
    case "==": return .bool(left.equals(right))
    case "!=": return .bool(!left.equals(right))
    case "~": return .string(try joined(left.text, right.text))
    case "in": return .bool(try contains(right, left))
    case "<", ">", "<=", ">=": return .bool(try compare(mark, left, right))
    case "+":
      if case .string(let first) = left, case .string(let second) = right {
        return .string(try joined(first, second))
      }
      if case .list(let first) = left, case .list(let second) = right {
        guard first.count + second.count < 1_000_000 else {
          throw TemplateError(reason: "a list of more than a million elements")
        }
        return .list(first + second)
      }
    default: break
    }
    if case .int(let first) = left, case .int(let second) = right,
      let result = integer(mark, first, second)
    {
      return .int(result)
    }
    guard let first = left.number, let second = right.number else {
      throw TemplateError(reason: "\(left.text) \(mark) \(right.text)")
    }
    switch mark {
    case "+": return .double(first + second)
    case "-": return .double(first - second)
    case "*": return .double(first * second)
    case "/" where second != 0: return .double(first / second)
    default: throw TemplateError(reason: "\(left.text) \(mark) \(right.text)")
    }
  }

  private static func integer(_ mark: String, _ left: Int, _ right: Int) -> Int? {
    switch mark {
    case "+": return left &+ right
    case "-": return left &- right
    case "*": return left &* right
    case "//" where right > 0: return (left &- modulo(left, right)) / right
    case "%" where right > 0: return modulo(left, right)
    default: return nil
    }
  }

  /// Python's `%` for a divisor above 0.
  private static func modulo(_ left: Int, _ right: Int) -> Int {
    let rest = left % right
    return rest < 0 ? rest + right : rest
  }

  /// Two texts as one, unless a template makes them grow without end.
  private static func joined(_ left: String, _ right: String) throws(TemplateError) -> String {
    guard left.utf8.count + right.utf8.count < 1 << 26 else {
      throw TemplateError(reason: "a text of more than 64 MB")
    }
    return left + right
  }

  private static func contains(_ container: TemplateValue, _ value: TemplateValue)
    throws(TemplateError) -> Bool
  {
    if case .string(let text) = container {
      let needle = Array(value.text.utf8)
      return needle.isEmpty || find(needle, in: Array(text.utf8), from: 0) != nil
    }
    return try items(of: container).contains { $0.equals(value) }
  }

  private static func compare(_ mark: String, _ left: TemplateValue, _ right: TemplateValue)
    throws(TemplateError) -> Bool
  {
    var order: Int?
    if let first = left.number, let second = right.number {
      order = first < second ? -1 : first > second ? 1 : 0
    } else if case .string(let first) = left, case .string(let second) = right {
      let isLess = first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars)
      order = left.equals(right) ? 0 : isLess ? -1 : 1
    }
    guard let order else { throw TemplateError(reason: "\(left.text) \(mark) \(right.text)") }
    return switch mark {
    case "<": order < 0
    case ">": order > 0
    case "<=": order <= 0
    default: order >= 0
    }
  }

  static func find(_ needle: [UInt8], in text: [UInt8], from start: Int) -> Int? {
    guard needle.count <= text.count else { return nil }
    return (start..<max(start, text.count - needle.count + 1)).first {
      text[$0...].starts(with: needle)
    }
  }

  // MARK: Tests

  static func test(_ value: TemplateValue, _ name: String, _ operands: [TemplateValue])
    throws(TemplateError) -> Bool
  {
    switch (name, value) {
    case ("defined", .undefined), ("mapping", .undefined), ("none", .undefined): return false
    case ("defined", _), ("undefined", .undefined), ("none", .null), ("string", .string),
      ("mapping", .dictionary), ("boolean", .bool), ("integer", .int), ("float", .double),
      ("sequence", .list), ("sequence", .string), ("sequence", .dictionary), ("iterable", .list),
      ("iterable", .string), ("iterable", .dictionary), ("iterable", .undefined),
      ("number", .int), ("number", .double), ("number", .bool):
      return true
    case ("true", .bool(let value)): return value
    case ("false", .bool(let value)): return !value
    case ("odd", .int(let value)): return value % 2 != 0
    case ("even", .int(let value)): return value % 2 == 0
    default: break
    }
    switch name {
    case "equalto", "eq", "==", "sameas": return operands.first.map(value.equals) ?? false
    case "ne", "!=": return operands.first.map { !value.equals($0) } ?? false
    case "in":
      return try operands.first.map { list throws(TemplateError) in
        try contains(list, value)
      } ?? false
    case "undefined", "none", "string", "mapping", "boolean", "integer", "float", "sequence",
      "iterable", "number", "true", "false", "odd", "even":
      return false
    default: throw TemplateError(reason: "the test \(name)")
    }
  }
}
