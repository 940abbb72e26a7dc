import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import GRDB
import Model
import Results
import Sweep
import Tensor
import TestSupport
import Testing

/// The spectra of Hessians and the weight errors that a sweep keeps in its study.
@Suite("Spectra and weight errors in a study")
struct SpectraInStudyTests {
  @Test("one spectrum for each input and layer, of the base's inputs where trials share them")
  func shared() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let url = folder.appendingPathComponent("study.sqlite")
      let results = try Self.run(file, url)
      let inputs = try SweepRun(file, engine: CPUEngine()).inputs
      let expected = try InputSpectrum(inputs.decoder, windows: inputs.calibration.windows)
      #expect(results.spectra.count == expected.entries.count && results.spectra.count == 8)
      for (found, entry) in zip(results.spectra, expected.entries) {
        #expect(found.draw == 0 && found.layer == entry.layer && found.trial == nil)
        #expect(found.modules == entry.linears.map(\.rawValue))
        #expect(found.tokens == inputs.calibration.windows.joined().count)
        #expect(found.spectrum.method == .exact && found.spectrum.deadColumns == 0)
        let condition = try #require(entry.condition)
        #expect(abs(try #require(found.spectrum.quantiles.last) / condition.largest - 1) < 1e-6)
        // The damps that were tried have a share, whether they are round or not.
        for damp in [0.01, 0.1] { #expect(found.spectrum.share(below: damp) != nil) }
      }
      #expect(try Study(existing: url).spectra() == results.spectra)
      // A rerun finds them, and leaves them.
      #expect(try Self.run(file, url).spectra == results.spectra)
    }
  }

  @Test("every weight of every kind is counted, and round-to-nearest moves none")
  func weightErrors() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let results = try Self.run(file, folder.appendingPathComponent("study.sqlite"))
      let linears = try SweepRun(file, engine: CPUEngine()).inputs.decoder.config.linears
      let kinds = Dictionary(grouping: linears, by: { $0.linear.name.kind })
        .mapValues { $0.reduce(0) { $0 + $1.linear.weights } }
      for trial in results.trials {
        #expect(
          Dictionary(
            uniqueKeysWithValues: trial.weightErrors.map { ($0.kind, $0.errors.weights) }) == kinds)
        #expect(trial.weightErrors.first?.kind == "self_attn.q_proj")
        for kind in trial.weightErrors {
          #expect((kind.errors.movedWeights == 0) == trial.isRTN)
          #expect(kind.errors.dead == 0 && kind.errors.notFinite == 0)
        }
      }
    }
  }

  @Test("trials on their own inputs: the spectra are those of the first, and say whose")
  func own() throws {
    let trials = [4, 3].enumerated().map { number, bits in
      var config = TrialConfig()
      (config.quantize.bits, config.quantize.groupSize) = (bits, 16)
      config.propagation = .quantized
      return TrialResult(number: number + 5, config: config, companion: nil)
    }
    var mixed = trials
    mixed[1].config.propagation = .shared
    mixed[1].number = 9
    let (alone, both) = (Keeper(), Keeper())
    _ = try pass().run(trials, observers: [alone])
    _ = try pass().run(mixed, observers: [both])
    #expect(alone.spectra.count == 8 && alone.spectra.allSatisfy { $0.trial == 5 })
    // Where some trial shares the base's inputs, those are meant, whoever comes first.
    #expect(both.spectra.count == 8 && both.spectra.allSatisfy { $0.trial == nil })
    // The first stage reads what no quantization has touched.
    #expect(alone.spectra[0].spectrum == both.spectra[0].spectrum)
    #expect(alone.spectra[7].spectrum != both.spectra[7].spectrum)
    let none = Keeper()
    var silent = try pass()
    silent.spectra = nil
    _ = try silent.run(trials, observers: [none])
    #expect(none.spectra.isEmpty)
    let plan = SpectrumPlan(lacking: alone.spectra, for: trials.map(\.config))
    #expect(plan.known.count == 2)
  }

  @Test("damps that are tried later, or by another shard, have their share, whatever the order")
  func otherDamps() throws {
    func spectra(_ damp: Double, knowing known: [StudySpectrum] = []) throws -> [StudySpectrum] {
      var config = TrialConfig()
      (config.quantize.bits, config.quantize.groupSize) = (4, 16)
      config.quantize.dampPercent = damp
      config.propagation = .shared
      let keeper = Keeper()
      var pass = try pass()
      pass.spectra = SpectrumPlan(lacking: known, for: [config])
      _ = try pass.run(
        [TrialResult(number: 0, config: config, companion: nil)], observers: [keeper])
      return keeper.spectra
    }
    let first = try spectra(0.02)
    #expect(first.count == 8 && first.allSatisfy { $0.spectrum.share(below: 0.03) == nil })
    // A round damp is known of all, and nothing is decomposed again.
    #expect(try spectra(0.05, knowing: first).isEmpty)
    let later = try spectra(0.03, knowing: first)
    #expect(
      later.count == 8
        && later.allSatisfy {
          $0.spectrum.share(below: 0.02) != nil && $0.spectrum.share(below: 0.03) != nil
        })
    var joined = first
    let other = try spectra(0.03)
    for place in joined.indices { joined[place].spectrum.add(other[place].spectrum.shares) }
    #expect(joined == later)
  }

  @Test("a pass that is resumed has the spectra and the weight errors of one that was not")
  func resume() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let expected = try Self.run(file, folder.appendingPathComponent("whole.sqlite"))
      let url = folder.appendingPathComponent("study.sqlite")
      // Stopped with a saved pass after the first layer: what Ctrl-C leaves.
      let inputs = try SweepRun(file, engine: CPUEngine()).inputs
      #expect(throws: InputError.self) { try Self.run(file, url, [Stopper()]) }
      let left = try Study(existing: url).results()
      #expect(left.spectra == expected.spectra.filter { $0.layer == 0 })
      let resumed = try Self.run(file, url)
      #expect(resumed.spectra == expected.spectra)
      #expect(resumed.trials.map(\.weightErrors) == expected.trials.map(\.weightErrors))

      var stopped = inputs.pass
      let place = folder.appendingPathComponent("pass")
      let trials = file.trials.enumerated().map {
        TrialResult(number: $0.offset, config: $0.element, companion: nil)
      }
      stopped.checkpoint = PassCheckpoint(place, key: "a")
      stopped.isInterrupted = { true }
      #expect(throws: InputError.self) { try stopped.run(trials) }
      stopped.isInterrupted = { false }
      let found = try stopped.run(trials).trials
      #expect(found.map(\.weightErrors) == (try inputs.pass.run(trials).trials.map(\.weightErrors)))
      #expect(found.allSatisfy { $0.weightErrors.count == 7 })
    }
  }

  @Test("shards merge into the spectra and weight errors of the whole, and a copy keeps them")
  func merge() throws {
    try withTemporaryDirectory { folder in
      let file = try LayersInStudyTests.sweep(folder)
      let whole = try Self.run(file, folder.appendingPathComponent("whole.sqlite"))
      let parts = try (1...2).map { index in
        let study = try Study(folder.appendingPathComponent("part\(index).sqlite"))
        try SweepRun(file, engine: CPUEngine()).run(into: study, shard: Shard("\(index)/2"))
        return (name: "part\(index)", results: try study.results())
      }
      #expect(parts.allSatisfy { $0.results.spectra == whole.spectra })
      let merged = try StudyMerge.merged(parts)
      #expect(merged.spectra == whole.spectra)
      #expect(merged.trials.map(\.weightErrors) == whole.trials.map(\.weightErrors))
      let url = folder.appendingPathComponent("merged.sqlite")
      try StudyMerge.write(merged, to: url)
      let read = try Study(existing: url).results()
      #expect(read.spectra == whole.spectra)
      #expect(read.trials.map(\.weightErrors) == whole.trials.map(\.weightErrors))
    }
  }

  @Test("of spectra that several parts have, the base's are taken, then those of the first trial")
  func mergedOwner() throws {
    let plan = TrialPlan(StudyTests.configs([3, 4]))
    func part(_ owner: Int?, number: Int, config: Int, value: Double) -> StudyResults {
      var trial = StudyTests.finished(plan.trials[config])
      trial.number = number
      var results = StudyResults(environment: StudyTests.environment(), base: [], trials: [trial])
      results.spectra = [0, 1].map { layer in
        StudySpectrum(
          draw: 0, layer: layer, modules: ["self_attn.o_proj"], trial: owner, tokens: 8,
          spectrum: HessianSpectrum(
            method: .exact, inFeatures: 4, deadColumns: 0, meanDiagonal: 1, effectiveRank: 2,
            quantiles: HessianSpectrum.levels.map { value + $0 }, shares: []))
      }
      return results
    }
    // Both parts call their trial 0: the second gets another number, and its spectra with it.
    let (first, second) = (
      part(0, number: 0, config: 0, value: 1), part(0, number: 0, config: 2, value: 2)
    )
    for order in [[first, second], [second, first]] {
      let merged = try StudyMerge.merged(order.map { ("part", $0) })
      let owner = merged.trials.first { $0.number == 0 }
      #expect(merged.spectra.count == 2 && merged.spectra.allSatisfy { $0.trial == 0 })
      let value = owner?.config == first.trials[0].config ? 1.0 : 2
      #expect(merged.spectra[0].spectrum.quantiles[0] == value)
    }
    let base = part(nil, number: 4, config: 1, value: 3)
    let merged = try StudyMerge.merged([("a", first), ("b", base)])
    #expect(merged.spectra.allSatisfy { $0.trial == nil && $0.spectrum.quantiles[0] == 3 })
  }

  @Test("a study of an older tenbin opens without them")
  func older() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      try Self.write(to: url)
      try DatabaseQueue(path: url.path).write { database in
        try database.execute(
          sql: """
            DROP TABLE spectra; DROP TABLE weight_errors;
            DELETE FROM grdb_migrations WHERE identifier LIKE 'spectra%';
            """)
      }
      for results in [try Study(viewing: url).results(), try Study(existing: url).results()] {
        #expect(results.trials.count == 2 && results.spectra.isEmpty)
        #expect(results.trials.allSatisfy { $0.weightErrors.isEmpty && $0.modules.count == 2 })
      }
    }
  }

  private static func write(to url: URL) throws {
    let study = try Study(url)
    try StudyTests.run(TrialPlan(StudyTests.configs([4])), into: study)
    try study.finish()
  }

  @Test("each calibration draw has spectra of its own; of many experts a few are decomposed")
  func drawsAndExperts() throws {
    let keeper = Keeper()
    var two = try pass()
    two = OnePass(
      decoder: two.decoder, engine: two.engine,
      streams: two.streams + [Array(two.streams[0].prefix(9))],
      domains: [])
    let known = StudySpectrum(
      draw: 1, layer: 0, modules: ["self_attn.q_proj"], trial: nil, tokens: 1,
      spectrum: HessianSpectrum(
        method: .none, inFeatures: 16, deadColumns: 0, meanDiagonal: 1, effectiveRank: nil,
        quantiles: [], shares: []))
    two.spectra = SpectrumPlan(lacking: [known], for: [])
    var config = TrialConfig()
    config.quantize.groupSize = 16
    let trials = (0..<2).map {
      PassTrial(TrialResult(number: $0, config: config, companion: nil, draw: $0), stream: $0)
    }
    _ = try two.run(trials, observers: [keeper])
    #expect(keeper.spectra.filter { $0.draw == 0 }.count == 8)
    // The study knew a layer of the second draw.
    #expect(keeper.spectra.filter { $0.draw == 1 }.map(\.layer) == [1, 1, 1, 1])
    #expect(keeper.spectra.last?.tokens == 9 * 48)

    let folder = Repository.root.appendingPathComponent("Tests/ModelTests/Fixtures/tiny-qwen2_moe")
    let engine = CPUEngine()
    var sparse = OnePass(
      decoder: try Decoder(directory: folder, engine: engine), engine: engine,
      calibration: two.streams[0], domains: [])
    sparse.spectra = SpectrumPlan(for: [])
    config.quantize.groupSize = 8
    let experts = Keeper()
    let found = try sparse.run(
      [TrialResult(number: 0, config: config, companion: nil)], observers: [experts]
    ).trials[0]
    let count = Set(found.modules.compactMap(\.expert)).count
    let layer = found.modules.filter { $0.expert != nil }.map(\.layer).min() ?? 0
    let decomposed = Set(experts.spectra.filter { $0.layer == layer }.compactMap(\.expert))
    #expect(decomposed.count == min(count, SpectrumPlan.expertsPerStage) && decomposed.contains(0))
    #expect(found.weightErrors.contains { $0.kind == "mlp.experts.*.up_proj" })
  }

  private func pass() throws -> OnePass {
    let engine = CPUEngine()
    var pass = OnePass(
      decoder: try Decoder(directory: OnePassTests.model, engine: engine), engine: engine,
      calibration: (0..<50).map { w in (0..<48).map { Int32(($0 * 37 + w * 11) % 96) } },
      domains: [])
    pass.spectra = SpectrumPlan(for: [])
    return pass
  }

  @discardableResult
  private static func run(
    _ file: SweepFile, _ url: URL, _ observers: [any PassObserver] = []
  ) throws -> StudyResults {
    let study = try Study(url)
    try SweepRun(file, engine: CPUEngine()).run(into: study, observers: observers)
    return try study.results()
  }
}

/// Keeps the spectra that it is told of.
private final class Keeper: PassObserver {
  var spectra: [StudySpectrum] = []

  func measured(_ spectra: [StudySpectrum], layer: Int) throws(InputError) {
    #expect(spectra.allSatisfy { $0.layer == layer })
    self.spectra += spectra
  }
}

/// Ends a run after its first layer.
private struct Stopper: PassObserver {
  func layerFinished(_ layer: Int, trials: [TrialResult]) throws(InputError) -> Set<Int> {
    throw InputError(.interrupted, asked: "run", found: "a request to stop", hint: "run again")
  }
}
