import Basics
import Compute
import Foundation
import GPTQ
import Results
import Sweep
import TestSupport
import Testing

@Suite("When a study's work ran")
struct StudyTimesTests {
  @Test("an attempt that was broken off and the one that went on stand side by side")
  func resumed() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let url = folder.appendingPathComponent("study.sqlite")
      let before = Date.now.timeIntervalSince1970
      #expect(throws: InputError.self) {
        try Self.run(file, url, [Interrupter()])
      }
      let left = try Study(existing: url).results().times
      #expect(left.map(\.kind) == [.pass, .layer, .trial, .trial, .trial])
      #expect(left.allSatisfy { $0.attempt == 1 })
      let resumed = Date.now.timeIntervalSince1970
      let whole = try Self.run(file, url, []).times
      let after = Date.now.timeIntervalSince1970

      // The first attempt stays as it was left: it ended with its last layer.
      #expect(Array(whole.prefix(left.count)) == left)
      let (pass, layer) = (left[0], left[1])
      #expect(pass.number == 1 && pass.what == "the trials" && layer.number == 0)
      #expect(before <= pass.began && pass.began <= layer.began && layer.began < layer.ended)
      #expect(pass.ended == layer.ended && pass.ended <= resumed)
      #expect(left.suffix(3).map(\.number) == [0, 1, 2])
      #expect(left.suffix(3).allSatisfy { $0.began == pass.began && $0.ended == pass.ended })

      let second = whole.filter { $0.attempt == 2 }
      #expect(second.count + left.count == whole.count)
      let (again, layers) = (second[0], second.filter { $0.kind == .layer })
      #expect(again.kind == .pass && again.number == 1 && again.began >= resumed)
      #expect(layers.map(\.number) == [0, 1] && layers[0].ended == layers[1].began)
      #expect(again.ended >= layers[1].ended && again.ended <= after)
      #expect(
        second.suffix(3).allSatisfy { $0.kind == .trial && $0.ended == again.ended })
    }
  }

  @Test("a trial that is stopped on its way ends there")
  func stopped() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let times = try Self.run(
        file, folder.appendingPathComponent("study.sqlite"), [Stopper()]
      ).times
      let pass = try #require(times.first)
      let layers = times.filter { $0.kind == .layer }
      let trials = times.filter { $0.kind == .trial }
      #expect(trials.map(\.number) == [0, 1, 2])
      #expect(trials[1].ended == layers[0].ended && trials[1].ended < layers[1].ended)
      #expect(trials[0].ended == pass.ended && trials[2].ended == pass.ended)
    }
  }

  @Test("merged studies count their attempts through, and trials go by their numbers in the whole")
  func merged() throws {
    func part(_ bits: Int, _ began: Double) -> StudyResults {
      var config = TrialConfig(quantize: QuantizeConfig())
      config.quantize.bits = bits
      return StudyResults(
        environment: StudyEnvironment(), base: [],
        trials: [TrialResult(number: 0, config: config, companion: nil)],
        times: [
          TimedStep(
            attempt: 1, kind: .pass, number: 1, what: "the trials", began: began, ended: began + 9),
          TimedStep(attempt: 1, kind: .trial, number: 0, began: began, ended: began + 9),
        ])
    }
    let whole = try StudyMerge.merged([("a", part(4, 100)), ("b", part(8, 105))])
    #expect(whole.times.map(\.attempt) == [1, 1, 2, 2])
    #expect(whole.times.map(\.number) == [1, 0, 1, 1])
    #expect(whole.trials.map(\.number) == [0, 1])
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("whole.sqlite")
      try StudyMerge.write(whole, to: url)
      #expect(try Study(existing: url).results().times == whole.times)
    }
  }

  private static func run(
    _ file: SweepFile, _ url: URL, _ observers: [any PassObserver]
  ) throws -> StudyResults {
    let study = try Study(url)
    try SweepRun(file, engine: CPUEngine()).run(into: study, observers: observers)
    return try study.results()
  }

  /// Breaks the pass off after the first layer.
  private struct Interrupter: PassObserver {
    func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
      throw InputError(.interrupted, asked: "go on", found: "a test", hint: "none")
    }
  }

  /// Stops trial 1 after the first layer.
  private struct Stopper: PassObserver {
    func layerFinished(_ layer: Int, trials: [TrialResult]) -> Set<Int> { layer == 0 ? [1] : [] }
  }
}
