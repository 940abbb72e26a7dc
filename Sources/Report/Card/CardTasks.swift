import Analysis

/// Scores of tasks from a file of results, or why they are left out of a card.
public enum CardTasks: Sendable, Equatable {
  /// The file's model is the checkpoint: the same weights, settings and tokenizer.
  case own(LMEvalResults)
  /// The file does not say which files it is of: another tool wrote it.
  case unbound
  /// The file is of other files.
  case others

  /// The scores in `results` as those of the checkpoint whose files hash to `hash`.
  public init(_ results: LMEvalResults, modelHash hash: String) {
    guard let run = results.run, !run.modelHash.isEmpty else {
      self = .unbound
      return
    }
    self = run.modelHash == hash ? .own(results) : .others
  }

  /// The section.
  func text(_ words: CardWords) -> String {
    switch self {
    case .own(let results): Self.text(results, words)
    case .unbound: words.unboundTasks
    case .others: words.othersTasks
    }
  }

  private static func text(_ results: LMEvalResults, _ words: CardWords) -> String {
    func score(_ value: Double, _ stderr: Double?) -> Table.Cell {
      value.isFinite ? .estimate(value, stderr: stderr ?? .nan) : .missing
    }
    let hasBase = results.tasks.contains { $0.scores.contains { $0.base != nil } }
    let rows = results.tasks.flatMap { task in
      task.scores.map { own -> [Table.Cell] in
        var cells: [Table.Cell] = [
          .text(task.name), .text(own.metric), task.shots.map { .integer($0) } ?? .missing,
          task.items.map { .integer($0) } ?? .missing,
        ]
        if hasBase { cells.append(own.base.map { score($0.value, $0.stderr) } ?? .missing) }
        cells.append(score(own.value, own.stderr))
        guard hasBase else { return cells }
        guard let base = own.base, base.difference.isFinite else {
          return cells + [.missing, .missing]
        }
        return cells + [
          score(base.difference, base.differenceStderr), .text(words.verdict(base.verdict)),
        ]
      }
    }
    let table = CardMarkup.table(words.taskColumns(hasBase: hasBase), rows)
    return [words.tasksOrigin(results), table, words.tasksNote(hasBase: hasBase)]
      .joined(separator: "\n\n")
  }
}
