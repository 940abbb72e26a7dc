import ArgumentParser
import Basics
import Compute
import Foundation
import Sweep

/// How much memory a pass may take, and whether it is written down what it does.
struct PassResources: ParsableArguments {
  @Option(
    help:
      "Memory that the pass may take, such as 8GB: hidden states that do not fit are spilled to disk.",
    transform: ByteSize.parse)
  var memoryBudget: Int?

  @OptionGroup var compute: ComputeOptions

  @Option(
    help: "Write a Chrome trace of every stage here.", completion: .file(extensions: ["json"]))
  var profile: String?

  /// Has `engine` keep hidden states in memory as far as the budget leaves room beside the rest of
  /// `plan`, and beyond that in `folder`. A plan that a limit on the process does not leave is refused.
  /// - Parameter what: the run, for people.
  func limit(
    _ engine: any Engine, _ plan: MemoryPlan, folder: URL, for what: String
  ) throws(InputError) {
    try Self.limit(engine, plan, budget: memoryBudget, folder: folder, for: what)
  }

  /// The same with a budget that was given elsewhere.
  static func limit(
    _ engine: any Engine, _ plan: MemoryPlan, budget memoryBudget: Int?, folder: URL,
    for what: String
  ) throws(InputError) {
    if try plan.limitDevice(engine, budget: memoryBudget, folder: folder, for: what) { return }
    guard let memoryBudget else {
      try MemoryLimits.current.check(
        plan: plan.total, for: what,
        smaller: ("give --memory-budget \(ByteText.size(plan.fixed)) or more", plan.fixed))
      return engine.limitKept(.max, folder: folder)
    }
    guard memoryBudget >= plan.fixed else {
      throw InputError(
        .usage, asked: "--memory-budget \(ByteText.size(memoryBudget))",
        found: "\(ByteText.size(plan.fixed)) are needed for what cannot be spilled to disk",
        hint: "give \(ByteText.size(plan.fixed)) or more")
    }
    try MemoryLimits.current.check(plan: min(plan.total, memoryBudget), for: what)
    engine.limitKept(memoryBudget - plan.fixed, folder: folder)
  }

  /// Where the trace goes, if one is asked for.
  func trace(_ files: inout CommandFiles) throws(InputError) -> URL? {
    guard let profile else { return nil }
    return try files.output(profile, .trace, option: "--profile")
  }

  /// Runs `body` with `observer`, and with one that writes the trace of it and `engine` where that is
  /// asked for; SIGINT stops it at the end of a layer.
  func watch<Value>(
    _ observer: any PassObserver, _ engine: any Engine, trace: URL?,
    _ body: ([any PassObserver]) throws(InputError) -> Value
  ) throws(InputError) -> Value {
    Interruption.handleSignals()
    guard let trace else { return try body([observer]) }
    let recorder = ProfileObserver(engine: engine)
    do {
      let value = try body([observer, recorder])
      try recorder.write(to: trace)
      return value
    } catch {
      // What was done until then is worth looking at, and the error of the run says more.
      try? recorder.write(to: trace)
      throw error
    }
  }
}
