/// Reads a pattern in Oniguruma's Ruby syntax, the one of HF tokenizers: `^` and `$` match at lines,
/// `(?m)` lets the dot match a newline, classes nest and intersect (`&&`), `\h` is a hexadecimal
/// digit. Or in that of Python's `re`: `^` and `$` match at the ends, `(?s)` lets the dot match a newline,
/// classes do not nest. Back references, conditionals and subexpression calls are not supported.
struct RegexParser {
  private let pattern: [Unicode.Scalar]
  private let dialect: RegexDialect
  private var position = 0
  private var depth = 0
  private var ignoresCase = false
  private var isExtended = false
  private var dotMatchesNewline = false
  private var anchorsAtLines: Bool

  static func parse(
    _ pattern: String, as dialect: RegexDialect = .oniguruma
  ) throws(RegexSyntaxError) -> RegexNode {
    var parser = RegexParser(Array(pattern.unicodeScalars), dialect)
    let node = try parser.alternation()
    guard parser.position == parser.pattern.count else {
      throw parser.error("an unmatched ')'")
    }
    return node
  }

  private init(_ pattern: [Unicode.Scalar], _ dialect: RegexDialect) {
    self.pattern = pattern
    self.dialect = dialect
    anchorsAtLines = dialect == .oniguruma
  }

  private var isPython: Bool { dialect == .python }

  // MARK: Reading

  private func error(_ reason: String) -> RegexSyntaxError {
    RegexSyntaxError(offset: position, reason: reason)
  }

  private var next: Unicode.Scalar? {
    position < pattern.count ? pattern[position] : nil
  }

  private mutating func take(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    guard pattern[position...].starts(with: scalars) else { return false }
    position += scalars.count
    return true
  }

  private mutating func takeAny() throws(RegexSyntaxError) -> Unicode.Scalar {
    guard let scalar = next else { throw error("the pattern ends too early") }
    position += 1
    return scalar
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next, ("0"..."9").contains(digit), (value ?? 0) < 100_000 {
      value = (value ?? 0) * 10 + Int(digit.value - 48)
      position += 1
    }
    return value
  }

  // MARK: Structure

  private mutating func alternation() throws(RegexSyntaxError) -> RegexNode {
    depth += 1
    guard depth <= 100 else { throw error("groups nested deeper than 100 levels") }
    defer { depth -= 1 }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .alternation(branches)
  }

  private mutating func sequence() throws(RegexSyntaxError) -> RegexNode {
    var nodes = [RegexNode]()
    while let scalar = next, scalar != "|", scalar != ")" {
      if isExtended, ScalarClass.space.contains(scalar) {
        position += 1
      } else if isExtended, scalar == "#" {
        while let comment = next, comment != "\n" {
          _ = comment
          position += 1
        }
      } else if let node = try atom() {
        nodes.append(try quantified(node))
      }
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  private mutating func quantified(_ node: RegexNode) throws(RegexSyntaxError) -> RegexNode {
    var node = node
    while let (atLeast, atMost, isInterval) = interval() {
      if let atMost, atMost < atLeast { throw error("a repetition {n,m} with m < n") }
      let most = isPython ? 100 : 1000
      guard max(atLeast, atMost ?? 0) <= most else {
        throw error("a repetition of more than \(most) times")
      }
      var greed = RegexGreed.greedy
      if take("?") {
        greed = .lazy
      } else if !isInterval || isPython, take("+") {
        greed = .possessive
      }
      node = .repeated(node, atLeast: atLeast, atMost: atMost, greed)
      let start = position
      if isPython, interval() != nil {
        position = start
        throw error("a repetition of a repetition")
      }
    }
    return node
  }

  private mutating func interval() -> (Int, Int?, isInterval: Bool)? {
    if take("*") { return (0, nil, false) }
    if take("+") { return (1, nil, false) }
    if take("?") { return (0, 1, false) }
    let start = position
    guard take("{") else { return nil }
    let low = number()
    var high = low
    if take(",") { high = number() }
    guard take("}"), low != nil || high != nil else {
      position = start
      return nil
    }
    return (low ?? 0, high, true)
  }

  private mutating func atom() throws(RegexSyntaxError) -> RegexNode? {
    let scalar = try takeAny()
    switch scalar {
    case ".":
      var set = ScalarSet.all
      if !dotMatchesNewline { set.remove(0x0A) }
      return .set(set)
    case "^": return .assertion(anchorsAtLines ? .lineStart : .textStart)
    case "$": return .assertion(anchorsAtLines ? .lineEnd : .textEndOrLastNewline)
    case "[": return .set(folded(try characterClass()))
    case "(": return try group()
    case "*", "+", "?":
      position -= 1
      throw error("a repetition of nothing")
    case "\\": return try escape()
    default: return literal(scalar)
    }
  }

  private mutating func group() throws(RegexSyntaxError) -> RegexNode? {
    let flags = (ignoresCase, isExtended, dotMatchesNewline, anchorsAtLines)
    defer { (ignoresCase, isExtended, dotMatchesNewline, anchorsAtLines) = flags }
    var wrap: (RegexNode) -> RegexNode = { $0 }
    if take("?#") {
      while try takeAny() != ")" {}
      return nil
    } else if take("?=") {
      wrap = { .look($0, ahead: true, negated: false) }
    } else if take("?!") {
      wrap = { .look($0, ahead: true, negated: true) }
    } else if isPython, take("?P<") {
      while try takeAny() != ">" {}
    } else if isPython, take("?<") {
      throw error("a group of a kind that is not supported")
    } else if take("?<=") {
      wrap = { .look($0, ahead: false, negated: false) }
    } else if take("?<!") {
      wrap = { .look($0, ahead: false, negated: true) }
    } else if take("?>") {
      wrap = { .atomic($0) }
    } else if take("?<") {
      while try takeAny() != ">" {}
    } else if take("?") {
      // `(?i)` without a colon holds to the end of the enclosing group: the rest is its body.
      if try inlineFlags() { return try alternation() }
    }
    let node = try alternation()
    guard take(")") else { throw error("')' should be here") }
    return wrap(node)
  }

  /// Sets the flags of `(?im-x:…)` or `(?im-x)`; true of the second form.
  private mutating func inlineFlags() throws(RegexSyntaxError) -> Bool {
    var isOn = true
    while true {
      let flag = try takeAny()
      switch flag {
      case "i": ignoresCase = isOn
      case "x": isExtended = isOn
      case "m" where isPython: anchorsAtLines = isOn
      case "s" where isPython: dotMatchesNewline = isOn
      case "m": dotMatchesNewline = isOn
      case "-": isOn = false
      case ":": return false
      case ")": return true
      default:
        position -= 1
        throw error("an unknown group (?\(flag)")
      }
    }
  }

  // MARK: Scalars

  private func literal(_ scalar: Unicode.Scalar) -> RegexNode {
    guard ignoresCase else { return .scalar(scalar) }
    var set = ScalarSet()
    set.insert(scalar.value)
    return .set(folded(set))
  }

  private func folded(_ set: ScalarSet) -> ScalarSet {
    ignoresCase ? CaseClosure.shared.closure(of: set) : set
  }

  private mutating func escape() throws(RegexSyntaxError) -> RegexNode {
    switch next {
    case "A": return try assertion(.textStart)
    case "Z" where isPython: return try assertion(.textEnd)
    case "z" where !isPython: return try assertion(.textEnd)
    case "Z": return try assertion(.textEndOrLastNewline)
    case "b": return try assertion(.wordBoundary)
    case "B": return try assertion(.notWordBoundary)
    case "G", "K", "R", "X", "k", "g":
      throw error("the escape \\\(next.map(String.init) ?? "")")
    case .some("1"..."9"): throw error("a back reference")
    default:
      let item = try classEscape()
      if case .scalar(let scalar) = item { return literal(scalar) }
      return item
    }
  }

  private mutating func assertion(_ assertion: RegexAssertion) throws(RegexSyntaxError)
    -> RegexNode
  {
    _ = try takeAny()
    return .assertion(assertion)
  }

  /// What follows a backslash inside or outside of a class: one scalar, or a set.
  private mutating func classEscape() throws(RegexSyntaxError) -> RegexNode {
    let scalar = try takeAny()
    switch scalar {
    case _ where isPython && "hHpPez".unicodeScalars.contains(scalar):
      position -= 1
      throw error("the escape \\\(scalar)")
    case "s": return .set(ScalarClass.space)
    case "S": return .set(ScalarClass.space.inverted())
    case "w": return .set(ScalarClass.word)
    case "W": return .set(ScalarClass.word.inverted())
    case "d": return .set(ScalarClass.digit)
    case "D": return .set(ScalarClass.digit.inverted())
    case "h": return .set(ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66))
    case "H": return .set(ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66).inverted())
    case "p", "P": return .set(try property(isNegated: scalar == "P"))
    case "n": return .scalar("\n")
    case "r": return .scalar("\r")
    case "t": return .scalar("\t")
    case "f": return .scalar("\u{0C}")
    case "v": return .scalar("\u{0B}")
    case "a": return .scalar("\u{07}")
    case "e": return .scalar("\u{1B}")
    case "0": return .scalar("\0")
    case "x":
      if take("{") {
        let value = try hexadecimal(atMost: 8)
        guard take("}") else { throw error("'}' should be here") }
        return .scalar(value)
      }
      return .scalar(try hexadecimal(atMost: 2))
    case "u": return .scalar(try hexadecimal(atMost: 4))
    default:
      if scalar.isASCII, ScalarClass.word.contains(scalar), scalar != "_" {
        position -= 1
        throw error("the escape \\\(scalar)")
      }
      return .scalar(scalar)
    }
  }

  private mutating func hexadecimal(atMost count: Int) throws(RegexSyntaxError) -> Unicode.Scalar {
    var value: UInt32 = 0
    var digits = 0
    while digits < count, let scalar = next, let digit = Character(scalar).hexDigitValue {
      value = value &* 16 &+ UInt32(digit)
      digits += 1
      position += 1
    }
    guard digits > 0, let scalar = Unicode.Scalar(value) else {
      throw error("a hexadecimal scalar should be here")
    }
    return scalar
  }

  private mutating func property(isNegated: Bool) throws(RegexSyntaxError) -> ScalarSet {
    guard take("{") else { throw error("'{' should be here") }
    let inverts = take("^") != isNegated
    var name = ""
    while let scalar = next, scalar != "}" {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard let set = UnicodeProperty.scalars(named: name) else {
      throw error("the property \\p{\(name)}")
    }
    position += 1
    return inverts ? set.inverted() : set
  }

  // MARK: Classes

  /// A class after its opening bracket, up to and with the closing one.
  private mutating func characterClass() throws(RegexSyntaxError) -> ScalarSet {
    depth += 1
    guard depth <= 100 else { throw error("classes nested deeper than 100 levels") }
    defer { depth -= 1 }
    let isNegated = take("^")
    var result: ScalarSet?
    var current = ScalarSet()
    var isFirst = true
    while isFirst || !take("]") {
      if isPython {
        try classItem(into: &current)
      } else if take("&&") {
        result?.formIntersection(current)
        result = result ?? current
        current = ScalarSet()
      } else if take("[:") {
        current.formUnion(try posixClass())
      } else if take("[") {
        current.formUnion(try characterClass())
      } else {
        try classItem(into: &current)
      }
      isFirst = false
    }
    result?.formIntersection(current)
    let set = result ?? current
    return isNegated ? set.inverted() : set
  }

  private mutating func classItem(into set: inout ScalarSet) throws(RegexSyntaxError) {
    let first = try classScalar()
    guard case .scalar(let low) = first else {
      if case .set(let other) = first { set.formUnion(other) }
      return
    }
    let start = position
    if take("-"), let scalar = next, scalar != "]" {
      if case .scalar(let high) = try classScalar() {
        guard low <= high else { throw error("a range from high to low") }
        set.insert(low.value...high.value)
        return
      }
      position = start
    } else {
      position = start
    }
    set.insert(low.value)
  }

  private mutating func classScalar() throws(RegexSyntaxError) -> RegexNode {
    if take("\\") {
      if take("b") { return .scalar("\u{08}") }
      return try classEscape()
    }
    return .scalar(try takeAny())
  }

  private mutating func posixClass() throws(RegexSyntaxError) -> ScalarSet {
    let isNegated = take("^")
    var name = ""
    while let scalar = next, scalar != ":" {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":]"), let set = UnicodeProperty.scalars(named: name) else {
      throw error("the class [:\(name):]")
    }
    return isNegated ? set.inverted() : set
  }
}
