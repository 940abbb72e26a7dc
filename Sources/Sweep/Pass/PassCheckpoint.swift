import Basics
import Foundation
import Model
import Results
import Tensor

/// Where a pass saves itself between two layers, so that one that was killed goes on where it was.
///
/// The folder holds `state.json`, which names the last saved layer and carries everything measured so
/// far, and one `layer-N.f32` with the hidden states after that layer. `state.json` appears last, by a
/// rename; what it names is complete. A state of another pass, or one that was damaged, is ignored.
public final class PassCheckpoint {
  /// The folder; made when something is saved, removed by `remove`.
  public let folder: URL
  /// What the pass is: two passes of one key save states that fit each other.
  public let key: String
  /// The share of the time that saving may take. A layer that is quicker than its states are written
  /// is saved with one of the next.
  public let overhead: Double
  private var lastSaved = ContinuousClock.now
  private var secondsPerByte = 1 / 1e9

  /// Saves passes of `key` in `folder`.
  public init(_ folder: URL, key: String, overhead: Double = 0.04) {
    self.folder = folder
    self.key = key
    self.overhead = overhead
  }

  /// Saves passes of `key` beside the study at `url`.
  public convenience init(beside url: URL, key: String) {
    let name = "\(url.lastPathComponent).pass"
    self.init(url.deletingLastPathComponent().appendingPathComponent(name), key: key)
  }

  /// Refuses a folder of that name in which something else is kept: it will be emptied.
  public static func check(_ folder: URL) throws(InputError) {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    let place = OutputPlace(folder.path).occupant
    guard place != .nothing else { return }
    // What passes and diagnoses save there, unfinished files among it.
    let ours = ["state.json", "layer-", "key", "pass-", "codes", "."]
    let foreign = names?.first { name in !ours.contains { name.hasPrefix($0) } }
    guard place == .folder, foreign == nil else {
      throw InputError(
        .usage, asked: "save passes in \(folder.path)",
        found: foreign.map { "a folder with \($0) in it" } ?? "something that is no folder",
        hint: "move it away, or write under another name")
    }
  }

  /// Takes the saved state away, once its results are stored elsewhere.
  public func remove() {
    try? FileManager.default.removeItem(at: folder)
  }

  /// Whether enough has been done since the last time to save again.
  func isDue(bytes: Int) -> Bool {
    let elapsed = lastSaved.duration(to: .now).seconds
    return elapsed * overhead >= Double(bytes) * secondsPerByte
  }

  /// Saves the state after `layer`.
  func save(_ state: PassState) throws(InputError) {
    let began = ContinuousClock.now
    let old = savedFile()
    let name = "layer-\(state.layer).f32"
    var writer = try StateWriter(folder, name: name)
    for states in state.hidden { try writer.write(states) }
    let (bytes, checksum) = try writer.finish()
    let record = PassRecord(
      key: key, layer: state.layer, file: name, bytes: bytes, checksum: checksum,
      streams: state.base.calibration.keys.sorted(), trials: state.live.map(\.saved))
    do {
      let json = try Self.encoder.encode(record)
      try AtomicOutput.write(json, to: folder.appendingPathComponent("state.json"))
    } catch let error as InputError {
      throw error
    } catch {
      throw AtomicOutput.ioError("save the pass in \(folder.path)", error)
    }
    if let old, old != name {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(old))
    }
    lastSaved = .now
    if bytes > 0 { secondsPerByte = began.duration(to: lastSaved).seconds / Double(bytes) }
  }

  /// Puts a saved state into `state`, which is that of a pass before its first layer; nil, and
  /// nothing changed, where none fits.
  func restore(_ start: PassState) -> PassState? {
    guard let record = record(), record.key == key, record.trials.count == start.live.count,
      var file = try? StateReader(folder.appendingPathComponent(record.file), record: record)
    else { return nil }
    var state = start
    state.layer = record.layer
    state.base.calibration = state.base.calibration.filter { record.streams.contains($0.key) }
    guard Set(state.base.calibration.keys) == Set(record.streams) else { return nil }
    for index in state.live.indices { state.live[index].restore(record.trials[index]) }
    guard file.read(into: &state) else { return nil }
    return state
  }

  private func record() -> PassRecord? {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("state.json")) else {
      return nil
    }
    return try? Self.decoder.decode(PassRecord.self, from: data)
  }

  private func savedFile() -> String? { record()?.file }

  static let encoder = {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }()

  static let decoder = {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }()
}

/// A pass between two layers.
struct PassState {
  /// The last layer that all tokens have left; −1 before the first.
  var layer: Int
  var base: Tokens
  var live: [LiveTrial]

  /// Every hidden state, in the order in which they are saved.
  var hidden: [HiddenStates] { base.states + live.flatMap(\.tokens.states) }

  /// Bytes of all hidden states.
  var bytes: Int { hidden.reduce(0) { $0 + $1.byteCount } }
}

extension OnePass {
  /// A hash of everything that decides a pass's numbers: the program, the machine's arithmetic, the
  /// model, the tokens, and the trials with all their settings. Actions other than a trial's own
  /// config are not seen: `note` has to tell them apart.
  public func key(_ trials: [PassTrial], modelHash: String, note: String = "") -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var parts = [ToolVersion.current, engine.summary, modelHash, note]
    for windows in streams + domains.map(\.windows) + (prompts.map { [$0.windows] } ?? []) {
      parts.append("\(windows.map(\.count))")
      parts.append(SHA256.hexDigest(of: windows.flatMap(\.littleEndianBytes)))
    }
    for trial in trials {
      let config = (try? encoder.encode(trial.result.config)) ?? Data()
      let companion = trial.result.companion.map(String.init) ?? ""
      parts.append(
        "\(trial.result.number) \(companion) \(trial.stream) \(String(decoding: config, as: UTF8.self))"
      )
    }
    return SHA256.hexDigest(of: parts.joined(separator: "\n").utf8)
  }
}

/// `state.json`.
struct PassRecord: Codable {
  var key: String
  var layer: Int
  var file: String
  var bytes: Int
  var checksum: UInt64
  /// The calibration streams that the base still carried.
  var streams: [Int]
  var trials: [SavedTrial]
}

/// What a trial had come to.
struct SavedTrial: Codable {
  var result: TrialResult
  var storedBits: Double
  var storedWeights: Double
}

extension Tokens {
  /// All states, calibration streams first, prompts last.
  fileprivate var states: [HiddenStates] {
    calibration.keys.sorted().compactMap { calibration[$0] } + predicted
  }
}

/// Appends hidden states to a file that appears when it is complete.
private struct StateWriter {
  private let url: URL
  private let partial: URL
  private let handle: FileHandle
  private var checksum = Checksum()
  private var bytes = 0

  init(_ folder: URL, name: String) throws(InputError) {
    url = folder.appendingPathComponent(name)
    partial = AtomicOutput.partialURL(for: url)
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data().write(to: partial)
      handle = try FileHandle(forWritingTo: partial)
    } catch {
      throw AtomicOutput.ioError("save the pass in \(folder.path)", error)
    }
  }

  mutating func write(_ states: HiddenStates) throws(InputError) {
    do {
      for index in 0..<states.partCount {
        let part = states.part(index)
        checksum.update(part)
        bytes += part.count
        try handle.write(contentsOf: part)
      }
    } catch {
      try? handle.close()
      try? FileManager.default.removeItem(at: partial)
      throw AtomicOutput.ioError("save the pass in \(url.deletingLastPathComponent().path)", error)
    }
  }

  func finish() throws(InputError) -> (bytes: Int, checksum: UInt64) {
    do {
      try handle.close()
    } catch {
      try? FileManager.default.removeItem(at: partial)
      throw AtomicOutput.ioError("save the pass in \(url.deletingLastPathComponent().path)", error)
    }
    try AtomicOutput.publish(partial, as: url)
    return (bytes, checksum.value)
  }
}

/// Reads hidden states back.
private struct StateReader {
  private let handle: FileHandle
  private let record: PassRecord
  private var checksum = Checksum()

  init(_ url: URL, record: PassRecord) throws {
    handle = try FileHandle(forReadingFrom: url)
    self.record = record
  }

  /// Whether everything was there, and as it was written.
  mutating func read(into state: inout PassState) -> Bool {
    guard fill(&state.base) else { return false }
    for index in state.live.indices where !fill(&state.live[index].tokens) { return false }
    let rest = try? handle.read(upToCount: 1)
    return rest?.isEmpty ?? true && checksum.value == record.checksum
  }

  private mutating func fill(_ tokens: inout Tokens) -> Bool {
    for stream in tokens.calibration.keys.sorted() {
      guard var states = tokens.calibration.removeValue(forKey: stream), fill(&states) else {
        return false
      }
      tokens.calibration[stream] = states
    }
    for index in tokens.evaluation.indices where !fill(&tokens.evaluation[index]) {
      return false
    }
    if var prompts = tokens.prompts {
      tokens.prompts = nil
      guard fill(&prompts) else { return false }
      tokens.prompts = prompts
    }
    return true
  }

  private mutating func fill(_ states: inout HiddenStates) -> Bool {
    for index in 0..<states.partCount {
      let count = states.partBytes(index)
      guard let data = try? handle.read(upToCount: count), data.count == count else {
        return false
      }
      let part = [UInt8](data)
      checksum.update(part)
      states.replacePart(index, with: part)
    }
    return true
  }
}
