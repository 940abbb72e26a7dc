import ArgumentParser
import Basics
import Compute

/// What a command computes with.
struct ComputeOptions: ParsableArguments {
  @Option(help: "What computes: cpu, cuda (the first GPU), cuda:N, or several GPUs: cuda:0,1.")
  var device = "cpu"

  @Option(
    help: ArgumentHelp(
      "Threads to compute on. Default: OPENBLAS_NUM_THREADS or OMP_NUM_THREADS, else a thread for each core that the process may use."
    ))
  var threads: Int?

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    guard threads.map({ (1...1024).contains($0) }) ?? true else {
      throw ValidationError("--threads \(threads ?? 0): give 1 or more")
    }
  }

  /// The engine that was asked for.
  func engine() throws(InputError) -> any Engine {
    let engine = try makeEngine(device: device, threads: threads)
    Terminal.detail("computes on \(engine.summary)")
    return engine
  }
}
