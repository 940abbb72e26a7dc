/// The syntax tree of a regular expression.
indirect enum RegexNode {
  case scalar(Unicode.Scalar)
  case set(ScalarSet)
  case sequence([RegexNode])
  case alternation([RegexNode])
  case repeated(RegexNode, atLeast: Int, atMost: Int?, RegexGreed)
  case atomic(RegexNode)
  case look(RegexNode, ahead: Bool, negated: Bool)
  case assertion(RegexAssertion)

  /// The number of scalars that every match takes; nil where matches differ.
  var fixedLength: Int? {
    switch self {
    case .scalar, .set: return 1
    case .sequence(let nodes):
      var sum = 0
      for node in nodes {
        guard let length = node.fixedLength else { return nil }
        sum += length
      }
      return sum
    case .alternation(let nodes):
      let lengths = Set(nodes.map(\.fixedLength))
      return lengths.count == 1 ? lengths.first ?? nil : nil
    case .repeated(let node, let atLeast, let atMost, _):
      guard let length = node.fixedLength, atLeast == atMost else { return nil }
      return length * atLeast
    case .atomic(let node): return node.fixedLength
    case .look, .assertion: return 0
    }
  }

  /// True where a match may take no scalar at all.
  var canBeEmpty: Bool {
    switch self {
    case .scalar, .set: false
    case .sequence(let nodes): nodes.allSatisfy(\.canBeEmpty)
    case .alternation(let nodes): nodes.contains(where: \.canBeEmpty)
    case .repeated(let node, let atLeast, _, _): atLeast == 0 || node.canBeEmpty
    case .atomic(let node): node.canBeEmpty
    case .look, .assertion: true
    }
  }
}

/// How a repetition decides how often it repeats.
enum RegexGreed: Sendable {
  case greedy
  case lazy
  case possessive
}

/// A condition on a position.
enum RegexAssertion: Sendable {
  case lineStart, lineEnd, textStart, textEnd, textEndOrLastNewline
  case wordBoundary, notWordBoundary
}

/// How a pattern is written.
enum RegexDialect: Sendable {
  /// Oniguruma's Ruby syntax, the one of HF tokenizers.
  case oniguruma
  /// Python's `re`, the one of module names.
  case python
}

/// Why a pattern cannot be read.
public struct RegexSyntaxError: Error {
  /// The scalar of the pattern at which reading stopped, from 0.
  public var offset: Int
  /// What stands there.
  public var reason: String
}
