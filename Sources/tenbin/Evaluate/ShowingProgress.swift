import Basics

/// Runs `score` with a line of progress.
func showingProgress<Scores>(
  _ score: ((Int, Int) -> Void) throws -> [Scores]
) throws -> [Scores] {
  let line = ProgressLine()
  line.start()
  defer { line.clear() }
  let scores = try score { done, total in
    let share = Double(done) / Double(max(1, total))
    // All but the last word, which is `complete`'s.
    if done < total { line.show(share: share, own: share, "of the text") }
  }
  line.complete()
  return scores
}
