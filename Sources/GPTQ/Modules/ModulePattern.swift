import Basics

/// A regular expression over module names, such as the keys of `dynamic` hold. It is matched as
/// Python's `re.match` does: from the first character, to wherever it ends.
///
/// Patterns come with checkpoints of strangers, so that matching must not take exponential time: each
/// part maps the set of positions where it may begin to the set where it may end, and nothing is
/// tried twice. The syntax is what such patterns use: literals, `.`, classes, `\d \w \s` and their
/// opposites, groups, `|`, greedy and lazy repetitions (which match the same names), `^`, `$`, `\b`
/// and look-ahead.
struct ModulePattern: Sendable {
  /// The places between characters, by what may stand before them.
  private typealias Positions = Set<Int>

  private let root: Node

  /// Reads a pattern; errors say which character is not understood.
  init(_ pattern: String) throws(InputError) {
    var parser = Parser(pattern)
    root = try parser.whole()
  }

  /// Whether the pattern matches a beginning of `name`.
  func matches(_ name: String) -> Bool {
    let characters = Array(name.unicodeScalars.prefix(Self.longestName))
    return !Self.ends(of: root, in: characters, from: [0]).isEmpty
  }

  /// Scalars of a name that are looked at.
  private static let longestName = 512

  fileprivate indirect enum Node: Sendable {
    case scalar(Set<Unicode.Scalar>, negated: Bool)
    case sequence([Node])
    case choice([Node])
    case repeated(Node, atLeast: Int, atMost: Int?)
    case start
    case end
    case wordBoundary(negated: Bool)
    case ahead(Node, negated: Bool)
  }

  /// Where matches of `node` may end that begin at one of `starts`.
  private static func ends(
    of node: Node, in text: [Unicode.Scalar], from starts: Positions
  ) -> Positions {
    if starts.isEmpty { return [] }
    switch node {
    case .scalar(let set, let negated):
      return Set(
        starts.filter { $0 < text.count && set.contains(text[$0]) != negated }.map { $0 + 1 })
    case .sequence(let parts):
      return parts.reduce(starts) { ends(of: $1, in: text, from: $0) }
    case .choice(let branches):
      return branches.reduce(into: []) { $0.formUnion(ends(of: $1, in: text, from: starts)) }
    case .repeated(let part, let atLeast, let atMost):
      var current = starts
      for _ in 0..<atLeast { current = ends(of: part, in: text, from: current) }
      var reached = current
      var count = atLeast
      while !current.isEmpty, count < atMost ?? .max {
        current = ends(of: part, in: text, from: current).subtracting(reached)
        reached.formUnion(current)
        count += 1
      }
      return reached
    case .start: return starts.filter { $0 == 0 }
    case .end: return starts.filter { $0 == text.count }
    case .wordBoundary(let negated):
      return starts.filter { (isWord(text, $0 - 1) != isWord(text, $0)) != negated }
    case .ahead(let part, let negated):
      return starts.filter { ends(of: part, in: text, from: [$0]).isEmpty == negated }
    }
  }

  private static func isWord(_ text: [Unicode.Scalar], _ index: Int) -> Bool {
    text.indices.contains(index) && wordScalars.contains(text[index])
  }
}

private let digits = Set("0123456789".unicodeScalars)
private let wordScalars = Set(
  "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_".unicodeScalars)
private let spaces = Set(" \t\n\r\u{0B}\u{0C}".unicodeScalars)

/// Reads a pattern into its tree.
private struct Parser {
  private let pattern: String
  private let scalars: [Unicode.Scalar]
  private var position = 0
  private var depth = 0

  init(_ pattern: String) {
    self.pattern = pattern
    scalars = Array(pattern.unicodeScalars)
  }

  mutating func whole() throws(InputError) -> ModulePattern.Node {
    guard scalars.count <= 1024 else { throw error("more than 1,024 characters") }
    let node = try choice()
    guard position == scalars.count else { throw error("an unmatched )") }
    return node
  }

  private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

  private mutating func take(_ text: String) -> Bool {
    let wanted = Array(text.unicodeScalars)
    guard scalars[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  private func error(_ found: String) -> InputError {
    InputError(
      .usage, asked: "match modules with the pattern \(pattern)",
      found: "\(found), at character \(position + 1)",
      hint: "write a regular expression over names such as model.layers.0.mlp.down_proj")
  }

  private mutating func choice() throws(InputError) -> ModulePattern.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 16 else { throw error("groups nested deeper than 16") }
    var branches = [try sequence()]
    while take("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .choice(branches)
  }

  private mutating func sequence() throws(InputError) -> ModulePattern.Node {
    var parts: [ModulePattern.Node] = []
    while let scalar = next, scalar != "|", scalar != ")" {
      parts.append(try repeated(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func repeated(
    _ node: ModulePattern.Node
  ) throws(InputError) -> ModulePattern.Node {
    var (atLeast, atMost): (Int, Int?)
    if take("*") {
      (atLeast, atMost) = (0, nil)
    } else if take("+") {
      (atLeast, atMost) = (1, nil)
    } else if take("?") {
      (atLeast, atMost) = (0, 1)
    } else if let interval = try interval() {
      (atLeast, atMost) = interval
    } else {
      return node
    }
    _ = take("?")
    if let next, "*+?{".unicodeScalars.contains(next) {
      throw error("a repetition of a repetition")
    }
    return .repeated(node, atLeast: atLeast, atMost: atMost)
  }

  /// `{n}`, `{n,}`, `{,m}` or `{n,m}`; a brace that is none of them is a literal.
  private mutating func interval() throws(InputError) -> (Int, Int?)? {
    let start = position
    guard take("{") else { return nil }
    let low = number()
    var high = low
    if take(",") { high = number() } else if low == nil { high = 0 }
    guard take("}"), low != nil || high != nil else {
      position = start
      return nil
    }
    guard max(low ?? 0, high ?? 0) <= 100, (low ?? 0) <= (high ?? 100) else {
      throw error("a repetition beyond 100, or {n,m} with m below n")
    }
    return (low ?? 0, high)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while let digit = next, digits.contains(digit), (value ?? 0) < 1000 {
      value = (value ?? 0) * 10 + Int(digit.value - 48)
      position += 1
    }
    return value
  }

  private mutating func atom() throws(InputError) -> ModulePattern.Node {
    guard let scalar = next else { throw error("an early end") }
    switch scalar {
    case "(": return try group()
    case "[": return try characterClass()
    case "\\": return try escape()
    case "*", "+", "?": throw error("a repetition of nothing")
    default: break
    }
    position += 1
    switch scalar {
    case ".": return .scalar(["\n"], negated: true)
    case "^": return .start
    case "$": return .end
    default: return .scalar([scalar], negated: false)
    }
  }

  private mutating func group() throws(InputError) -> ModulePattern.Node {
    var ahead: Bool?
    if take("(?:") {
    } else if take("(?=") {
      ahead = false
    } else if take("(?!") {
      ahead = true
    } else if take("(?") {
      throw error("a group of a kind that is not supported")
    } else {
      _ = take("(")
    }
    let node = try choice()
    guard take(")") else { throw error("a group that does not close") }
    return ahead.map { .ahead(node, negated: $0) } ?? node
  }

  private mutating func escape() throws(InputError) -> ModulePattern.Node {
    position += 1
    guard let scalar = next else { throw error("a backslash at the end") }
    position += 1
    switch scalar {
    case "b": return .wordBoundary(negated: false)
    case "B": return .wordBoundary(negated: true)
    case "A": return .start
    case "Z": return .end
    default:
      let (set, negated) = try escaped(scalar)
      return .scalar(set, negated: negated)
    }
  }

  /// What a backslash and `scalar` stand for, inside a class or outside.
  private func escaped(
    _ scalar: Unicode.Scalar
  ) throws(InputError) -> (Set<Unicode.Scalar>, negated: Bool) {
    switch scalar {
    case "d": return (digits, false)
    case "D": return (digits, true)
    case "w": return (wordScalars, false)
    case "W": return (wordScalars, true)
    case "s": return (spaces, false)
    case "S": return (spaces, true)
    case "n": return (["\n"], false)
    case "t": return (["\t"], false)
    default:
      guard !wordScalars.contains(scalar) else {
        throw error("\\\(scalar), which is not supported")
      }
      return ([scalar], false)
    }
  }

  private mutating func characterClass() throws(InputError) -> ModulePattern.Node {
    position += 1
    let negated = take("^")
    var set: Set<Unicode.Scalar> = []
    var isFirst = true
    while let scalar = next, isFirst || scalar != "]" {
      isFirst = false
      position += 1
      if scalar == "\\" {
        guard let what = next else { break }
        position += 1
        let (some, opposite) = try escaped(what)
        guard !opposite else { throw error("the opposite of a class inside a class") }
        set.formUnion(some)
      } else if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
        let last = scalars[position + 1]
        position += 2
        guard scalar <= last, last.value - scalar.value < 1024 else {
          throw error("a range that runs backwards, or too far")
        }
        set.formUnion((scalar.value...last.value).compactMap(Unicode.Scalar.init))
      } else {
        set.insert(scalar)
      }
    }
    guard take("]") else { throw error("a class that does not close") }
    return .scalar(set, negated: negated)
  }
}
