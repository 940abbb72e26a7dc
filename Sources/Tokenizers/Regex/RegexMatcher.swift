/// Runs a `Regex` on one piece of text by backtracking. Anchors and look-behinds see only the piece.
struct RegexMatcher {
  private struct Choice {
    var step: Int
    var position: Int
    /// A greedy run may give back scalars down to here; a lazy one may take so many more; -1: no run.
    var lowest: Int
  }

  private let regex: Regex
  private let text: ArraySlice<Unicode.Scalar>
  private var choices: [Choice] = []
  private var marks: [Int]

  init(_ regex: Regex, on text: ArraySlice<Unicode.Scalar>) {
    self.regex = regex
    self.text = text
    marks = Array(repeating: -1, count: regex.slotCount)
  }

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
    defer { choices.removeSubrange(base...) }
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
        succeeded = runSet(set, atLeast, atMost, greed, &step, &position)
      case .split(let first, let second):
        choices.append(Choice(step: second, position: position, lowest: -1))
        step = first
      case .jump(let target): step = target
      case .mark(let slot):
        marks[slot] = position
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

  /// Goes back to the youngest choice above `base`.
  private mutating func backtrack(to base: Int, _ step: inout Int, _ position: inout Int) -> Bool {
    while choices.count > base, let choice = choices.last {
      position = choice.position
      step = choice.step
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

  private mutating func runSet(
    _ set: Int, _ atLeast: Int, _ atMost: Int, _ greed: RegexGreed, _ step: inout Int,
    _ position: inout Int
  ) -> Bool {
    let start = position
    let wanted = greed == .lazy ? atLeast : atMost
    let limit = wanted < text.endIndex - start ? start + wanted : text.endIndex
    while position < limit, regex.sets[set].contains(text[position]) { position += 1 }
    guard position - start >= atLeast else { return false }
    if greed == .greedy, position - start > atLeast {
      choices.append(Choice(step: step, position: position, lowest: start + atLeast))
    } else if greed == .lazy, atMost > atLeast {
      let spare = atMost == Int.max ? Int.max : atMost - atLeast
      choices.append(Choice(step: step, position: position, lowest: spare))
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
