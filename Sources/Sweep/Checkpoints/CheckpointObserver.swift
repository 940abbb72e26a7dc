import Basics
import Foundation
import GPTQ
import Model
import Results
import Tensor

/// Writes a trial's checkpoint while its pass runs: each linear as soon as it is solved, every other
/// tensor as it stands in the base.
final class CheckpointObserver: PassObserver {
  private let inputs: SweepInputs
  private var writer: GPTQCheckpointWriter?
  private var lastSaved: Int?

  /// Starts the checkpoint of `config` where `options` says.
  init(
    _ inputs: SweepInputs, config: TrialConfig, modelHash: String, options: CheckpointOptions
  ) throws(InputError) {
    let model = inputs.decoder.config
    try model.requireLinears(in: config)
    self.inputs = inputs
    var stored = config
    if config.packer == .autogptqBF16 { stored.quantize.scalesDtype = .bf16 }
    writer = try GPTQCheckpointWriter(
      options.output, base: inputs.modelDirectory,
      plan: Self.plan(inputs, stored, shardSize: options.shardSize),
      settings: CheckpointSettings(
        quantize: stored.quantize, dynamic: stored.dynamic,
        modulesInBlock: Self.listed(stored.modules, model),
        modulesLeftOut: stored.modules.map { Self.leftOut($0, model) } ?? [],
        quantizesHead: stored.quantizeHead != nil, format: options.format),
      making: inputs.making(config, modelHash: modelHash), resumable: true,
      replacing: options.replacing)
  }

  func starting(after layer: Int) throws(InputError) {
    try writer?.resume(layer < 0 ? nil : Self.progressName(layer))
  }

  func saving(after layer: Int) throws(InputError) {
    try writer?.save(Self.progressName(layer))
  }

  func saved(after layer: Int) {
    if let lastSaved, lastSaved != layer, let folder = writer?.resumeFolder {
      try? FileManager.default.removeItem(
        at: folder.appendingPathComponent(Self.progressName(lastSaved)))
    }
    lastSaved = layer
  }

  private static func progressName(_ layer: Int) -> String { "written-\(layer).json" }

  /// Where the pass saves itself.
  var resumeFolder: URL? { writer?.resumeFolder }

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    for module in modules {
      try copyTensors()
      try writer?.write(
        module.solved, packed: module.packed, digest: module.result.codesHash)
    }
  }

  func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {
    try copyTensors()
    try writer?.write(head.solved, packed: head.packed)
  }

  /// Writes what is left and gives the folder its name.
  func finish() throws(InputError) -> CheckpointRecord {
    try copyTensors()
    guard let writer = writer.take() else { preconditionFailure("a checkpoint finishes once") }
    return try writer.finish()
  }

  /// Copies tensors of the base up to the next linear of the plan.
  private func copyTensors() throws(InputError) {
    while case .tensor(let entry)? = writer?.next {
      try writer?.write(inputs.weights.bytes(entry.name))
    }
  }

  /// What `modules_in_block_to_quantize` says: what was asked for, else nothing, unless the gates of
  /// shared experts are beside the linears. transformers takes those for linears in codes.
  private static func listed(_ modules: [LinearName]?, _ model: ModelConfig) -> [[String]]? {
    let all = model.hasSharedExpertGates ? model.linearNames : nil
    return (modules ?? all).map { byStage($0, model) }
  }

  /// What `kept` leaves out in all layers, whole kinds as one.
  private static func leftOut(_ kept: [LinearName], _ model: ModelConfig) -> [String] {
    let kinds = Set(kept.map(\.kind))
    var seen = Set<String>()
    return model.linearNames.filter { !kept.contains($0) }
      .map { kinds.contains($0.kind) ? $0.rawValue : $0.kind }
      .filter { seen.insert($0).inserted }
      .map { "\(model.description.names.layers).*.\($0)" }
  }

  /// The names of linears, those of one stage together: the order in which they are quantized.
  private static func byStage(_ modules: [LinearName], _ model: ModelConfig) -> [[String]] {
    var listed: [[String]] = []
    for stage in model.description.layers.flatMap(\.stages) {
      let names = stage.linears.map(\.name).filter(modules.contains).map(\.rawValue)
      if !names.isEmpty, !listed.contains(names) { listed.append(names) }
    }
    return listed
  }

  /// The linears in the order in which a pass solves them, and before them all other tensors.
  static func plan(
    _ inputs: SweepInputs, _ config: TrialConfig, shardSize: Int = .max
  ) -> CheckpointPlan {
    let model = inputs.decoder.config
    var linears: [CheckpointPlan.Item] = []
    var replaced = Set<String>()
    for (layer, linear) in model.linears {
      guard let quantize = config.quantize(for: layer, linear.name) else { continue }
      let name = linear.name.tensorPrefix(layer: layer)
      replaced.insert(name + ".weight")
      linears.append(
        .linear(name: name, outFeatures: linear.rows, inFeatures: linear.columns, quantize))
    }
    if let quantize = config.quantizeHead {
      replaced.insert(DecoderHead.module + ".weight")
      linears.append(
        .linear(
          name: DecoderHead.module, outFeatures: model.vocabularySize,
          inFeatures: model.hiddenSize, quantize))
    }
    let kept = inputs.weights.tensorNames.filter { !replaced.contains($0) }
    let tensors = kept.compactMap { name -> CheckpointPlan.Item? in
      // Shapes were checked when the model was opened.
      guard let entry = try? inputs.weights.entry(name) else { return nil }
      return .tensor(
        .init(name: name, dtype: entry.dtype, shape: entry.shape, byteCount: entry.byteCount))
    }
    return CheckpointPlan(tensors + linears, shardSize: shardSize)
  }
}

/// Where a checkpoint goes, and in which form.
public struct CheckpointOptions: Sendable {
  /// The folder to write; it must not exist.
  public var output: URL
  /// Bytes of tensors a shard holds at most.
  public var shardSize = 4_000_000_000
  /// v1 or v2; nil takes v1 for symmetric grids and v2 for asymmetric ones.
  public var format: CheckpointFormat?

  /// Whether it takes the place of a folder that is there.
  public var replacing = false

  /// A checkpoint at `output` with the usual shards.
  public init(output: URL) {
    self.output = output
  }
}

extension SweepInputs {
  /// Bytes of the tensors of a checkpoint of `config`.
  public func checkpointBytes(of config: TrialConfig) -> Int {
    CheckpointObserver.plan(self, config.stored).totalSize
  }

  /// What a checkpoint's record says of how it was made.
  fileprivate func making(_ config: TrialConfig, modelHash: String) -> CheckpointRecord.Making {
    var making = CheckpointRecord.Making(config)
    making.names = decoder.config.description.names.convention.rawValue
    making.model = HubSnapshot.name(of: modelDirectory)
    making.modelRevision = HubSnapshot(modelDirectory)?.commit
    making.modelHash = modelHash
    making.calibration = calibrationName
    making.calibrationHash = calibration.hash
    making.calibrationSamples = calibration.windows.count
    making.calibrationTokens = calibration.tokenCount
    making.calibrationOrigin = CalibrationOrigin(calibration)
    making.engine = engine.summary
    making.machine = MachineSummary.current
    return making
  }

  /// Quantizes the model as `config` says and writes the checkpoint; returns what was measured, and
  /// what became of each linear.
  public func quantize(
    _ config: TrialConfig, options: CheckpointOptions, observers: [any PassObserver] = []
  ) throws(InputError) -> (TrialResult, CheckpointRecord) {
    try decoder.config.check(config)
    let modelHash = try modelHash()
    let writer = try CheckpointObserver(
      self, config: config, modelHash: modelHash, options: options)
    let trial = TrialResult(number: 0, config: config, companion: nil)
    var pass = self.pass
    if let folder = writer.resumeFolder {
      pass.checkpoint = PassCheckpoint(
        folder,
        key: pass.key(
          [PassTrial(trial)], modelHash: modelHash,
          note: "\(options.shardSize) \(options.format?.rawValue ?? "")"))
    }
    let trials = try pass.run([trial], observers: [writer] + observers).trials
    return (trials[0], try writer.finish())
  }
}
