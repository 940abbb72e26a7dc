import Results

/// The trials of a study with how far each has come.
public enum ProgressTable {
  /// A row for each trial. For people, running trials come first and layers are `3 of 6`; for
  /// programs they are numbers, in order of the trials.
  public static func table(_ progress: StudyProgress, as format: OutputFormat) -> Table {
    let isForPeople = format == .table || format == .markdown
    let names = TrialNames(progress.trials)
    let trials =
      isForPeople
      ? progress.trials.filter { progress.state(of: $0) == .running }
        + progress.trials.filter { progress.state(of: $0) != .running } : progress.trials
    let layers: [Table.Column] =
      isForPeople ? [.init("layers", rank: 0)] : [.init("layers"), .init("layers_of_model")]
    return Table(
      columns: [
        .init("trial", rank: 0), .init("role", rank: 3), .init("settings", rank: 0),
        .init("state", rank: 0),
      ] + layers + [.init("perplexity", rank: 2)],
      rows: trials.map { trial in
        let done = trial.hiddenErrors.count
        let state = progress.state(of: trial)
        let isOnItsWay = state == .running || state == .pruned
        return [
          .integer(trial.number), .text(trial.role.rawValue), .text(names.name(trial)),
          .text(state.rawValue),
        ]
          + (isForPeople
            ? [
              isOnItsWay && progress.layers > 0
                ? .text("\(done) of \(progress.layers)") : .integer(done)
            ] : [.integer(done), progress.layers > 0 ? .integer(progress.layers) : .missing])
          + [
            trial.evaluations.first.map {
              .estimate($0.perplexity, stderr: $0.perplexityStderr)
            } ?? .missing
          ]
      })
  }
}
