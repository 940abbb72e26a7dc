import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor

/// The audit of a GPTQ checkpoint folder, whoever wrote it: files and settings first, then one pass
/// over the modules, each of which is in memory alone.
public struct CheckpointAudit: Sendable {
  /// The checkpoint.
  public let checkpoint: URL
  /// The model that was quantized, where it is at hand.
  public let base: URL?
  /// Tokens to measure outputs on, window by window; needs `base`.
  public let calibration: [[Int32]]
  /// Whether the checkpoint is run on a little text, beside its base where that is at hand.
  public let runs: Bool
  private let engine: any Engine

  /// Prepares the audit of `checkpoint`.
  public init(
    _ checkpoint: URL, base: URL? = nil, calibration: [[Int32]] = [], runs: Bool = true,
    engine: any Engine
  ) {
    self.runs = runs
    self.checkpoint = checkpoint
    self.base = base
    self.calibration = calibration
    self.engine = engine
  }

  /// Every check of the modules.
  static var checks: [any AuditCheck] {
    [
      PackingOverflowCheck(), CorruptedCodesCheck(), ZeroPointCheck(), GroupIndexCheck(),
      ScaleValueCheck(),
      ScaleMismatchCheck(), CodeUsageCheck(), WeightErrorCheck(), CodeChoiceCheck(),
      DuplicateCheck(), EmptiedCodesCheck(),
    ]
  }

  /// Runs it. `progress` gets the modules done and their number.
  public func run(progress: (Int, Int) -> Void = { _, _ in }) throws(InputError) -> AuditReport {
    let damage = try CheckpointFiles.findings(checkpoint)
    guard damage.isEmpty else {
      return AuditReport(findings: damage, header: nil, modules: [])
    }
    let reader = try GPTQCheckpointReader(checkpoint)
    var (findings, names) = HeaderChecks(reader, checkpoint).run()
    let loaders = LoaderRules(reader, checkpoint, modules: names).reports()
    findings += loaders.compactMap(\.finding)
    let originals = try base.map { url throws(InputError) in
      try ModelWeights(base: url, of: checkpoint)
    }
    var seen = try examineModules(names, reader, originals, progress)
    findings += seen.findings
    var unknown: [String] = []
    if let originals, !seen.strangers.isEmpty || !seen.distant.isEmpty {
      let identity = ModuleIdentity(
        reader: reader, base: originals,
        headDimension: headDimension, engine: engine)
      let named = try identity.findings(seen.strangers, seen.distant, of: names.count)
      findings += named.findings
      unknown = named.unknown
    }
    let isTurned = try examineRest(reader, originals, &seen, &findings)
    let function = runFunction(&seen.coverage)
    if isTurned, function == nil {
      seen.coverage.append(
        .init("function", .notLooked, .function(.turnedNotRun)))
    }
    let conclusion = AuditConclusion(
      unknown: unknown, total: names.count,
      bits: names.compactMap { try? reader.bits(of: $0) }.min() ?? 0,
      parameters: (try? ModelConfig(directory: checkpoint))?.linearParameters ?? 0,
      function: function,
      differentBase: seen.relation.finding(function), isTurned: isTurned)
    return AuditReport(
      findings: conclusion.apply(to: findings),
      header: CheckpointHeader(reader, loaders: loaders), modules: seen.modules,
      coverage: AuditCoverage(items: seen.coverage), function: function)
  }

  /// The width of a head, where config.json says.
  private var headDimension: Int? {
    (try? ModelConfig(directory: checkpoint))?.layer(0).attention?.shape.headDimension
  }

  /// What running the text will take.
  public struct FunctionCost: Sendable, Equatable {
    /// Tokens of text, at most.
    public let tokens: Int
    /// Whether the base runs, too, as it is and rounded.
    public let isBesideBase: Bool
    /// Multiplications and additions of all models.
    public let operations: Double
  }

  /// What running the text will take; nil where nothing is run.
  public var functionCost: FunctionCost? {
    guard runs, let model = try? ModelConfig(directory: checkpoint) else { return nil }
    let sides = base == nil ? 1 : 3
    let texts = ProbeText.all.count + (base == nil ? ProbeText.more.count : 0)
    let length = base == nil ? FunctionCheck.length : FunctionCheck.length(beside: model)
    let tokens = texts * length
    let operations =
      2 * Double(model.linearParameters) * Double(sides * tokens)
      + (base == nil ? OtherReadings.operations(model) : 0)
    return FunctionCost(tokens: tokens, isBesideBase: sides > 1, operations: operations)
  }

  /// Bytes that running the text takes beside the base: a decoder layer of each of the two in float32, and
  /// the base's rounded, a stage at a time; 0 where nothing is run.
  public var functionBytes: Int {
    guard runs, let base, let model = try? ModelConfig(directory: base) else { return 0 }
    let layers = model.description.layers.map { layer in
      layer.linears.reduce(0) { $0 + $1.rows * $1.columns }
    }
    return 12 * (layers.max() ?? 0)
  }

  /// What was seen of the modules.
  private struct Seen {
    var findings: [AuditFinding] = []
    var modules: [ModuleAudit] = []
    var coverage: [AuditCoverage.Item] = []
    /// Modules whose codes do not follow the base's weights of their names.
    var strangers: [String] = []
    /// Those that follow them from farther than rounding explains.
    var distant: [String] = []
    var smoothed: Set<String> = []
    var relation = BaseRelation()
  }

  private func examineModules(
    _ names: [String], _ reader: GPTQCheckpointReader, _ originals: ModelWeights?,
    _ progress: (Int, Int) -> Void
  ) throws(InputError) -> Seen {
    var (seen, checks) = (Seen(), Self.checks)
    var unreadable: [(name: String, error: InputError)] = []
    var smoothing = originals.map { SmoothingFactors(reader, base: $0, head: headDimension) }
    try forEachModule(names) { name, norm throws(InputError) in
      do throws(InputError) {
        let linear = try reader.linear(name)
        var original = try originals.map { tensors throws(InputError) in
          try originalRows(name, linear, tensors)
        }
        if let plain = original, let same = try smoothing?.equivalent(of: name, linear, plain) {
          original = same
        }
        let module = try AuditModule(
          name: name, settings: try reader.moduleSettings(name), linear: linear,
          original: original, norm: norm, engine: engine)
        for index in checks.indices { checks[index].examine(module) }
        seen.relation.examine(module)
        seen.modules.append(ModuleAudit(module))
        if let comparison = module.comparison, !comparison.isRelated, comparison.following > 0 {
          seen.strangers.append(name)
        } else if module.comparison?.isDistant == true {
          seen.distant.append(name)
        }
        seen.coverage.append(
          .init(
            name, module.comparison == nil ? .alone : .compared,
            module.comparison.map { .files(.weightsDiffer, percent($0.weightError, of: 1)) }
              ?? .files(.partsHeldTogether)))
      } catch {
        guard error.kind == .badData, error.asked != Self.comparing else { throw error }
        unreadable.append((name, error))
      }
      progress(seen.modules.count + unreadable.count, names.count)
    }
    if let first = unreadable.first {
      seen.findings.append(
        AuditFinding(
          .damagedFile, .defective,
          evidence:
            .files(.unreadable, unreadable.count, first.name, first.error.found),
          modules: unreadable.map(\.name), cost: .shared(.cannotBeLoaded),
          remedy: AuditSentence(verbatim: first.error.hint)))
    }
    seen.findings += checks.flatMap { $0.findings() }
    seen.smoothed = smoothing?.smoothedNorms ?? []
    return seen
  }

  /// Tensors that are not packed, config.json, the tokenizer: what a loader reads beside the linears.
  /// Returns whether the residual stream is the base's turned by one matrix.
  private func examineRest(
    _ reader: GPTQCheckpointReader, _ originals: ModelWeights?, _ seen: inout Seen,
    _ findings: inout [AuditFinding]
  ) throws(InputError) -> Bool {
    let config = try? ModelConfig(directory: checkpoint)
    var plain = PlainTensorChecks(
      reader, base: originals, tiesEmbeddings: config?.tiesEmbeddings ?? true,
      hasPlainGains: config?.description.finalNorm.offset == 0, smoothed: seen.smoothed)
    try plain.run()
    let keys = FunctionKeys(checkpoint, base: base).run()
    var tokenizer = TokenizerChecks(
      checkpoint, base: base, vocabularySize: config?.vocabularySize)
    tokenizer.run()
    findings += plain.findings + keys.findings + tokenizer.findings
    seen.coverage += plain.coverage + [keys.coverage] + tokenizer.coverage
    return plain.isTurned
  }

  /// Runs the checkpoint; a side that cannot be run is something that was not looked at only where
  /// nothing else says why.
  private func runFunction(_ coverage: inout [AuditCoverage.Item]) -> FunctionReport? {
    guard runs else { return nil }
    do throws(InputError) {
      let check = FunctionCheck(checkpoint: checkpoint, base: base, engine: engine)
      guard let report = try check.run() else { return nil }
      coverage.append(
        .init(
          "function", base == nil ? .alone : .compared,
          base == nil
            ? .function(.ranOtherwise, report.tokens, report.readings.count)
            : .function(.ran, report.tokens)))
      return report
    } catch {
      return nil
    }
  }

  private static let comparing = "compare the checkpoint with its base"

  /// The base's weight of `module`, of the same shape.
  private func originalRows(
    _ module: String, _ linear: QuantizedLinear, _ tensors: ModelWeights
  ) throws(InputError) -> BaseRows {
    let name = tensors.originalName(of: module)
    guard tensors.contains(name),
      try tensors.shape(of: name) == [linear.codes.rows, linear.codes.columns]
    else {
      throw InputError(
        .badData, asked: Self.comparing,
        found:
          """
          no \(name) of \(linear.codes.rows) x \(linear.codes.columns) in \
          \(tensors.files.url.path)
          """,
        hint: "give the folder of the model that was quantized as --base")
    }
    guard tensors.isStacked(name) else {
      return { (rows) throws(InputError) in try tensors.matrix(name, rows: rows) }
    }
    // Of a stack every row is a column: all of them are taken once.
    let whole = try tensors.matrix(name)
    return { (rows) throws(InputError) in whole.rows(in: rows) }
  }

  /// Calls `body` with every module, layer by layer, and with what its outputs are measured with.
  private func forEachModule(
    _ names: [String],
    _ body: (String, HessianNorm?) throws(InputError) -> Void
  ) throws(InputError) {
    guard let base, !calibration.isEmpty else {
      for name in names.sorted(by: Self.naturally) { try body(name, nil) }
      return
    }
    let decoder = try Decoder(directory: base, engine: engine)
    var states = try decoder.embed(calibration)
    var waiting = Set(names)
    try decoder.walk(positions: calibration.longest) { (layer, stage) throws(InputError) in
      let present = stage.groups.map { group in
        group.linears.map { $0.name.tensorPrefix(layer: layer.index) }.filter(waiting.contains)
      }
      if present.contains(where: { !$0.isEmpty }) {
        let hessians = layer.hessians(of: stage, in: states)
        for (names, hessian) in zip(present, hessians) where !names.isEmpty {
          let norm = HessianNorm(factoring: hessian.hessian(), engine: engine)
          for name in names { try body(name, norm) }
          waiting.subtract(names)
        }
      }
      layer.advance(&states, through: stage)
    }
    for name in waiting.sorted(by: Self.naturally) { try body(name, nil) }
  }

  /// Layer 2 before layer 10.
  private static func naturally(_ left: String, _ right: String) -> Bool {
    func key(_ name: String) -> [String] {
      name.split(separator: ".").map { part in
        Int(part).map { String(repeating: "0", count: max(0, 6 - "\($0)".count)) + "\($0)" }
          ?? String(part)
      }
    }
    return key(left).lexicographicallyPrecedes(key(right))
  }
}

extension ModelWeights {
  /// The tensor that `module` was quantized from: a head of its own may have been the embedding's.
  func originalName(of module: String) -> String {
    let name = module + ".weight"
    return module == "lm_head" && !contains(name) ? "model.embed_tokens.weight" : name
  }
}
