import ArgumentParser
import Basics
import CUDA
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor

extension BenchCommand {
  /// Decoder layers of a real shape.
  struct Layer: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Quantizes random decoder layers of a real shape.",
      discussion: """
        The engine of `tenbin quantize`, int4 g128 desc_act. Weights are made where the engine keeps
        them, before the clock starts; codes come down. Hidden states, Hessians and one layer must
        fit in memory; --samples makes it smaller.

        `wall_seconds` is the whole pass, `layer_seconds` its last layer: with --layers 2 one that
        finds memory taken and kernels loaded. Shares are of the time that its operations take at the
        rate of `matmul_gflops`, a short product's; `sustained_gflops` is what a GPU keeps of it over a
        second.

        Example:
          tenbin bench layer --shape llama-3.1-8b --samples 8 --context 2048
        """)

    @OptionGroup var options: BenchOptions

    @Option(help: "Layers, one after another.")
    var layers = 1

    @Option(
      help:
        "Memory that the pass may take, such as 8GB: hidden states that do not fit are spilled to disk.",
      transform: ByteSize.parse)
    var memoryBudget: Int?

    @Option(help: "Write a Chrome trace of the stages, and of what a GPU does, here.")
    var profile: String?

    @Flag(
      help: """
        Instead of the times, the codes of 64 rows of each linear against the CPU's in Double on the \
        same Hessian, and the loss against that of round-to-nearest.
        """)
    var check = false

    @Option(help: "With --check, a model folder instead of random weights.")
    var model: String?

    func validate() throws {
      if model != nil, !check {
        throw ValidationError("--model \(model ?? ""): give --check with it")
      }
      guard (1...1024).contains(layers) else {
        throw ValidationError("--layers \(layers): give 1 to 1024")
      }
    }

    func run() throws {
      let engine = try options.compute.engine()
      if let model {
        return try printCheck(Decoder(directory: HubCache().model(model), engine: engine))
      }
      let whole = try ModelShape.config(options.shape)
      // Twice as many different tokens as a Hessian has columns.
      let vocabulary = max(1024, 2 * whole.hiddenSize)
      let config = try ModelShape.config(options.shape, layers: layers, vocabulary: vocabulary)
      let weights = HeldWeights(RandomWeights(config: config, seed: options.seed))
      let decoder = try Decoder(config: config, source: weights, engine: engine)
      if check { return try printCheck(decoder) }
      var trial = TrialConfig(quantize: Self.quantize)
      trial.propagation = .quantized
      let windows = options.windows(options.samples, vocabulary: vocabulary, stream: 1)
      try weights.make(config.linearPrefixes.map { $0 + ".weight" }, on: engine)
      let device = firstGPU(of: engine)?.device
      let rate =
        device?.productRate() ?? engine.productRate(width: config.hiddenSize, seconds: 1)
      let sustained = device?.sustainedProductRate() ?? rate
      let plan = MemoryPlan(
        config: config, calibration: [windows.map(\.count)], evaluation: [], trials: [trial])
      let planned = try limit(engine, plan)
      let times = LayerTimes()
      let pass = OnePass(decoder: decoder, engine: engine, calibration: windows, domains: [])
      let recorder = profile.map { _ in ProfileObserver(engine: engine) }
      let (results, measured) = try Measured.run {
        try pass.run(
          [TrialResult(number: 0, config: trial, companion: nil)],
          observers: [times] + (recorder.map { [$0] } ?? [])
        ).trials
      }
      if let profile { try recorder?.write(to: URL(fileURLWithPath: profile)) }
      let table = Table(
        columns: [.init("shape"), .init("tokens"), .init("wall_seconds"), .init("cpu_seconds")]
          + LayerTimes.columns
          + [
            .init("matmul_gflops"), .init("sustained_gflops"), .init("of_flops"),
            .init("model_hours"),
            .init("worse_than_rtn"), .init("peak_rss_bytes"), .init("peak_device_bytes"),
            .init("planned_bytes"), .init("spilled_bytes"),
          ],
        rows: [
          [
            .text(options.shape), .integer(options.samples * options.seqlen),
            .number(measured.wall), .number(measured.cpu),
          ]
            + times.row(
              stages: config.layer(layers - 1).stages, windows: windows.map(\.count), rate: rate)
            + [
              .number(rate / 1e9), .number(sustained / 1e9),
              .number(measured.wall * rate / times.operations),
              .number(times.last.wall * Double(whole.layers) / 3600),
              .integer(
                results[0].modules.count {
                  $0.relativeErrorCalibration >= $0.rtnRelativeErrorCalibration
                }),
              ProcessMemory.peak.map { .integer($0) } ?? .missing,
              device.map { .integer($0.peakBytes) } ?? .missing,
              .integer(planned), .integer(engine.spilledBytes),
            ]
        ])
      try Terminal.print(table, as: options.format)
    }

    private static var quantize: QuantizeConfig {
      var quantize = QuantizeConfig()
      quantize.descAct = true
      return quantize
    }

    private func printCheck(_ decoder: Decoder) throws {
      let windows = options.windows(
        options.samples, vocabulary: decoder.config.vocabularySize, stream: 1)
      let table = try LayerCheck(decoder: decoder, windows: windows, config: Self.quantize).run()
      try Terminal.print(table, as: options.format)
    }

    /// Has `engine` keep no more than there is; returns what the pass may take.
    private func limit(_ engine: any Engine, _ plan: MemoryPlan) throws(InputError) -> Int {
      let (folder, what) = (
        FileManager.default.temporaryDirectory, "quantize a layer of \(options.shape)"
      )
      let planned = min(plan.total, memoryBudget.map { max($0, plan.fixed) } ?? plan.total)
      if try plan.limitDevice(engine, budget: memoryBudget, folder: folder, for: what) {
        return planned
      }
      try MemoryLimits.current.check(
        plan: planned, for: what,
        smaller: ("give fewer --samples or a --memory-budget", plan.fixed))
      if let memoryBudget { engine.limitKept(max(0, memoryBudget - plan.fixed), folder: folder) }
      return planned
    }
  }
}
