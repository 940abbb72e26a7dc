/// Reads the tokens of one `{{ }}` or `{% %}` by recursive descent, with Jinja's precedences.
struct ExpressionParser {
  private let tokens: [TemplateToken]
  private var position = 0
  private var depth = 0

  init(_ tokens: [TemplateToken]) {
    self.tokens = tokens
  }

  private var next: TemplateToken? { position < tokens.count ? tokens[position] : nil }

  mutating func take(_ mark: String) -> Bool {
    guard next == .mark(mark) else { return false }
    position += 1
    return true
  }

  mutating func takeName(_ name: String) -> Bool {
    guard next == .name(name) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ mark: String) throws(TemplateError) {
    guard take(mark) else { throw TemplateError(reason: "no '\(mark)' where one should be") }
  }

  mutating func name() throws(TemplateError) -> String {
    guard case .name(let name) = next else { throw TemplateError(reason: "no name") }
    position += 1
    return name
  }

  mutating func target() throws(TemplateError) -> TemplateTarget {
    let first = try name()
    if take(".") { return .attribute(first, try name()) }
    var names = [first]
    while take(",") { names.append(try name()) }
    return names.count == 1 ? .name(first) : .names(names)
  }

  /// One expression, and nothing behind it; several with commas are a list.
  mutating func whole() throws(TemplateError) -> TemplateExpression {
    var items = [try expression()]
    while take(",") { items.append(try expression()) }
    guard position == tokens.count else { throw TemplateError(reason: "text after an expression") }
    return items.count == 1 ? items[0] : .list(items)
  }

  mutating func expression() throws(TemplateError) -> TemplateExpression {
    depth += 1
    defer { depth -= 1 }
    guard depth < 100 else { throw TemplateError(reason: "an expression nested too deeply") }
    let value = try or()
    guard takeName("if") else { return value }
    let test = try or()
    return .conditional(
      value, test: test, otherwise: takeName("else") ? try expression() : nil)
  }

  /// An expression whose `if` belongs to the statement around it.
  mutating func withoutCondition() throws(TemplateError) -> TemplateExpression { try or() }

  private mutating func or() throws(TemplateError) -> TemplateExpression {
    var left = try and()
    while takeName("or") { left = .binary("or", left, try and()) }
    return left
  }

  private mutating func and() throws(TemplateError) -> TemplateExpression {
    var left = try not()
    while takeName("and") { left = .binary("and", left, try not()) }
    return left
  }

  private mutating func not() throws(TemplateError) -> TemplateExpression {
    takeName("not") ? .unary("not", try not()) : try comparison()
  }

  private mutating func comparison() throws(TemplateError) -> TemplateExpression {
    var left = try sum()
    while true {
      if case .mark(let mark) = next, ["==", "!=", "<", ">", "<=", ">="].contains(mark) {
        position += 1
        left = .binary(mark, left, try sum())
      } else if takeName("in") {
        left = .binary("in", left, try sum())
      } else if next == .name("not"), position + 1 < tokens.count,
        tokens[position + 1] == .name("in")
      {
        position += 2
        left = .unary("not", .binary("in", left, try sum()))
      } else {
        return left
      }
    }
  }

  private mutating func sum() throws(TemplateError) -> TemplateExpression {
    var left = try concatenation()
    while case .mark(let mark) = next, mark == "+" || mark == "-" {
      position += 1
      left = .binary(mark, left, try concatenation())
    }
    return left
  }

  private mutating func concatenation() throws(TemplateError) -> TemplateExpression {
    var left = try product()
    while take("~") { left = .binary("~", left, try product()) }
    return left
  }

  private mutating func product() throws(TemplateError) -> TemplateExpression {
    var left = try unary()
    while case .mark(let mark) = next, ["*", "/", "//", "%"].contains(mark) {
      position += 1
      left = .binary(mark, left, try unary())
    }
    return left
  }

  private mutating func unary() throws(TemplateError) -> TemplateExpression {
    if take("-") { return .unary("-", try unary()) }
    if take("+") { return try unary() }
    return try postfix()
  }

  private mutating func postfix() throws(TemplateError) -> TemplateExpression {
    var value = try primary()
    while true {
      if take(".") {
        value = .attribute(value, try name())
      } else if take("[") {
        value = try subscripted(value)
      } else if take("(") {
        value = .call(value, try arguments())
      } else if take("|") {
        let filter = try name()
        value = .filter(value, filter, take("(") ? try arguments() : [])
      } else if takeName("is") {
        let negated = takeName("not")
        let test = try name()
        var arguments = [TemplateArgument]()
        if take("(") {
          arguments = try self.arguments()
        } else if startsOperand {
          arguments = [TemplateArgument(name: nil, value: try primary())]
        }
        value = .test(value, test, arguments, negated: negated)
      } else {
        return value
      }
    }
  }

  /// Whether a test such as `equalto 3` goes on with its argument.
  private var startsOperand: Bool {
    switch next {
    case .string, .int, .double: true
    case .name(let name):
      !["and", "or", "else", "if", "is", "in", "not", "recursive"].contains(name)
    default: false
    }
  }

  private mutating func subscripted(_ value: TemplateExpression) throws(TemplateError)
    -> TemplateExpression
  {
    var parts: [TemplateExpression?] = [nil]
    while !take("]") {
      if take(":") {
        parts.append(nil)
      } else {
        parts[parts.count - 1] = try expression()
      }
      guard parts.count <= 3, next != nil else { throw TemplateError(reason: "a broken subscript") }
    }
    guard parts.count > 1 else {
      guard let index = parts[0] else { throw TemplateError(reason: "an empty subscript") }
      return .item(value, index)
    }
    return .slice(value, parts[0], parts[1], parts.count > 2 ? parts[2] : nil)
  }

  private mutating func arguments() throws(TemplateError) -> [TemplateArgument] {
    var arguments = [TemplateArgument]()
    while !take(")") {
      var label: String?
      if case .name(let name) = next, position + 1 < tokens.count,
        tokens[position + 1] == .mark("=")
      {
        position += 2
        label = name
      }
      arguments.append(TemplateArgument(name: label, value: try expression()))
      if !take(","), next != .mark(")") { throw TemplateError(reason: "a broken call") }
    }
    return arguments
  }

  private mutating func primary() throws(TemplateError) -> TemplateExpression {
    guard let token = next else { throw TemplateError(reason: "an expression that ends early") }
    position += 1
    switch token {
    case .string(var text):
      // Neighbouring strings are one.
      while case .string(let more) = next {
        text += more
        position += 1
      }
      return .value(.string(text))
    case .int(let value): return .value(.int(value))
    case .double(let value): return .value(.double(value))
    case .name(let name):
      switch name {
      case "true", "True": return .value(.bool(true))
      case "false", "False": return .value(.bool(false))
      case "none", "None": return .value(.null)
      default: return .name(name)
      }
    case .mark("("):
      var items = [try expression()]
      var isTuple = false
      while take(",") {
        isTuple = true
        if next == .mark(")") { break }
        items.append(try expression())
      }
      try expect(")")
      return isTuple ? .list(items) : items[0]
    case .mark("["):
      var items = [TemplateExpression]()
      while !take("]") {
        items.append(try expression())
        if !take(","), next != .mark("]") { throw TemplateError(reason: "a broken list") }
      }
      return .list(items)
    case .mark("{"):
      var members: [(TemplateExpression, TemplateExpression)] = []
      while !take("}") {
        let key = try expression()
        try expect(":")
        members.append((key, try expression()))
        if !take(","), next != .mark("}") { throw TemplateError(reason: "a broken dictionary") }
      }
      return .dictionary(members)
    default: throw TemplateError(reason: "an expression that cannot be read")
    }
  }
}
