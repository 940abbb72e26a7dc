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

@Suite("Bits put where they matter")
struct AllocationRunTests {
  @Test(
    "mixed models become trials, fit their budgets, and what was measured is not measured again")
  func mixes() throws {
    try Self.withStudy { sweep, study in
      let known = try study.results()
      let counter = PassCounter()
      let request = AllocationRequest([.bitsPerWeight(4.2), .bitsPerWeight(6), .bitsPerWeight(40)])
      let run = try AllocationRun(sweep, of: known, request)
      let allocation = try run.run(into: study, observers: [counter])
      #expect(counter.titles.map(\.number) == [1, 2, 3])

      // q, k, v together, o, gate and up, down: four parts in each of two layers.
      #expect(allocation.parts.count == 8)
      #expect(Set(allocation.parts.map(\.name)).count == 4)
      #expect(allocation.parts.allSatisfy { $0.sensitivity > 0 && $0.sensitivityStderr != nil })
      #expect(allocation.options.map(\.trial).count == 3)
      #expect(allocation.options.allSatisfy { $0.measured != nil })

      let model = sweep.inputs.decoder.config
      for (mix, budget) in zip(allocation.mixes, [4.2, 6, 40]) {
        #expect(abs(mix.budget - budget) < 1e-3)
        #expect(mix.bitsPerWeight <= budget)
        let number = try #require(mix.trial)
        let trial = try #require(try study.results().trial(number))
        // The largest budget has the uniform model, which was run as one.
        #expect(trial.role == (budget == 40 ? .confirm : .allocation))
        #expect(trial.state == .complete)
        #expect(trial.config.propagation == .quantized)
        #expect(abs(model.bitsPerWeight(of: trial.config) - mix.bitsPerWeight) < 1e-12)
        #expect(trial.sizeBytes == mix.sizeBytes)
        // Each linear has the settings of its choice, through dynamic's rules.
        for (part, choice) in zip(allocation.parts, mix.choices) {
          let option = try #require(known.trial(allocation.options[choice].trial))
          for linear in part.linears {
            #expect(trial.config.quantize(for: part.layer, linear) == option.config.quantize)
          }
        }
        #expect(mix.measured == trial.evaluations.map(\.kldMean).reduce(0, +) / 2)
      }
      // The whole budget buys the largest option everywhere, which is the uniform model.
      #expect(allocation.mixes[2].choices.allSatisfy { $0 == 2 })
      #expect(allocation.mixes[2].measured == allocation.options[2].measured)
      #expect(abs(allocation.mixes[2].predicted / (allocation.options[2].measured ?? 0) - 1) < 1e-9)

      let before = try study.results().trials.count
      let again = PassCounter()
      let same = try AllocationRun(sweep, of: try study.results(), request)
        .run(into: study, observers: [again])
      #expect(again.titles.isEmpty && same == allocation)
      #expect(try study.results().trials.count == before)
      #expect(try study.results().allocation == allocation)
    }
  }

  @Test("a size in bytes, and a memory with its keys and values, are the same budget")
  func sizes() throws {
    try Self.withStudy { sweep, study in
      let known = try study.results()
      let bits = try AllocationRun(sweep, of: known, AllocationRequest([.bitsPerWeight(5)]))
        .run(into: study)
      let size = bits.mixes[0].sizeBytes
      // Two layers' keys and values of 10 tokens, 16 bits each.
      let shape = try #require(sweep.inputs.decoder.config.layer(0).attention?.shape)
      let cache = 2 * 10 * 2 * shape.keyValueHeads * shape.headDimension * 2
      let others = try AllocationRun(
        sweep, of: try study.results(),
        AllocationRequest([.size(size), .memory(size + cache, context: 10)])
      ).run(into: study)
      #expect(others.mixes.map(\.choices) == [bits.mixes[0].choices, bits.mixes[0].choices])
    }
  }

  @Test("kept modules stay as they are, and free linears choose for themselves")
  func keptAndFree() throws {
    try Self.withStudy { sweep, study in
      var request = AllocationRequest([.bitsPerWeight(7)])
      request.keep = [#".*layers\.0\.mlp\.down_proj"#]
      request.isFree = true
      let allocation = try AllocationRun(sweep, of: try study.results(), request).run(into: study)
      #expect(allocation.parts.count == 13)
      let number = try #require(allocation.mixes[0].trial)
      let trial = try #require(try study.results().trial(number))
      #expect(trial.config.quantize(for: 0, "mlp.down_proj") == nil)
      #expect(trial.config.quantize(for: 1, "mlp.down_proj") != nil)
      #expect(trial.bitsPerWeight <= 7)
    }
  }

  @Test("fewer probes than parts: those between are interpolated")
  func interpolated() throws {
    try Self.withStudy(layers: 3) { sweep, study in
      var request = AllocationRequest([.bitsPerWeight(5)])
      request.probes = 8
      let allocation = try AllocationRun(sweep, of: try study.results(), request).run(into: study)
      for part in allocation.parts {
        #expect((part.sensitivityStderr == nil) == (part.layer == 1))
        let ends = allocation.parts.filter { $0.name == part.name && $0.layer != 1 }
        guard part.layer == 1 else { continue }
        let mean = (ends[0].sensitivity * ends[1].sensitivity).squareRoot()
        #expect(abs(part.sensitivity / mean - 1) < 1e-9)
      }
    }
  }

  @Test("one window of text tells of no error, and is no fault")
  func oneWindow() throws {
    try Self.withStudy { sweep, study in
      var request = AllocationRequest([.bitsPerWeight(5)])
      request.probeTokens = 2
      let allocation = try AllocationRun(sweep, of: try study.results(), request).run(into: study)
      #expect(allocation.parts.allSatisfy { $0.sensitivity > 0 && $0.sensitivityStderr == nil })
      #expect(allocation.mixes[0].predicted > 0 && allocation.mixes[0].measured != nil)
      #expect(try study.results().allocation == allocation)
      // What the study knows is read back as it was measured.
      let again = try AllocationRun(sweep, of: try study.results(), request).run(into: study)
      #expect(again == allocation)
    }
  }

  @Test("what cannot be asked for is refused before anything runs")
  func refusals() throws {
    try Self.withStudy { sweep, study in
      let known = try study.results()
      func refused(
        _ change: (inout AllocationRequest) -> Void, _ description: String,
        _ results: StudyResults? = nil
      ) {
        var request = AllocationRequest([.bitsPerWeight(5)])
        change(&request)
        let error = #expect(throws: InputError.self) {
          try AllocationRun(sweep, of: results ?? known, request)
        }
        #expect(error?.description == description)
      }
      let smallest = sweep.inputs.decoder.config.bitsPerWeight(of: known.trials[0].config)
      let bits = smallest.formatted(.number.precision(.fractionLength(2)))
      refused(
        { $0.budgets = [.bitsPerWeight(2)] },
        """
        error: --budget 2.0
          found: the smallest options take \(bits) bits per weight
          hint: allow more, or sweep smaller options: fewer bits, or larger groups
        """)
      refused(
        { $0.options = [99] },
        """
        error: allocate bits with trial 99 as an option
          found: no such trial
          hint: the study has trials 0 to 5
        """)
      refused(
        { $0.options = [0] },
        """
        error: allocate bits between the trials of a study
          found: 1 of its trials can be an option of a module
          hint: sweep several bits or group_size in one study; the other settings must agree
        """)
      refused(
        { $0.keep = ["lm_tail"] },
        """
        error: --keep lm_tail
          found: no linear of this model has such a name
          hint: write a regular expression over names such as model.layers.0.self_attn.q_proj
        """)
      refused(
        { $0.keep = [".*"] },
        """
        error: allocate bits with --keep .*
          found: every linear of the model is kept as it is
          hint: keep fewer of them
        """)
      var other = known
      other.trials[1].config.packer = .autogptqBF16
      refused(
        { $0.options = [0, 1] },
        """
        error: allocate bits with trial 1 as an option
          found: its packer is another than trial 0's, and no rule of dynamic says that of a single \
        module
          hint: give trials that differ in settings of single modules: \
        \(QuantizeOverrides.allowed.map(\.key).joined(separator: ", "))
        """, other)
      other = known
      other.trials[1].state = .pruned
      refused(
        { $0.options = [0, 1] },
        """
        error: allocate bits with trial 1 as an option
          found: it is not complete: pruned
          hint: `tenbin sweep status` lists the trials; leave --options out for the best of each grid
        """, other)
    }
  }

  private static func withStudy(
    layers: Int = 2, _ body: (SweepRun, Study) throws -> Void
  ) throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: layers).write(to: model)
      let corpus = try String(
        contentsOf: Repository.corpus.appendingPathComponent("heldout-instruct.jsonl"),
        encoding: .utf8)
      let calibration = folder.appendingPathComponent("calibration.jsonl")
      try corpus.split(separator: "\n").prefix(8).joined(separator: "\n")
        .write(to: calibration, atomically: true, encoding: .utf8)
      let file = try SweepFile(
        text: """
          method: grid
          parameters:
            bits: {values: [3, 4, 8]}
            group_size: {value: 32}
            propagation: {value: shared}
            calibration_draws: {value: 0}
            model: {value: \(model.path)}
            calibration: {value: \(calibration.path)}
            heldout:
              value: [\(Repository.corpus.path)/heldout-wiki.jsonl, \(Repository.corpus.path)/heldout-instruct.jsonl]
            context: {value: 64}
            heldout_tokens: {value: 256}
          """, name: "sweep.yaml")
      let sweep = try SweepRun(file, engine: CPUEngine())
      let study = try Study(folder.appendingPathComponent("study.sqlite"))
      try sweep.run(into: study)
      try body(sweep, study)
    }
  }
}

/// Which passes were run.
private final class PassCounter: PassObserver {
  private(set) var titles: [PassTitle] = []
  private var title: PassTitle?

  func titled(_ title: PassTitle) { self.title = title }

  func began(_ cost: PassCost) { if let title { titles.append(title) } }
}
