import Basics
import Compute
import Foundation
import Results
import Sweep
import TestSupport
import Testing

@Suite("How far a study has come")
struct ProgressTests {
  @Test("a pass writes it down as it goes, a stopped one keeps it, a finished one leaves nothing")
  func passes() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let url = folder.appendingPathComponent("study.sqlite")
      let first = Onlooker(url, stopsAfter: 0)
      let study = try Study(url)
      #expect(try Study(viewing: url).progress().phase == .running)
      let stopped = #expect(throws: InputError.self) {
        try SweepRun(file, engine: CPUEngine()).run(into: study, observers: [first])
      }
      #expect(stopped?.kind == .interrupted)
      let seen = try #require(first.seen.first)
      let pass = try #require(seen.pass)
      #expect(pass.number == 1 && pass.count == 1 && pass.what == "the trials")
      #expect(pass.layersDone == 1 && pass.layers == 2 && pass.trials == [0, 1, 2])
      #expect(pass.share > 0.2 && pass.share < 0.9 && pass.own == pass.share)
      #expect(seen.phase == .running && seen.isRunning && seen.layers == 2)
      #expect(seen.trials.allSatisfy { $0.hiddenErrors.count == 1 && $0.modules.isEmpty })
      withExtendedLifetime(study) {}
    }
  }

  @Test("what was stopped goes on, and tells the own share from the whole one")
  func resumed() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let url = folder.appendingPathComponent("study.sqlite")
      #expect(throws: InputError.self) { try Self.run(file, url, Onlooker(url, stopsAfter: 0)) }
      let left = try Study(viewing: url).progress()
      #expect(left.phase == .stopped && !left.isRunning && left.pass?.layersDone == 1)
      #expect(left.counts.map(\.count) == [3] && left.counts.first?.state == .running)

      let second = Onlooker(url)
      try Self.run(file, url, second)
      let shares = second.seen.compactMap(\.pass?.share)
      #expect(shares.count == 2 && shares[0] < shares[1] && shares[1] <= 1)
      let end = try Study(viewing: url).progress()
      #expect(end.phase == .finished && end.pass == nil && !end.isRunning)
      #expect(end.trials.allSatisfy { $0.state == .complete && $0.hiddenErrors.count == 2 })
      let whole = try Study(existing: url).results()
      for (trial, other) in zip(end.trials, whole.trials) {
        #expect(trial.hiddenErrors == other.hiddenErrors)
        #expect(trial.evaluations.first?.perplexity == other.evaluations.first?.perplexity)
        #expect(trial.evaluations.first?.domain == other.evaluations.first?.domain)
      }
    }
  }

  @Test("a look at a study writes nothing, to one of an older tenbin neither")
  func viewing() throws {
    let fixture = try #require(
      Bundle.module.url(forResource: "Fixtures/study-schema-1", withExtension: "sqlite"))
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("old.sqlite")
      try FileManager.default.copyItem(at: fixture, to: url)
      let before = try Data(contentsOf: url)
      let stamp = StudyStamp(url)
      let study = try Study(viewing: url)
      #expect(try study.results().trials.count == 4)
      #expect(try study.progress().phase == .finished)
      #expect(try !study.isOfLaterTenbin())
      #expect(StudyStamp(url) == stamp)
      #expect(try Data(contentsOf: url) == before)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["old.sqlite"])
    }
  }

  @Test("the stamp of a study changes with everything that is written to it")
  func stamps() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      #expect(!StudyStamp(url).isThere && StudyStamp(url).modified == nil)
      let study = try Study(url)
      var stamps = [StudyStamp(url)]
      try StudyTests.run(TrialPlan(StudyTests.configs([4])), into: study)
      stamps.append(StudyStamp(url))
      try study.save(StudyTests.environment())
      stamps.append(StudyStamp(url))
      try study.finish()
      stamps.append(StudyStamp(url))
      for (stamp, next) in zip(stamps, stamps.dropFirst()) { #expect(stamp != next) }
      #expect(stamps.allSatisfy { $0.isThere })
      _ = try Study(viewing: url).results()
      #expect(StudyStamp(url) == stamps.last)
    }
  }

  private static func run(
    _ file: SweepFile, _ url: URL, _ observer: any PassObserver
  ) throws {
    try SweepRun(file, engine: CPUEngine()).run(into: Study(url), observers: [observer])
  }
}

/// Looks at how far a study has come after every layer.
private final class Onlooker: PassObserver {
  private let url: URL
  private let last: Int?
  private(set) var seen: [StudyProgress] = []

  init(_ url: URL, stopsAfter last: Int? = nil) {
    self.url = url
    self.last = last
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    seen.append(try Study(viewing: url).progress())
    guard layer != last else {
      throw InputError(.interrupted, asked: "run", found: "a request to stop", hint: "run again")
    }
    return []
  }
}
