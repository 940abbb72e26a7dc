/// Runs a `Regex` on one piece of text. Anchors and look-behinds see only the piece.
///
/// It tries the ways through the pattern one after another, in Oniguruma's order, going back to the last
/// choice where one fails. A pattern that makes it go back often has it remember what has failed
/// (`RegexMemory`): then the time is linear in the text, whatever the pattern.
struct RegexMatcher {
  private struct Choice {
    var step: Int
    var position: Int
    /// A greedy run may give back scalars down to here; a lazy one may take so many more; -1: no run;
    /// -2: the mark of the slot `step` was `position`; -3: a lazy loop at its step may take one more.
    var lowest: Int
    /// The states that the match had come through.
    var depth: Int
  }

  private let regex: Regex
  private let text: ArraySlice<Unicode.Scalar>
  private var choices: [Choice] = []
  private var marks: [Int]
  /// Nil until the work is more than patterns without harm take.
  private var memory: RegexMemory?
  /// Steps back and scalars of runs until then.
  private var patience: Int
  /// Whether a lazy loop is gone on with.
  private var resumes = false

  init(_ regex: Regex, on text: ArraySlice<Unicode.Scalar>) {
    self.regex = regex
    self.text = text
    marks = Array(repeating: -1, count: regex.slotCount)
    patience = 64 * (text.count + 16)
  }

  /// The end of the match that begins where the text does; nil without one.
  mutating func prefixMatch() -> Int? { run(0, at: text.startIndex) }

  /// The matches from left to right, as Oniguruma's scan finds them; an empty match never follows
  /// directly on another match.
  mutating func forEachMatch(_ body: (Range<Int>) -> Void) {
    var start = text.startIndex
    var lastEnd: Int?
    while start <= text.endIndex {
      guard let end = run(0, at: start) else {
        start += 1
        continue
      }
      if end == start {
        if lastEnd != end { body(start..<end) }
        lastEnd = end
        start += 1
      } else {
        body(start..<end)
        lastEnd = end
        start = end
      }
    }
  }

  /// The end of the match of the block at `entry` that begins at `start`.
  private mutating func run(_ entry: Int, at start: Int) -> Int? {
    let base = choices.count
    let depth = memory?.depth ?? 0
    let end = search(entry, at: start, base)
    choices.removeSubrange(base...)
    if let end { memory?.succeed(from: depth, end: end) } else { memory?.goBack(to: depth) }
    return end
  }

  private mutating func search(_ entry: Int, at start: Int, _ base: Int) -> Int? {
    var step = entry
    var position = start
    while true {
      var succeeded = true
      switch regex.instructions[step] {
      case .accept: return position
      case .scalar(let scalar):
        succeeded = position < text.endIndex && text[position] == scalar
        position += 1
        step += 1
      case .set(let set):
        succeeded = position < text.endIndex && regex.sets[set].contains(text[position])
        position += 1
        step += 1
      case .run(let set, let atLeast, let atMost, let greed):
        if memory != nil, greed != .possessive {
          switch loop(set, atLeast, atMost, greed, &step, &position) {
          case .new: break
          case .failed: succeeded = false
          case .matched(let end): return end
          }
        } else {
          succeeded = runSet(set, atLeast, atMost, greed, &step, &position)
        }
      case .split(let first, let second):
        switch enter(step, at: position) {
        case .new:
          choose(second, position)
          step = first
        case .failed: succeeded = false
        case .matched(let end): return end
        }
      case .jump(let target): step = target
      case .mark(let slot):
        choose(slot, marks[slot], lowest: -2)
        marks[slot] = position
        step += 1
      case .unmark(let slot):
        if marks[slot] >= 0 {
          choose(slot, marks[slot], lowest: -2)
          marks[slot] = -1
        }
        step += 1
      case .leaveIfEmpty(let slot, let target):
        step = marks[slot] == position ? target : step + 1
      case .assertion(let assertion):
        succeeded = holds(assertion, at: position)
        step += 1
      case .atomic(let next):
        if let end = run(step + 1, at: position) { position = end } else { succeeded = false }
        step = next
      case .lookahead(let next, let negated):
        succeeded = (run(step + 1, at: position) != nil) != negated
        step = next
      case .lookbehind(let starts, let lengths, let next, let negated):
        var found = false
        for (start, length) in zip(starts, lengths)
        where !found && position - length >= text.startIndex {
          found = run(start, at: position - length) != nil
        }
        succeeded = found != negated
        step = next
      }
      if !succeeded, !backtrack(to: base, &step, &position) { return nil }
    }
  }

  private mutating func choose(_ step: Int, _ position: Int, lowest: Int = -1) {
    choices.append(
      Choice(step: step, position: position, lowest: lowest, depth: memory?.depth ?? 0))
  }

  /// Counts work; beyond what the text is worth, what has failed is remembered.
  private mutating func spend(_ work: Int) {
    patience -= work
    if patience <= 0, memory == nil { memory = RegexMemory() }
  }

  /// What is known of a state; everything is new as long as nothing is remembered.
  private mutating func enter(_ step: Int, at position: Int) -> RegexMemory.Outcome {
    memory?.enter(step, at: position, marks: marks) ?? .new
  }

  /// Goes back to the youngest choice above `base`.
  private mutating func backtrack(to base: Int, _ step: inout Int, _ position: inout Int) -> Bool {
    spend(1)
    while choices.count > base, let choice = choices.last {
      memory?.goBack(to: choice.depth)
      if choice.lowest == -2 {
        marks[choice.step] = choice.position
        choices.removeLast()
        continue
      }
      position = choice.position
      step = choice.step
      if choice.lowest == -3 {
        choices.removeLast()
        resumes = true
        return true
      }
      guard case .run(let set, _, let atMost, let greed) = regex.instructions[choice.step],
        choice.lowest >= 0
      else {
        choices.removeLast()
        return true
      }
      step = choice.step + 1
      if greed == .lazy {
        // `lowest` counts the scalars a lazy run may still take.
        guard choice.lowest > 0, position < text.endIndex,
          regex.sets[set].contains(text[position])
        else {
          choices.removeLast()
          continue
        }
        position += 1
        choices[choices.count - 1].position = position
        choices[choices.count - 1].lowest = atMost == Int.max ? Int.max : choice.lowest - 1
      } else {
        position -= 1
        if position == choice.lowest {
          choices.removeLast()
        } else {
          choices[choices.count - 1].position = position
        }
      }
      return true
    }
    return false
  }

  /// A run whose states are remembered. One without a bound is a loop that is in a state at each place.
  private mutating func loop(
    _ set: Int, _ atLeast: Int, _ atMost: Int, _ greed: RegexGreed, _ step: inout Int,
    _ position: inout Int
  ) -> RegexMemory.Outcome {
    guard atMost == Int.max else {
      let outcome = enter(step, at: position)
      guard case .new = outcome else { return outcome }
      return runSet(set, atLeast, atMost, greed, &step, &position) ? .new : .failed
    }
    let needed = resumes ? 1 : atLeast
    resumes = false
    for _ in 0..<needed {
      guard holds(set, at: position) else { return .failed }
      position += 1
    }
    while true {
      let outcome = enter(step, at: position)
      guard case .new = outcome else { return outcome }
      if greed == .lazy {
        choose(step, position, lowest: -3)
        break
      }
      guard holds(set, at: position) else { break }
      choose(step + 1, position)
      position += 1
    }
    step += 1
    return .new
  }

  private func holds(_ set: Int, at position: Int) -> Bool {
    position < text.endIndex && regex.sets[set].contains(text[position])
  }

  private mutating func runSet(
    _ set: Int, _ atLeast: Int, _ atMost: Int, _ greed: RegexGreed, _ step: inout Int,
    _ position: inout Int
  ) -> Bool {
    let start = position
    let wanted = greed == .lazy ? atLeast : atMost
    let limit = wanted < text.endIndex - start ? start + wanted : text.endIndex
    while position < limit, regex.sets[set].contains(text[position]) { position += 1 }
    spend(position - start)
    guard position - start >= atLeast else { return false }
    if greed == .greedy, position - start > atLeast {
      choose(step, position, lowest: start + atLeast)
    } else if greed == .lazy, atMost > atLeast {
      let spare = atMost == Int.max ? Int.max : atMost - atLeast
      choose(step, position, lowest: spare)
    }
    step += 1
    return true
  }

  private func holds(_ assertion: RegexAssertion, at position: Int) -> Bool {
    switch assertion {
    case .textStart: position == text.startIndex
    case .textEnd: position == text.endIndex
    case .textEndOrLastNewline:
      position == text.endIndex || position == text.endIndex - 1 && text[position] == "\n"
    case .lineStart:
      // Oniguruma: not behind the newline that ends the text.
      position == text.startIndex
        || position < text.endIndex && text[position - 1] == "\n"
    case .lineEnd: position == text.endIndex || text[position] == "\n"
    case .wordBoundary: isWord(position - 1) != isWord(position)
    case .notWordBoundary: isWord(position - 1) == isWord(position)
    }
  }

  private func isWord(_ position: Int) -> Bool {
    text.indices.contains(position) && ScalarClass.word.contains(text[position])
  }
}
