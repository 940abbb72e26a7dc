import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Results
import Sweep
import TestSupport
import Testing

@Suite("A study while its pass runs")
struct LayersInStudyTests {
  @Test("layers reach the study as they are done, and a stopped pass leaves those that it had")
  func layers() throws {
    try withTemporaryDirectory { folder in
      let file = try Self.sweep(folder)
      let expected = try Self.run(file, folder.appendingPathComponent("whole.sqlite"))
      let url = folder.appendingPathComponent("study.sqlite")

      // Stopped after the first of two layers, without a saved pass: what a kill leaves, too.
      let first = Reader(url, stopsAfter: 0)
      let stopped = #expect(throws: InputError.self) { try Self.run(file, url, [first]) }
      #expect(stopped?.kind == .interrupted)
      #expect(first.seen.map(\.layers) == [[0]])
      let left = try Study(existing: url).results().trials
      #expect(left.count == 3)
      for (trial, whole) in zip(left, expected.trials) {
        #expect(trial.state == .running && trial.evaluations.isEmpty)
        #expect(trial.hiddenErrors == Array(whole.hiddenErrors.prefix(1)))
        #expect(Self.errors(trial.modules) == Self.errors(whole.modules.filter { $0.layer == 0 }))
      }

      // Gone on with: what is there is not doubled, and the end is as if nothing had happened.
      let second = Reader(url)
      let results = try Self.run(file, url, [second])
      #expect(second.seen.map(\.layers) == [[0], [0, 1]])
      #expect(second.seen.allSatisfy { $0.states == [.running] })
      for (trial, whole) in zip(results.trials, expected.trials) {
        #expect(trial.state == .complete && trial.hiddenErrors == whole.hiddenErrors)
        #expect(Self.errors(trial.modules) == Self.errors(whole.modules))
        #expect(trial.evaluations.map(\.nllPerToken) == whole.evaluations.map(\.nllPerToken))
      }
    }
  }

  @Test("a pass that begins anew takes back the layers that an earlier one left")
  func begunAnew() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      let file = try Self.sweep(folder)
      _ = try? Self.run(file, url, [Reader(url, stopsAfter: 1)])
      #expect(try Study(existing: url).results().trials.allSatisfy { $0.hiddenErrors.count == 2 })
      PassCheckpoint(beside: url, key: "").remove()
      let again = Reader(url, stopsAfter: 0)
      _ = try? Self.run(file, url, [again])
      #expect(again.seen.map(\.layers) == [[0]])
    }
  }

  @Test(
    "a study that shared activations is not run again beside itself by a file that names nothing")
  func propagation() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      let file = try Self.sweep(folder)
      let done = try Self.run(file, url)
      let silent = try SweepFile(
        text: file.text.replacing("propagation: {value: shared}", with: ""), name: "sweep.yaml")
      #expect(
        throws: InputError(
          .usage, asked: "continue a study whose trials were solved on shared activations",
          found: "the sweep file names no propagation, which is quantized",
          hint: "write propagation: {value: shared} into it; or give a new --study")
      ) { try Self.run(silent, url) }
      #expect(try Study(existing: url).results().trials.count == done.trials.count)
    }
  }

  /// Every observer of the list is told everything, in the list's order.
  @Test("a pass tells each of its observers")
  func list() throws {
    try withTemporaryDirectory { folder in
      let told = Log()
      let inputs = try SweepRun(Self.sweep(folder), engine: CPUEngine()).inputs
      let trial = TrialResult(number: 4, config: TrialConfig(), companion: nil)
      _ = try inputs.pass.run([trial], observers: [Teller("a", told), Teller("b", told)])
      let events = ["began", "starting", "layer 0", "layer 1", "measured 4", "scored heldout-wiki"]
      #expect(told.lines == events.flatMap { ["a \($0)", "b \($0)"] })
    }
  }

  private static func errors(_ modules: [ModuleResult]) -> [[Double]] {
    modules.map { [Double($0.layer), $0.relativeErrorCalibration, $0.hiddenError] }
  }

  @discardableResult
  private static func run(
    _ file: SweepFile, _ url: URL, _ observers: [any PassObserver] = []
  ) throws -> StudyResults {
    let study = try Study(url)
    try SweepRun(file, engine: CPUEngine()).run(into: study, observers: observers)
    return try study.results()
  }

  /// Two trials and their companion on a model of two layers.
  static func sweep(_ folder: URL) throws -> SweepFile {
    let model = folder.appendingPathComponent("model")
    try PlantedModel(variant: .plain, layers: 2).write(to: model)
    let corpus = try String(
      contentsOf: Repository.corpus.appendingPathComponent("heldout-instruct.jsonl"),
      encoding: .utf8)
    let calibration = folder.appendingPathComponent("calibration.jsonl")
    try corpus.split(separator: "\n").prefix(8).joined(separator: "\n")
      .write(to: calibration, atomically: true, encoding: .utf8)
    return try SweepFile(
      text: """
        method: grid
        parameters:
          damp_percent: {values: [0.01, 0.1]}
          propagation: {value: shared}
          group_size: {value: 32}
          calibration_draws: {value: 0}
          model: {value: \(model.path)}
          calibration: {value: \(calibration.path)}
          heldout: {value: \(Repository.corpus.path)/heldout-wiki.jsonl}
          context: {value: 64}
          heldout_tokens: {value: 128}
        """, name: "sweep.yaml")
  }
}

/// Looks at a study from outside after every layer.
private final class Reader: PassObserver {
  struct Glance {
    var layers: [Int]
    var states: Set<TrialResult.State>
  }

  private let url: URL
  private let last: Int?
  private(set) var seen: [Glance] = []

  init(_ url: URL, stopsAfter last: Int? = nil) {
    self.url = url
    self.last = last
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    let found = try Study(existing: url).results().trials
    let layers = found.map { Set($0.modules.map(\.layer)).sorted() }
    #expect(Set(layers).count == 1 && found.allSatisfy { $0.hiddenErrors.count == layer + 1 })
    seen.append(Glance(layers: layers[0], states: Set(found.map(\.state))))
    guard layer != last else {
      throw InputError(.interrupted, asked: "run", found: "a request to stop", hint: "run again")
    }
    return []
  }
}

private final class Log {
  var lines: [String] = []
}

/// Writes down what it is told of.
private struct Teller: PassObserver {
  let name: String
  let log: Log

  init(_ name: String, _ log: Log) {
    self.name = name
    self.log = log
  }

  func began(_ cost: PassCost) { log.lines.append("\(name) began") }
  func starting(after layer: Int) { log.lines.append("\(name) starting") }
  func layerFinished(_ layer: Int, trials: [TrialResult]) -> Set<Int> {
    log.lines.append("\(name) layer \(layer)")
    return []
  }
  func measured(_ trial: Int, domain: String, scores: WindowScores) {
    log.lines.append("\(name) measured \(trial)")
  }
  func scored(domain: String) { log.lines.append("\(name) scored \(domain)") }
}
