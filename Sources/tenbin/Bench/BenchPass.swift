import Analysis
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

extension BenchCommand {
  /// One pass against many: what a sweep's trials cost.
  struct Pass: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Measures a single quantization and a sweep of 12 trials, each in one pass.",
      discussion: """
        Evaluation tokens are an eighth of the calibration tokens. Round-to-nearest companions are
        counted. `of_flops` is the time over that of the run's own operations at the rate of a product.

        Example:
          tenbin bench pass --shape llama-135m --vocabulary 32000 --threads 2
        """)

    @OptionGroup var options: BenchOptions

    @Option(help: "Entries of the vocabulary; by default the shape's own.")
    var vocabulary: Int?

    @Option(help: "Decoder layers; by default the shape's own.")
    var layers: Int?

    @Option(help: "A model folder with this shape, instead of random weights.")
    var model: String?

    @Option(
      parsing: .upToNextOption,
      help:
        "Which runs to make, one after another: \(Scenario.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var only: [Scenario] = []

    func run() throws {
      let engine = try options.compute.engine()
      let decoder = try decoder(engine)
      let config = decoder.config
      let calibration = options.windows(
        options.samples, vocabulary: config.vocabularySize, stream: 1)
      let heldout = options.windows(
        max(1, options.samples / 8), vocabulary: config.vocabularySize, stream: 2)
      let domain = HeldoutDomain(
        name: "random", windows: heldout, characters: heldout.count * options.seqlen)
      func measuredRate(_ seconds: Double) -> Double {
        firstGPU(of: engine)?.device.productRate()
          ?? engine.productRate(width: config.hiddenSize, seconds: seconds)
      }
      var rates = [measuredRate(1)]
      Terminal.say("\(engine.summary); products: \(gigaflops(rates[0])) GFLOP/s")
      var rows: [Row] = []
      for scenario in only.isEmpty ? Scenario.allCases : only {
        let watcher = CostWatcher()
        let domains = scenario.evaluates ? [domain] : []
        let plans = scenario.passes.map { trials in
          MemoryPlan(
            config: config, calibration: [calibration.map(\.count)],
            evaluation: domains.map { $0.windows.map(\.count) }, trials: trials.map(\.config)
          )
        }
        if let largest = plans.max(by: { $0.total < $1.total }) {
          let what = "run \(scenario.rawValue) on \(options.shape)"
          let folder = FileManager.default.temporaryDirectory
          if try !largest.limitDevice(engine, budget: nil, folder: folder, for: what) {
            try MemoryLimits.current.check(
              plan: largest.total, for: what, smaller: ("give fewer --samples", 0))
          }
        }
        let pass = OnePass(
          decoder: decoder, engine: engine, calibration: calibration, domains: domains)
        let (_, measured) = try Measured.run {
          for trials in scenario.passes { _ = try pass.run(trials, observers: [watcher]) }
        }
        rates.append(measuredRate(0.5))
        rows.append(Row(scenario: scenario, measured: measured, operations: watcher.operations))
        Terminal.say("\(scenario.rawValue): \(measured.wall) s, \(measured.cpu) CPU s")
      }
      // The median, so that one disturbed moment moves no ratio.
      let rate = rates.sorted()[rates.count / 2]
      try Terminal.print(table(rows, rate: rate), as: options.format)
    }

    private func decoder(_ engine: any Engine) throws(InputError) -> Decoder {
      if let model { return try Decoder(directory: HubCache().model(model), engine: engine) }
      let config = try ModelShape.config(options.shape, layers: layers, vocabulary: vocabulary)
      let weights = HeldWeights(RandomWeights(config: config, seed: options.seed))
      return try Decoder(config: config, source: weights, engine: engine)
    }

    private func table(_ rows: [Row], rate: Double) -> Table {
      Table(
        columns: [
          .init("run"), .init("wall_seconds"), .init("cpu_seconds"), .init("gflop"),
          .init("of_flops"), .init("against"), .init("ratio"),
        ],
        rows: rows.map { row in
          // Of several the last, which found everything made and compiled.
          let one = rows.last { $0.scenario == row.scenario.reference }
          return [
            .text(row.scenario.rawValue), .number(row.measured.wall), .number(row.measured.cpu),
            .number(row.operations / 1e9), .number(row.measured.wall * rate / row.operations),
            .text(one?.scenario.rawValue ?? ""),
            one.map { .number(row.measured.wall / $0.measured.wall) } ?? .missing,
          ]
        })
    }

    private func gigaflops(_ rate: Double) -> Int { Int((rate / 1e9).rounded()) }
  }
}

private struct Row {
  var scenario: Scenario
  var measured: Measured
  var operations: Double
}

/// A run of the benchmark.
enum Scenario: String, CaseIterable, ExpressibleByArgument {
  case quantize
  case oneShared = "one-shared"
  case twelveShared = "twelve-shared"
  case oneUnscored = "one-unscored"
  case twelveUnscored = "twelve-unscored"
  case oneQuantized = "one-quantized"
  case twelveQuantized = "twelve-quantized"
  case screenAndConfirm = "screen-and-confirm"

  var evaluates: Bool {
    switch self {
    case .quantize, .oneUnscored, .twelveUnscored: false
    default: true
    }
  }

  /// The run that it is held against.
  var reference: Scenario? {
    switch self {
    case .twelveShared, .screenAndConfirm: .oneShared
    case .twelveUnscored: .oneUnscored
    case .twelveQuantized: .oneQuantized
    default: nil
    }
  }

  /// The trials of each pass.
  var passes: [[TrialResult]] {
    let confirmed = Self.grid(.quantized).prefix(3).enumerated().map {
      TrialResult(number: $0.offset, config: $0.element, companion: nil)
    }
    return switch self {
    case .quantize: [[TrialResult(number: 0, config: Self.one(.quantized), companion: nil)]]
    case .oneShared, .oneUnscored: [TrialPlan([Self.one(.shared)]).trials]
    case .oneQuantized: [TrialPlan([Self.one(.quantized)]).trials]
    case .twelveShared, .twelveUnscored: [TrialPlan(Self.grid(.shared)).trials]
    case .twelveQuantized: [TrialPlan(Self.grid(.quantized)).trials]
    case .screenAndConfirm: [TrialPlan(Self.grid(.shared)).trials, confirmed]
    }
  }

  private static func one(_ propagation: TrialConfig.Propagation) -> TrialConfig {
    config(4, 128, 0.01, propagation)
  }

  /// 2 bits x 2 group sizes x 3 damps.
  private static func grid(_ propagation: TrialConfig.Propagation) -> [TrialConfig] {
    [4, 8].flatMap { bits in
      [64, 128].flatMap { group in
        [0.005, 0.01, 0.1].map { config(bits, group, $0, propagation) }
      }
    }
  }

  private static func config(
    _ bits: Int, _ group: Int, _ damp: Double, _ propagation: TrialConfig.Propagation
  ) -> TrialConfig {
    var quantize = QuantizeConfig()
    (quantize.bits, quantize.groupSize) = (bits, group)
    (quantize.dampPercent, quantize.descAct) = (damp, true)
    var config = TrialConfig(quantize: quantize)
    config.propagation = propagation
    return config
  }
}

/// Adds up the operations of the passes it watches.
private final class CostWatcher: PassObserver {
  private(set) var operations = 0.0

  func began(_ cost: PassCost) { operations += cost.total }
}
