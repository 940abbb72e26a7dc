/// One step of a compiled pattern.
enum RegexInstruction: Sendable {
  case scalar(Unicode.Scalar)
  case set(Int)
  /// A run of scalars of one set.
  case run(set: Int, atLeast: Int, atMost: Int, RegexGreed)
  /// Goes on at `first`; where that fails, at `second`.
  case split(first: Int, second: Int)
  case jump(Int)
  /// Leaves a loop whose body has matched nothing since the last `mark` of this slot.
  case mark(slot: Int)
  /// The loop of this slot is left.
  case unmark(slot: Int)
  case leaveIfEmpty(slot: Int, Int)
  case assertion(RegexAssertion)
  /// Matches the block that follows, up to its `accept`, and goes on at `next` behind it.
  case atomic(next: Int)
  case lookahead(next: Int, negated: Bool)
  /// The same for blocks of fixed `lengths` that end here; the i-th starts at `starts[i]`.
  case lookbehind(starts: [Int], lengths: [Int], next: Int, negated: Bool)
  case accept
}

/// A compiled regular expression over Unicode scalars; what matches, and how much of it, is what Oniguruma
/// or Python's `re` finds.
struct Regex: Sendable {
  var instructions: [RegexInstruction] = []
  var sets: [ScalarSet] = []
  var slotCount = 0
  private let longest: Int

  /// Compiles `pattern` (see `RegexParser` for the syntax), which may take so many steps.
  init(
    _ pattern: String, as dialect: RegexDialect = .oniguruma, atMost longest: Int = 100_000
  ) throws(RegexSyntaxError) {
    try self.init(try RegexParser.parse(pattern, as: dialect), atMost: longest)
  }

  /// Compiles a syntax tree.
  init(_ node: RegexNode, atMost longest: Int = 100_000) throws(RegexSyntaxError) {
    self.longest = longest
    try emit(node)
    instructions.append(.accept)
    guard slotCount <= 64 else {
      throw RegexSyntaxError(
        offset: 0, reason: "more than 64 endless repetitions of what may be empty")
    }
  }

  private mutating func emit(_ node: RegexNode) throws(RegexSyntaxError) {
    guard instructions.count < longest else {
      throw RegexSyntaxError(offset: 0, reason: "a pattern of more than \(longest) steps")
    }
    switch node {
    case .scalar(let scalar): instructions.append(.scalar(scalar))
    case .set(let set):
      sets.append(set)
      instructions.append(.set(sets.count - 1))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .alternation(let nodes): try emitAlternation(nodes)
    case .repeated(let node, let atLeast, let atMost, let greed):
      try emitRepeat(node, atLeast, atMost, greed)
    case .atomic(let node):
      try emitBlock(node) { .atomic(next: $0) }
    case .assertion(let assertion): instructions.append(.assertion(assertion))
    case .look(let node, ahead: true, let negated):
      try emitBlock(node) { .lookahead(next: $0, negated: negated) }
    case .look(let node, ahead: false, let negated):
      try emitLookbehind(node, negated)
    }
  }

  private mutating func emitBlock(
    _ node: RegexNode, _ instruction: (Int) -> RegexInstruction
  ) throws(RegexSyntaxError) {
    let place = instructions.count
    instructions.append(.accept)
    try emit(node)
    instructions.append(.accept)
    instructions[place] = instruction(instructions.count)
  }

  private mutating func emitAlternation(_ nodes: [RegexNode]) throws(RegexSyntaxError) {
    var jumps = [Int]()
    for (index, node) in nodes.enumerated() {
      guard index < nodes.count - 1 else {
        try emit(node)
        break
      }
      let split = instructions.count
      instructions.append(.accept)
      try emit(node)
      jumps.append(instructions.count)
      instructions.append(.accept)
      instructions[split] = .split(first: split + 1, second: instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func emitRepeat(
    _ node: RegexNode, _ atLeast: Int, _ atMost: Int?, _ greed: RegexGreed
  ) throws(RegexSyntaxError) {
    if case .scalar(let scalar) = node {
      var set = ScalarSet()
      set.insert(scalar.value)
      return try emitRepeat(.set(set), atLeast, atMost, greed)
    }
    if case .set(let set) = node {
      sets.append(set)
      instructions.append(
        .run(set: sets.count - 1, atLeast: atLeast, atMost: atMost ?? Int.max, greed))
      return
    }
    if greed == .possessive {
      return try emit(.atomic(.repeated(node, atLeast: atLeast, atMost: atMost, .greedy)))
    }
    for _ in 0..<atLeast { try emit(node) }
    guard let atMost else { return try emitLoop(node, greed) }
    var splits = [Int]()
    for _ in atLeast..<max(atLeast, atMost) {
      splits.append(instructions.count)
      instructions.append(.accept)
      try emit(node)
    }
    let end = instructions.count
    for split in splits {
      instructions[split] =
        greed == .lazy
        ? .split(first: end, second: split + 1) : .split(first: split + 1, second: end)
    }
  }

  private mutating func emitLoop(_ node: RegexNode, _ greed: RegexGreed) throws(RegexSyntaxError) {
    let split = instructions.count
    instructions.append(.accept)
    let slot = node.canBeEmpty ? slotCount : nil
    if let slot {
      slotCount += 1
      instructions.append(.mark(slot: slot))
    }
    try emit(node)
    if let slot { instructions.append(.leaveIfEmpty(slot: slot, instructions.count + 2)) }
    instructions.append(.jump(split))
    let end = instructions.count
    instructions[split] =
      greed == .lazy
      ? .split(first: end, second: split + 1) : .split(first: split + 1, second: end)
    if let slot { instructions.append(.unmark(slot: slot)) }
  }

  private mutating func emitLookbehind(_ node: RegexNode, _ negated: Bool)
    throws(RegexSyntaxError)
  {
    var branches = [node]
    if case .alternation(let nodes) = node { branches = nodes }
    let place = instructions.count
    instructions.append(.accept)
    var starts = [Int]()
    var lengths = [Int]()
    for branch in branches {
      guard let length = branch.fixedLength else {
        throw RegexSyntaxError(offset: 0, reason: "a look-behind of varying length")
      }
      starts.append(instructions.count)
      lengths.append(length)
      try emit(branch)
      instructions.append(.accept)
    }
    instructions[place] = .lookbehind(
      starts: starts, lengths: lengths, next: instructions.count, negated: negated)
  }
}
