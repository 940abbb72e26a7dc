/// What a match has found out: from which states it comes to nothing, and from which to an end.
///
/// A state is a step of the program at a place in the text, together with the loops whose body has taken
/// nothing yet: all that what follows depends on. Each is looked into once, so that the work grows with
/// the text and not with the ways through the pattern (Davis, Servant, Lee, "Using selective memoization
/// to defeat regular expression denial of service", IEEE S&P 2021). A look around or an atomic group is a
/// match of its own, whose steps no other match has: its ends are kept, too.
struct RegexMemory {
  /// What is known of a state.
  enum Outcome {
    case new
    case failed
    case matched(end: Int)
  }

  private struct State: Hashable {
    var step: Int
    var position: Int
    var emptyLoops: UInt64
  }

  /// Where the match ends that goes through a state; −1 where none does, or the match is at it.
  private var ends: [State: Int] = [:]
  /// The states that the match has come through, first to last.
  private var path: [State] = []

  /// How many states the match has come through.
  var depth: Int { path.count }

  /// What is known of a state; a new one is on the way from now on.
  mutating func enter(_ step: Int, at position: Int, marks: [Int]) -> Outcome {
    var emptyLoops: UInt64 = 0
    for (slot, mark) in marks.enumerated() where mark == position {
      emptyLoops |= 1 << UInt64(slot)
    }
    let state = State(step: step, position: position, emptyLoops: emptyLoops)
    guard let end = ends.updateValue(-1, forKey: state) else {
      path.append(state)
      return .new
    }
    ends[state] = end
    return end < 0 ? .failed : .matched(end: end)
  }

  /// Goes back to where the match had come through `depth` states: those after it have failed.
  mutating func goBack(to depth: Int) {
    path.removeSubrange(min(depth, path.count)...)
  }

  /// Notes that the match from the states after `depth` has come to its end.
  mutating func succeed(from depth: Int, end: Int) {
    for state in path[min(depth, path.count)...] { ends[state] = end }
    goBack(to: depth)
  }
}
