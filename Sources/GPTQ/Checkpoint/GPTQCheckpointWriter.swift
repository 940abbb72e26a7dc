import Basics
import Foundation
import Tensor

/// Writes a GPTQ checkpoint folder that transformers, GPTQModel and vLLM load: shards, index,
/// config.json, quantize_config.json and the tokenizer's files. Everything stands in a temporary
/// folder beside the final one until `finish`; every packed linear is read back from disk and
/// compared with its codes as soon as it is written.
public struct GPTQCheckpointWriter: ~Copyable {
  /// Where the folder will appear.
  public let url: URL
  /// What is written, in order.
  public let plan: CheckpointPlan
  private let settings: CheckpointSettings
  private let format: CheckpointFormat
  private let folder: CheckpointFolder
  private let partial: URL
  /// Held while the temporary folder is written to.
  private let lock: OutputLock
  private var shard: SafetensorsWriter?
  private var written = 0
  private var record: CheckpointRecord
  private var staysOnFailure = false
  private let replacing: Bool

  /// Starts the checkpoint `url` of the model in the folder `base`; with `replacing` it will take the
  /// place of a folder that is there.
  ///
  /// `making` goes into its record. Refuses a `url` that exists otherwise, linears that cannot be
  /// packed, and asymmetric grids in v1.
  public init(
    _ url: URL, base: URL, plan: CheckpointPlan, settings: CheckpointSettings,
    making: CheckpointRecord.Making? = nil, resumable: Bool = false, replacing: Bool = false
  ) throws(InputError) {
    try settings.quantize.validate()
    var isSymmetric = true
    for case .linear(_, _, _, let config) in plan.items {
      try config.validate()
      isSymmetric = isSymmetric && config.sym
    }
    let format = try settings.resolvedFormat(isSymmetric: isSymmetric && settings.quantize.sym)
    guard replacing || Self.isFree(url) else {
      throw InputError(
        .usage, asked: "write the checkpoint \(url.path)", found: "the path already exists",
        hint: "choose another --output, or remove it")
    }
    for case .linear(let name, let out, let features, _) in plan.items
    where out % 32 != 0 || features % 32 != 0 {
      throw InputError(
        .badData, asked: "write \(name) of \(out) x \(features) quantized",
        found: "GPTQ checkpoints hold 32 values in whole words: loaders expect multiples of 32",
        hint: "leave it out: --dynamic '-:.*\\.\(name.split(separator: ".").last ?? "").*={}'")
    }
    let folder = try CheckpointFolder(base: base)
    let partial = AtomicOutput.partialURL(for: url)
    let lock = try Self.lock(url, partial)
    try Self.createFolder(partial, for: url, empty: !resumable)
    self.partial = partial
    self.lock = lock
    self.replacing = replacing
    self.url = url
    self.folder = folder
    self.plan = plan
    self.settings = settings
    self.format = format
    record = CheckpointRecord(
      tenbinVersion: ToolVersion.current, quantize: settings.quantize, making: making)
    record.tensors = [:]
  }

  deinit {
    // After `finish` this name is gone.
    if !staysOnFailure { try? FileManager.default.removeItem(at: partial) }
  }

  /// Where whoever fills this checkpoint keeps what it needs to go on; not part of the result.
  public var resumeFolder: URL { partial.appendingPathComponent(resumeName) }

  /// Saves how far the writing has come, under `name`, and leaves everything in place from now on if
  /// the writer ends before `finish`.
  public mutating func save(_ name: String) throws(InputError) {
    shard?.stayOnFailure()
    staysOnFailure = true
    let progress = Progress(written: written, plan: plan.digest, record: record)
    do {
      try AtomicOutput.write(
        try JSONEncoder().encode(progress), to: resumeFolder.appendingPathComponent(name))
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(url.path)", error)
    }
  }

  /// Goes on from what was saved under `name`, or from the beginning where that is nil.
  public mutating func resume(_ name: String?) throws(InputError) {
    guard let name else {
      try empty()
      return
    }
    let data = try? Data(contentsOf: resumeFolder.appendingPathComponent(name))
    let progress = data.flatMap { try? JSONDecoder().decode(Progress.self, from: $0) }
    guard let progress, progress.plan == plan.digest, progress.written <= plan.items.count else {
      throw lost()
    }
    (written, record, staysOnFailure) = (progress.written, progress.record, true)
    guard let index = plan.shards.firstIndex(where: { $0.contains(written) }),
      plan.shards[index].lowerBound < written
    else { return }
    let before = plan.items[plan.shards[index].lowerBound..<written].flatMap(\.entries).count
    shard = try SafetensorsWriter(
      resuming: partial.appendingPathComponent(plan.fileNames[index]),
      entries: plan.entries(ofShard: index), written: before)
    if shard == nil { throw lost() }
  }

  private func lost() -> InputError {
    InputError(
      .badData, asked: "go on writing \(url.path)",
      found: "\(partial.path) is not as an interrupted run left it",
      hint: "remove that folder and start again")
  }

  /// Removes what an earlier run left.
  private func empty() throws(InputError) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: partial.path)) ?? [] {
      do {
        try files.removeItem(at: partial.appendingPathComponent(name))
      } catch {
        throw AtomicOutput.ioError("empty \(partial.path)", error)
      }
    }
  }

  private struct Progress: Codable {
    var written: Int
    var plan: String
    var record: CheckpointRecord
  }

  /// What is expected next; nil when everything is written.
  public var next: CheckpointPlan.Item? {
    written < plan.items.count ? plan.items[written] : nil
  }

  /// Packs and writes the next item, a linear, reads it back and compares. `solved` says how it was
  /// made; `packed` replaces its codes where a packer has changed them; `digest` is that of what is
  /// written, where it is known.
  public mutating func write(
    _ solved: SolvedLinear, packed: QuantizedLinear? = nil, digest: String? = nil
  ) throws(InputError) {
    guard case .linear(let name, let out, let features, let config) = next else {
      preconditionFailure("a linear is next in the plan")
    }
    let linear = packed ?? solved.linear
    precondition(
      linear.codes.rows == out && linear.codes.columns == features && linear.bits == config.bits
        && linear.scalesDtype == config.scalesDtype, "the linear of the plan")
    let tensors = try PackedLinear(linear, format: format)
    let qweight = try appendAndRead(tensors.qweight.elements.littleEndianBytes)
    let qzeros = try appendAndRead(tensors.qzeros.elements.littleEndianBytes)
    let scales = linear.scalesDtype.encode(tensors.scales.elements)
    let scalesRead = try appendAndRead(scales)
    let index = try appendAndRead(tensors.groupIndex.littleEndianBytes)
    var fromDisk = tensors
    fromDisk.qweight.elements = [Int32](littleEndianBytes: qweight)
    fromDisk.qzeros.elements = [Int32](littleEndianBytes: qzeros)
    fromDisk.groupIndex = [Int32](littleEndianBytes: index)
    let reread = try fromDisk.unpacked(
      bits: linear.bits, sym: linear.sym, format: format, scalesDtype: linear.scalesDtype)
    guard reread == linear, scalesRead == scales else {
      throw mismatch(name, "other codes, scales or groups")
    }
    record.verifiedModules += 1
    record.verifiedTensors += 4
    var module = CheckpointRecord.Module(name: name)
    module.solverPath = solved.path
    module.dampPercentUsed = solved.dampPercentUsed
    module.rescueReason = solved.rescueReason
    module.relativeErrorCalibration = solved.error.relative
    module.loss = solved.losses
    module.codesHash = digest ?? linear.digest
    record.modules.append(module)
    try advance()
  }

  /// Writes the next item, a tensor that goes through as it is, reads it back and compares.
  public mutating func write(_ bytes: [UInt8]) throws(InputError) {
    guard case .tensor(let entry) = next else {
      preconditionFailure("a tensor is next in the plan")
    }
    try openShard()
    try shard?.append(bytes)
    guard try shard?.lastEquals(bytes) ?? false else { throw mismatch(entry.name, "other bytes") }
    record.verifiedTensors += 1
    record.tensors?[entry.name] = CheckpointRecord.digest(of: bytes)
    try advance()
  }

  private func mismatch(_ name: String, _ found: String) -> InputError {
    InputError(
      .io, asked: "read \(name) of \(url.path) again after writing it",
      found: found + " than those in memory",
      hint: "the disk or the memory is failing: check both, and write elsewhere")
  }

  /// Writes the JSON files, copies the tokenizer, and gives the folder its name.
  @discardableResult
  public consuming func finish() throws(InputError) -> CheckpointRecord {
    precondition(next == nil, "everything was written")
    if plan.items.isEmpty { try openShard() }
    try closeShard()
    try folder.writeSidecars(
      to: partial, plan: plan, settings: settings, format: format, record: &record)
    try checkHeaders()
    do {
      if FileManager.default.fileExists(atPath: resumeFolder.path) {
        try FileManager.default.removeItem(at: resumeFolder)
      }
    } catch {
      throw AtomicOutput.ioError("finish \(url.path)", error)
    }
    try AtomicOutput.publish(partial, as: url, replacing: replacing)
    return record
  }

  /// Whether nothing stands at `url`, or an empty folder, whose place another one can take.
  private static func isFree(_ url: URL) -> Bool {
    switch OutputPlace(url.path).occupant {
    case .nothing: true
    case .folder: (try? FileManager.default.contentsOfDirectory(atPath: url.path))?.isEmpty ?? false
    default: false
    }
  }

  /// Opens the folder as a loader would, and looks for every tensor of the plan in its type and shape.
  private func checkHeaders() throws(InputError) {
    let written = try SafetensorsDirectory(partial)
    let entries = plan.items.flatMap(\.entries)
    guard written.tensorNames.count == entries.count else {
      throw mismatch("the index", "\(written.tensorNames.count) tensors, others")
    }
    for entry in entries {
      let found = written.file(of: entry.name)?.entries[entry.name]
      guard found?.dtype == entry.dtype, found?.shape == entry.shape,
        found?.range.count == entry.byteCount
      else { throw mismatch(entry.name, "another type or shape") }
    }
    let hasCodes = plan.items.contains { if case .linear = $0 { true } else { false } }
    guard hasCodes else { return }
    let reader = try GPTQCheckpointReader(partial)
    guard reader.config == settings.readBack(format), reader.contradictions.isEmpty else {
      throw mismatch("the settings", "other settings")
    }
  }

  /// Keeps other processes from writing the same checkpoint.
  private static func lock(_ url: URL, _ partial: URL) throws(InputError) -> OutputLock {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw AtomicOutput.ioError("create \(url.path)", error)
    }
    return try OutputLock(
      URL(fileURLWithPath: partial.path + ".lock"), asked: "write the checkpoint \(url.path)",
      hint: "wait for it, or choose another --output")
  }

  /// Makes the temporary folder beside `url`, with what an interrupted run left there or without.
  private static func createFolder(_ partial: URL, for url: URL, empty: Bool) throws(InputError) {
    if empty { try? FileManager.default.removeItem(at: partial) }
    do {
      try FileManager.default.createDirectory(at: partial, withIntermediateDirectories: true)
    } catch {
      throw AtomicOutput.ioError("create \(url.path)", error)
    }
  }

  private mutating func appendAndRead(_ bytes: [UInt8]) throws(InputError) -> [UInt8] {
    try openShard()
    try shard?.append(bytes)
    return try shard?.readLast() ?? []
  }

  /// Opens the shard of the next item, if none is open.
  private mutating func openShard() throws(InputError) {
    guard shard == nil else { return }
    let index = plan.shards.firstIndex { $0.upperBound > written } ?? plan.shards.count - 1
    shard = try SafetensorsWriter(
      partial.appendingPathComponent(plan.fileNames[index]), entries: plan.entries(ofShard: index))
  }

  /// Goes on to the next item, closing a shard that is complete.
  private mutating func advance() throws(InputError) {
    written += 1
    if plan.shards.contains(where: { $0.upperBound == written }) { try closeShard() }
  }

  private mutating func closeShard() throws(InputError) {
    if let complete = shard.take() { try complete.finish() }
  }
}

/// The subfolder of an unfinished checkpoint in which its run keeps what it needs to go on.
private let resumeName = ".resume"
