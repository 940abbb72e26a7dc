import ArgumentParser
import Basics
import Foundation
import Model
import Report
import Results
import Sweep

/// `tenbin allocate`: each part of a model with the bits that it is worth.
struct AllocateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "allocate",
    abstract: "Mixes the trials of a study into the best model of a size.",
    discussion: """
      The study's trials of several bits or group_size are the options of each part of the model: q, k \
      and v together, o, gate and up, down, the experts of a layer. Each part is quantized alone to \
      learn what an error there costs; the options are chosen; the mixed models are run, as trials of \
      the study, beside the uniform ones. What is known already is not measured again.
      How it works: docs/allocate.md.

      Examples:
        tenbin allocate study.sqlite --budget 4.25
        tenbin allocate study.sqlite --budget 3.5 4 4.5 5 --keep '.*layers\\.0\\..*'
        tenbin allocate study.sqlite --fits 24GB --context 8192
        tenbin quantize MODEL --trial study.sqlite#12 --output MODEL-mixed
      """)

  @Argument(
    help: "A study that `tenbin sweep run` wrote; the mixed models become trials of it.",
    completion: .file(extensions: ["sqlite"]))
  var study: String

  @Option(
    parsing: .upToNextOption,
    help: "Bits per weight of the linears, scales, zeros and g_idx counted; a model for each.")
  var budget: [Double] = []

  @Option(
    parsing: .upToNextOption, help: "Bytes of the checkpoint, such as 36GB; a model for each.",
    transform: ByteSize.parse)
  var size: [Int] = []

  @Option(
    help: "Memory that holds the checkpoint, and the keys and values of --context tokens.",
    transform: ByteSize.parse)
  var fits: Int?

  @Option(help: "Tokens whose keys and values --fits leaves room for, in 16 bits.")
  var context: Int?

  @Option(
    parsing: .upToNextOption,
    help:
      "The trials whose settings are the options. Default: the best of each bits and group_size.")
  var options: [Int] = []

  @Option(
    parsing: .upToNextOption,
    help: "Modules that stay as they are: patterns over their names, as in dynamic.")
  var keep: [String] = []

  @Flag(help: "Let q, k and v, gate and up, and experts differ; vLLM fuses them and then fails.")
  var free = false

  @Option(help: "Measure at most this many parts; between their layers it is interpolated.")
  var probes = 128

  @Option(help: "Held-out tokens of each domain that parts are measured on.")
  var probeTokens = 4096

  @Flag(help: "Print what will be run and what it will take, and stop.")
  var dryRun = false

  @Option(
    help: "What to print: front, sizes against divergence; map, layer by part; parts, all of each.")
  var show = Shown.front

  @Option(help: "table, json, csv or markdown.")
  var format = OutputFormat.table

  @OptionGroup var resources: PassResources

  /// What is printed.
  enum Shown: String, ExpressibleByArgument, CaseIterable {
    case front
    case map
    case parts
  }

  func validate() throws {
    guard !budget.isEmpty || !size.isEmpty || fits != nil else {
      throw ValidationError("give --budget, --size or --fits: how large the mixed model may be")
    }
    guard budget.allSatisfy({ $0 > 0 && $0 <= 32 }) else {
      throw ValidationError("--budget is bits per weight, above 0 and at most 32")
    }
    guard (fits == nil) == (context == nil), (context ?? 1) > 0 else {
      throw ValidationError("--fits and --context go together: memory, and tokens in it")
    }
    guard probes > 0, probeTokens > 1 else {
      throw ValidationError("--probes is 1 or more, --probe-tokens 2 or more")
    }
  }

  func run() throws {
    let engine = try resources.compute.engine()
    let url = URL(fileURLWithPath: study)
    let known = try Study(existing: url).results()
    let file = try known.environment.sweepFile(of: study)
    var files = CommandFiles(
      reads: [try HubCache().model(file.model).path, file.calibration] + file.heldout, force: false)
    let trace = try resources.trace(&files)
    let target = try files.output(study, .study, option: "STUDY", continues: true)
    var sweep = try SweepRun(file, engine: engine)
    let request = request
    let estimate = try AllocationRun(sweep, of: known, request).estimate(
      memoryBudget: resources.memoryBudget)
    if dryRun {
      Terminal.say(
        "\(estimate.parts) parts, \(estimate.options) options, \(request.budgets.count) mixed models:"
          + " 3 passes, the first of \(estimate.probes) trials:")
      return try Terminal.print(
        estimate.first.table(on: engine, memoryBudget: resources.memoryBudget), as: .table)
    }
    try PassCheckpoint.check(PassCheckpoint(beside: target, key: "").folder)
    sweep.inputs.groupsAtOnce = estimate.first.memory.groupsAtOnce
    try resources.limit(
      engine, estimate.first.memory, folder: target.deletingLastPathComponent(),
      for: "allocate bits in \(study)")
    let allocating = try AllocationRun(sweep, of: known, request)
    let store = try Study(target)
    let bar = ProgressBar(
      layers: sweep.inputs.decoder.config.layers, domains: sweep.inputs.domains.count)
    defer { bar.finish() }
    let allocation = try resources.watch(bar, engine, trace: trace) {
      observers throws(InputError) in
      try allocating.run(into: store, observers: observers)
    }
    bar.complete()
    guard let tables = AllocationTables(try store.results()) else { return }
    switch show {
    case .front: try Terminal.print(tables.front, as: format)
    case .map, .parts:
      for mix in allocation.mixes {
        try Terminal.print(
          show == .map ? tables.map(of: mix) : tables.parts(of: mix), as: format)
      }
    }
    for trial in allocation.mixes.compactMap(\.trial) {
      Terminal.say(
        "next: tenbin quantize \(file.model) --trial \(study)#\(trial) --output MODEL-\(trial)")
    }
  }

  private var request: AllocationRequest {
    var budgets = budget.map { AllocationRequest.Budget.bitsPerWeight($0) }
    budgets += size.map { .size($0) }
    if let fits, let context { budgets.append(.memory(fits, context: context)) }
    var request = AllocationRequest(budgets)
    request.options = options
    request.keep = keep
    request.isFree = free
    request.probes = probes
    request.probeTokens = probeTokens
    return request
  }
}

extension StudyEnvironment {
  /// The sweep file that the study was made with.
  func sweepFile(of study: String) throws(InputError) -> SweepFile {
    guard !sweepYAML.isEmpty else {
      throw InputError(
        .badData, asked: "allocate bits between the trials of \(study)",
        found: "no sweep file in it: it does not say which model and texts it is of",
        hint: "run its sweep with `tenbin sweep run`")
    }
    return try SweepFile(text: sweepYAML, name: "the sweep file of \(study)")
  }
}
