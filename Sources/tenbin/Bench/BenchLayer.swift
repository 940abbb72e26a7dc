import ArgumentParser
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor

extension BenchCommand {
  /// One decoder layer of a real shape.
  struct Layer: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Quantizes one random decoder layer of a real shape.",
      discussion: """
        The engine of `tenbin quantize`, int4 g128 desc_act. Hidden states, Hessians and one layer
        must fit in memory; --samples makes it smaller.

        Example:
          tenbin bench layer --shape llama-3.1-8b --samples 8 --seqlen 2048
        """)

    @OptionGroup var options: BenchOptions

    @Option(
      help:
        "Memory that the pass may take, such as 8GB: hidden states that do not fit are spilled to disk.",
      transform: ByteSize.parse)
    var memoryBudget: Int?

    func run() throws {
      let engine = try options.compute.engine()
      let whole = try ModelShape.config(options.shape)
      let config = try ModelShape.config(options.shape, layers: 1, vocabulary: 1024)
      let weights = HeldWeights(RandomWeights(config: config, seed: options.seed))
      let decoder = try Decoder(config: config, source: weights, engine: engine)
      for name in config.linearPrefixes { _ = try weights.matrix("\(name).weight", rows: 0..<1) }
      var quantize = QuantizeConfig()
      quantize.descAct = true
      var trial = TrialConfig(quantize: quantize)
      trial.propagation = .quantized
      let rate = engine.productRate(width: config.hiddenSize, seconds: 1)
      let watcher = LayerWatcher()
      let windows = options.windows(options.samples, vocabulary: 1024, stream: 1)
      let plan = MemoryPlan(
        config: config, calibration: [windows.map(\.count)], evaluation: [], trials: [trial])
      let planned = min(plan.total, memoryBudget.map { max($0, plan.fixed) } ?? plan.total)
      try MemoryLimits.current.check(
        plan: planned, for: "quantize a layer of \(options.shape)",
        smaller: ("give fewer --samples or a --memory-budget", plan.fixed))
      let pass = OnePass(decoder: decoder, engine: engine, calibration: windows, domains: [])
      if let memoryBudget {
        engine.limitKept(
          max(0, memoryBudget - plan.fixed), folder: FileManager.default.temporaryDirectory)
      }
      let (results, measured) = try Measured.run {
        try pass.run(
          [TrialResult(number: 0, config: trial, companion: nil)], observers: [watcher]
        ).trials
      }
      let seconds = results[0].seconds
      let table = Table(
        columns: [
          .init("shape"), .init("tokens"), .init("wall_seconds"), .init("cpu_seconds"),
          .init("calibrate_seconds"), .init("factorise_seconds"), .init("columns_seconds"),
          .init("sgemm_gflops"), .init("of_flops"), .init("model_hours"),
          .init("peak_rss_bytes"), .init("planned_bytes"), .init("spilled_bytes"),
        ],
        rows: [
          [
            .text(options.shape), .integer(options.samples * options.seqlen),
            .number(measured.wall), .number(measured.cpu), .number(seconds.calibrate),
            .number(seconds.factorise), .number(seconds.columns), .number(rate / 1e9),
            .number(measured.wall * rate / watcher.operations),
            .number(measured.wall * Double(whole.layers) / 3600),
            ProcessMemory.peak.map { .integer($0) } ?? .missing,
            .integer(planned),
            .integer(engine.spilledBytes),
          ]
        ])
      try Terminal.print(table.render(as: options.format))
    }
  }
}

private final class LayerWatcher: PassObserver {
  private(set) var operations = 0.0

  func began(_ cost: PassCost) { operations = cost.total }
}
