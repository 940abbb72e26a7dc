import ArgumentParser
import Basics
import Foundation
import Sweep
import Tensor

/// How much memory a pass may take, and whether it is written down what it does.
struct PassResources: ParsableArguments {
  @Option(
    help: "Memory that the pass may take, such as 8GB: hidden states beyond it wait in a file.",
    transform: ByteSize.parse)
  var memoryBudget: Int?

  @Option(
    help: "Write a Chrome trace of every stage here.", completion: .file(extensions: ["json"]))
  var profile: String?

  /// Where hidden states are kept: in memory, as far as the budget leaves room beside the rest of
  /// `plan`, and beyond that in `folder`.
  func store(_ plan: MemoryPlan, folder: URL) throws(InputError) -> MatrixStore {
    guard let memoryBudget else { return MatrixStore(directory: folder) }
    guard memoryBudget >= plan.fixed else {
      throw InputError(
        .usage, asked: "--memory-budget \(ByteText.size(memoryBudget))",
        found: "\(ByteText.size(plan.fixed)) are needed for what cannot wait in a file",
        hint: "give \(ByteText.size(plan.fixed)) or more")
    }
    return MatrixStore(budget: memoryBudget - plan.fixed, directory: folder)
  }

  /// Runs `body` with `observer`, or with one that also writes the trace; SIGINT stops it at the end
  /// of a layer.
  func watch<Value>(
    _ observer: any PassObserver, _ body: (any PassObserver) throws(InputError) -> Value
  ) throws(InputError) -> Value {
    Interruption.handleSignals()
    guard let profile else { return try body(observer) }
    let recorder = ProfileObserver(next: observer)
    let trace = URL(fileURLWithPath: profile)
    do {
      let value = try body(recorder)
      try recorder.write(to: trace)
      return value
    } catch {
      // What was done until then is worth looking at, and the error of the run says more.
      try? recorder.write(to: trace)
      throw error
    }
  }
}
