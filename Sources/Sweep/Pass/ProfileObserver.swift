import Basics
import Compute
import Foundation
import Model
import Results

/// Writes down what a pass does, as a Chrome trace (chrome://tracing, Perfetto): one row for the
/// base, one for each trial, a slice for each stage of each layer with its parts in its arguments. An
/// engine with a device of its own has rows of what that did meanwhile: its products and kernels, and
/// the copies up and down.
public final class ProfileObserver: PassObserver {
  private let began = ContinuousClock.now
  private var last = ContinuousClock.now
  private var events: [Event] = []
  private var known: [Int: TrialSeconds] = [:]

  private let engine: (any Engine)?

  /// Creates an observer of one run. Last in the list, it counts what the others do with an event to
  /// what led there. `engine` is asked what its device does.
  public init(engine: (any Engine)? = nil) {
    self.engine = engine
    engine?.recordTimeline()
  }

  /// Starts the clock.
  public func began(_ cost: PassCost) { last = .now }

  /// Starts the clock again.
  public func starting(after layer: Int) throws(InputError) { last = .now }

  /// Writes down one stage of one model.
  public func advanced(_ who: PassMember, layer: Int, stage: Stage) {
    var arguments = ["layer": Double(layer)]
    var row = 0
    switch who {
    case .base: name(row: 0, "base")
    case .trial(let trial):
      row = trial.number + 1
      name(row: row, "#\(trial.number) \(trial.config.label)")
      let before = known[trial.number] ?? TrialSeconds()
      known[trial.number] = trial.seconds
      arguments["calibrate_ms"] = 1e3 * (trial.seconds.calibrate - before.calibrate)
      arguments["factorise_ms"] = 1e3 * (trial.seconds.factorise - before.factorise)
      arguments["columns_ms"] = 1e3 * (trial.seconds.columns - before.columns)
      arguments["evaluate_ms"] = 1e3 * (trial.seconds.evaluate - before.evaluate)
    }
    slice(stage.label, row: row, arguments)
  }

  /// Writes down the end of a layer.
  public func layerFinished(
    _ layer: Int, trials: [TrialResult]
  ) throws(InputError) -> Set<Int> {
    slice("hidden errors", row: 0, ["layer": Double(layer)])
    takeTimeline()
    return []
  }

  /// Starts the clock again.
  public func saving(after layer: Int) throws(InputError) { last = .now }

  /// Writes down a save.
  public func saved(after layer: Int) {
    slice("save", row: 0, ["layer": Double(layer)])
  }

  /// Writes down the quantization of lm_head.
  public func solvedHead(_ trial: Int, _ head: SolvedHead) throws(InputError) {
    slice("lm_head", row: trial + 1, [:])
  }

  /// Writes down the scoring of a domain.
  public func scored(domain: String) {
    slice("score \(domain)", row: 0, [:])
  }

  /// Writes the trace to `url`.
  public func write(to url: URL) throws(InputError) {
    takeTimeline()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      let json = try encoder.encode(Trace(traceEvents: events, displayTimeUnit: "ms"))
      try AtomicOutput.write(json, to: url)
    } catch {
      throw error as? InputError ?? AtomicOutput.ioError("write \(url.path)", error)
    }
  }

  /// Adds what the engine's device has done since it was asked last.
  private func takeTimeline() {
    for slice in engine?.takeTimeline() ?? [] {
      // Below all trials.
      let row = 1_000_000 + (DeviceSlice.Lane.allCases.firstIndex(of: slice.lane) ?? 0)
      name(row: row, slice.lane.rawValue)
      events.append(
        Event(
          name: slice.name, ph: "X", ts: began.duration(to: slice.start).seconds * 1e6,
          dur: slice.seconds * 1e6, tid: row))
    }
  }

  private var namedRows = Set<Int>()

  private func name(row: Int, _ name: String) {
    guard namedRows.insert(row).inserted else { return }
    events.append(
      Event(name: "thread_name", ph: "M", ts: 0, dur: nil, tid: row, names: ["name": name]))
  }

  private func slice(_ name: String, row: Int, _ arguments: [String: Double]) {
    let now = ContinuousClock.now
    events.append(
      Event(
        name: name, ph: "X", ts: began.duration(to: last).seconds * 1e6,
        dur: last.duration(to: now).seconds * 1e6, tid: row, numbers: arguments))
    last = now
  }

  private struct Trace: Encodable {
    var traceEvents: [Event]
    var displayTimeUnit: String
  }

  /// An event of the trace; times are microseconds.
  private struct Event: Encodable {
    var name: String
    var ph: String
    var ts: Double
    var dur: Double?
    var tid: Int
    var names: [String: String] = [:]
    var numbers: [String: Double] = [:]

    enum CodingKeys: String, CodingKey {
      case name, ph, ts, dur, pid, tid, args
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(name, forKey: .name)
      try container.encode(ph, forKey: .ph)
      try container.encode(ts, forKey: .ts)
      try container.encodeIfPresent(dur, forKey: .dur)
      try container.encode(1, forKey: .pid)
      try container.encode(tid, forKey: .tid)
      if names.isEmpty {
        try container.encode(numbers, forKey: .args)
      } else {
        try container.encode(names, forKey: .args)
      }
    }
  }
}
