import ArgumentParser
import Basics
import Compute
import Foundation
import Model
import Report

/// `tenbin bench`: how fast this machine is at tenbin's work, on random weights of a real shape.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures the engine on random weights of a real model's shape.",
    discussion: "docs/engine.md has the tables of a 2-core machine.",
    subcommands: [Layer.self, Pass.self, Agreement.self])
}

/// Which model's shape, how many tokens, by whom.
struct BenchOptions: ParsableArguments {
  @Option(help: "\(ModelShape.names), or the path of a config.json.")
  var shape = "llama-135m"

  @Option(help: "Calibration windows.")
  var samples = 32

  @Option(name: .customLong("context"), help: "Tokens of a window.")
  var seqlen = 512

  @OptionGroup var compute: ComputeOptions

  @Option(help: "The seed of weights and tokens.")
  var seed: UInt64 = 0

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  func validate() throws {
    guard samples > 0, seqlen > 1, samples <= 1 << 20, seqlen <= 1 << 20 else {
      throw ValidationError("give at least one sample of at least two tokens")
    }
  }

  /// `samples` windows of random tokens.
  func windows(_ samples: Int, vocabulary: Int, stream: UInt64) -> [[Int32]] {
    var random = SplitMix64(seed: seed &+ stream &* 0x9E37_79B9)
    return (0..<samples).map { _ in
      (0..<seqlen).map { _ in Int32(random.uniform() * Double(vocabulary)) }
    }
  }
}

/// Wall and CPU seconds of something.
struct Measured {
  var wall = 0.0
  var cpu = 0.0

  static func run<Value>(_ body: () throws -> Value) rethrows -> (Value, Measured) {
    let (began, cpu) = (ContinuousClock.now, cpuSeconds())
    let value = try body()
    return (value, Measured(wall: began.duration(to: .now).seconds, cpu: cpuSeconds() - cpu))
  }

  /// User and system seconds of this process, all threads.
  private static func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
