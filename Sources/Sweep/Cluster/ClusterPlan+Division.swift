import Basics
import Model
import Results

extension ClusterPlan {
  /// Divides the trials of `file`, companions included, into tasks of about the same work, and adds one
  /// for what follows from all of them, where the file asks for confirmations or repeats. config.json is
  /// enough; the weights need not be there.
  /// - Parameter count: tasks for the search, at most: none has no trial.
  /// - Throws: kind `usage`, where the search needs the results of all trials at once.
  public mutating func divide(_ file: SweepFile, into count: Int) throws(InputError) {
    try file.checkShards()
    let config = try ModelConfig(directory: HubCache().model(file.model))
    let trials = TrialPlan(file.trials).trials
    let windows = try PassEstimate(file, trials: trials).calibration.windows
    let domains = file.evaluationWindows
    let names = TrialNames(trials)
    let parts = ShardPlanner(trials, on: config, calibration: windows, evaluation: domains)
      .parts(count)
    tasks = []
    for part in parts {
      let own = part.trials.map { trials[$0] }
      let memory = MemoryPlan(
        config: config, calibration: [windows], evaluation: domains, trials: own.map(\.config),
        budget: memoryBudget)
      tasks.append(
        Task(
          number: tasks.count + 1, trials: part.trials, names: own.map(names.label),
          operations: part.operations, memoryBytes: memory.total))
    }
    let estimate = SweepEstimate(file, on: config)
    let repeats = windows.count > 1 ? estimate.repeats : 0
    guard estimate.confirmations + repeats > 0 else { return }
    // Which trials they are, the results will say; any of them takes about as much.
    func memory(_ count: Int, streams: Int, _ propagation: TrialConfig.Propagation) -> Int {
      guard count > 0, var trial = file.trials.first else { return 0 }
      trial.propagation = propagation
      return MemoryPlan(
        config: config, calibration: [[Int]](repeating: windows, count: streams),
        evaluation: domains, trials: [TrialConfig](repeating: trial, count: count),
        budget: memoryBudget
      ).total
    }
    tasks.append(
      Task(
        number: tasks.count + 1, trials: [], names: [], operations: 0,
        memoryBytes: max(
          memory(estimate.confirmations, streams: 1, .quantized),
          memory(
            repeats, streams: 1 + file.draws,
            file.confirm > 0 ? .quantized : file.trials.first?.propagation ?? .quantized))))
  }
}
