/// Runs the syntax tree of a template.
struct TemplateInterpreter {
  /// Variables, the innermost scope last.
  private var scopes: [[String: TemplateValue]]
  private var namespaces: [[String: TemplateValue]] = []
  private var macros: [(parameters: [(name: String, value: TemplateExpression?)], [TemplateNode])] =
    []
  private var output = ""
  private var depth = 0
  /// What a body has left to do: leave its loop, or go on with its next turn.
  private enum Flow {
    case onward
    case leave
    case proceed
  }
  /// A template that never ends is the file's fault, not a reason to hang.
  private var steps = 0
  private static let stepLimit = 2_000_000
  private static let outputLimit = 1 << 28

  init(variables: [String: TemplateValue]) {
    scopes = [variables]
  }

  mutating func render(_ nodes: [TemplateNode]) throws(TemplateError) -> String {
    _ = try run(nodes)
    return output
  }

  private mutating func count() throws(TemplateError) {
    steps += 1
    guard steps < Self.stepLimit, output.utf8.count < Self.outputLimit else {
      throw TemplateError(reason: "a template that does not end")
    }
  }

  // MARK: Statements

  private mutating func run(_ nodes: [TemplateNode]) throws(TemplateError) -> Flow {
    depth += 1
    defer { depth -= 1 }
    guard depth < 200 else { throw TemplateError(reason: "blocks nested too deeply") }
    for node in nodes {
      try count()
      switch node {
      case .text(let text): output += text
      case .output(let expression): output += try evaluate(expression).text
      case .set(let target, let expression): try assign(target, try evaluate(expression))
      case .setBlock(let target, let body):
        let text = try captured(body)
        try assign(target, .string(text))
      case .condition(let branches, let otherwise):
        var chosen = otherwise
        for (test, body) in branches where try evaluate(test).isTrue {
          chosen = body
          break
        }
        let flow = try run(chosen)
        if flow != .onward { return flow }
      case .loop(let names, let items, let filter, let body, let otherwise):
        try loop(names, try evaluate(items), filter, body, otherwise)
      case .macro(let name, let parameters, let body):
        macros.append((parameters, body))
        scopes[scopes.count - 1][name] = .macro(macros.count - 1)
      case .leave: return .leave
      case .proceed: return .proceed
      }
    }
    return .onward
  }

  private mutating func captured(_ body: [TemplateNode]) throws(TemplateError) -> String {
    let before = output
    output = ""
    defer { output = before }
    _ = try run(body)
    return output
  }

  private mutating func assign(_ target: TemplateTarget, _ value: TemplateValue)
    throws(TemplateError)
  {
    switch target {
    case .name(let name): scopes[scopes.count - 1][name] = value
    case .names(let names):
      let values = try TemplateOperations.items(of: value)
      guard values.count == names.count else {
        throw TemplateError(reason: "\(values.count) values for \(names.count) names")
      }
      for (name, value) in zip(names, values) { scopes[scopes.count - 1][name] = value }
    case .attribute(let name, let attribute):
      guard case .namespace(let index) = variable(name) else {
        throw TemplateError(reason: "\(name).\(attribute), whose \(name) is no namespace")
      }
      namespaces[index][attribute] = value
    }
  }

  private mutating func loop(
    _ names: [String], _ value: TemplateValue, _ filter: TemplateExpression?,
    _ body: [TemplateNode], _ otherwise: [TemplateNode]
  ) throws(TemplateError) {
    var items = try TemplateOperations.items(of: value)
    scopes.append([:])
    defer { scopes.removeLast() }
    let target = names.count == 1 ? TemplateTarget.name(names[0]) : .names(names)
    if let filter {
      var kept = [TemplateValue]()
      for item in items {
        try assign(target, item)
        if try evaluate(filter).isTrue { kept.append(item) }
      }
      items = kept
    }
    if items.isEmpty {
      _ = try run(otherwise)
      return
    }
    for (index, item) in items.enumerated() {
      try count()
      scopes[scopes.count - 1] = [:]
      try assign(target, item)
      scopes[scopes.count - 1]["loop"] = .dictionary([
        ("index", .int(index + 1)), ("index0", .int(index)), ("first", .bool(index == 0)),
        ("last", .bool(index == items.count - 1)), ("length", .int(items.count)),
        ("revindex", .int(items.count - index)), ("revindex0", .int(items.count - index - 1)),
        ("previtem", index > 0 ? items[index - 1] : .undefined),
        ("nextitem", index + 1 < items.count ? items[index + 1] : .undefined),
      ])
      if try run(body) == .leave { break }
    }
  }

  // MARK: Expressions

  private func variable(_ name: String) -> TemplateValue {
    for scope in scopes.reversed() {
      if let value = scope[name] { return value }
    }
    return .undefined
  }

  private mutating func evaluate(_ expression: TemplateExpression) throws(TemplateError)
    -> TemplateValue
  {
    try count()
    switch expression {
    case .value(let value): return value
    case .name(let name): return variable(name)
    case .list(let expressions):
      var values = [TemplateValue]()
      for expression in expressions { values.append(try evaluate(expression)) }
      return .list(values)
    case .dictionary(let pairs):
      var members: [(key: String, value: TemplateValue)] = []
      for (key, value) in pairs { members.append((try evaluate(key).text, try evaluate(value))) }
      return .dictionary(members)
    case .attribute(let base, let name):
      let value = try evaluate(base)
      if case .namespace(let index) = value { return namespaces[index][name] ?? .undefined }
      return TemplateOperations.member(value, name)
    case .item(let base, let index):
      return try TemplateOperations.item(try evaluate(base), try evaluate(index))
    case .slice(let base, let start, let stop, let step):
      return try TemplateOperations.slice(
        try evaluate(base), try optional(start), try optional(stop), try optional(step))
    case .call(let function, let arguments): return try call(function, arguments)
    case .filter(let base, let name, let arguments):
      return try filter(try evaluate(base), name, arguments)
    case .test(let base, let name, let arguments, let negated):
      let value = try evaluate(base)
      let operands = try self.arguments(arguments).positional
      return .bool(try TemplateOperations.test(value, name, operands) != negated)
    case .unary("not", let operand): return .bool(try !evaluate(operand).isTrue)
    case .unary(_, let operand):
      return try TemplateOperations.binary("-", .int(0), try evaluate(operand))
    case .binary("and", let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? try evaluate(right) : value
    case .binary("or", let left, let right):
      let value = try evaluate(left)
      return value.isTrue ? value : try evaluate(right)
    case .binary(let mark, let left, let right):
      return try TemplateOperations.binary(mark, try evaluate(left), try evaluate(right))
    case .conditional(let value, let test, let otherwise):
      if try evaluate(test).isTrue { return try evaluate(value) }
      return try otherwise.map { expression throws(TemplateError) in try evaluate(expression) }
        ?? .undefined
    }
  }

  private mutating func optional(_ expression: TemplateExpression?) throws(TemplateError)
    -> TemplateValue?
  {
    guard let expression else { return nil }
    return try evaluate(expression)
  }

  private mutating func arguments(_ arguments: [TemplateArgument]) throws(TemplateError)
    -> TemplateCall
  {
    var call = TemplateCall()
    for argument in arguments {
      let value = try evaluate(argument.value)
      if let name = argument.name {
        call.named[name] = value
      } else {
        call.positional.append(value)
      }
    }
    return call
  }

  private mutating func call(_ function: TemplateExpression, _ arguments: [TemplateArgument])
    throws(TemplateError) -> TemplateValue
  {
    let call = try self.arguments(arguments)
    if case .attribute(let base, let method) = function {
      let value = try evaluate(base)
      return try TemplateOperations.method(value, method, call)
    }
    guard case .name(let name) = function else {
      throw TemplateError(reason: "a call of something without a name")
    }
    if case .macro(let index) = variable(name) { return try callMacro(index, call) }
    switch name {
    case "raise_exception": throw TemplateError(reason: call.positional.first?.text ?? "")
    case "namespace":
      namespaces.append(call.named)
      return .namespace(namespaces.count - 1)
    case "dict": return .dictionary(call.named.sorted { $0.key < $1.key }.map { ($0, $1) })
    case "range": return try TemplateOperations.range(call.positional)
    case "strftime_now":
      throw TemplateError(reason: "strftime_now, which would make the text depend on the day")
    default: throw TemplateError(reason: "the function \(name)")
    }
  }

  private mutating func callMacro(_ index: Int, _ call: TemplateCall) throws(TemplateError)
    -> TemplateValue
  {
    let (parameters, body) = macros[index]
    var scope = [String: TemplateValue]()
    for (place, parameter) in parameters.enumerated() {
      if place < call.positional.count {
        scope[parameter.name] = call.positional[place]
      } else if let value = call.named[parameter.name] {
        scope[parameter.name] = value
      } else if let value = parameter.value {
        scope[parameter.name] = try evaluate(value)
      }
    }
    // A macro sees its arguments and the template's own variables.
    let outer = scopes
    scopes = [outer[0], scope]
    defer { scopes = outer }
    return .string(try captured(body))
  }

  private mutating func filter(
    _ value: TemplateValue, _ name: String, _ arguments: [TemplateArgument]
  ) throws(TemplateError) -> TemplateValue {
    let call = try self.arguments(arguments)
    switch name {
    case "map":
      var result = [TemplateValue]()
      for item in try TemplateOperations.items(of: value) {
        if let attribute = call.named["attribute"]?.text {
          result.append(TemplateOperations.member(item, attribute))
        } else {
          result.append(
            try TemplateOperations.filter(item, call.positional.first?.text ?? "", TemplateCall()))
        }
      }
      return .list(result)
    case "selectattr", "rejectattr", "select", "reject":
      let isAttribute = name.hasSuffix("attr")
      var operands = call.positional[...]
      let attribute = isAttribute ? operands.popFirst()?.text ?? "" : ""
      let test = operands.popFirst()?.text
      var result = [TemplateValue]()
      for item in try TemplateOperations.items(of: value) {
        let subject = isAttribute ? TemplateOperations.member(item, attribute) : item
        let holds =
          try test.map { test throws(TemplateError) in
            try TemplateOperations.test(subject, test, Array(operands))
          } ?? subject.isTrue
        if holds == name.hasPrefix("select") { result.append(item) }
      }
      return .list(result)
    default: return try TemplateOperations.filter(value, name, call)
    }
  }
}

/// The evaluated arguments of a call.
struct TemplateCall {
  var positional: [TemplateValue] = []
  var named: [String: TemplateValue] = [:]

  /// An argument by its place, or by its name.
  func value(_ place: Int, _ name: String) -> TemplateValue? {
    place < positional.count ? positional[place] : named[name]
  }
}
