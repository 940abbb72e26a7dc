import Basics
import Sweep
import Testing

/// What `wandb sweep FILE` loads: yaml.safe_load, then the JSON schema of the package `sweeps` (0.3.0).
@Suite("What W&B's loader takes")
struct WandbFileTests {
  private static let parameters = """
    parameters:
      bits: {values: [4, 8]}
      model: {value: m}
      calibration: {value: c.sqlite}
      heldout: {value: [a.jsonl]}
    """

  @Test("every top-level key of its schema is taken or read past, and said")
  func topLevel() throws {
    let file = try SweepFile(
      text: """
        apiVersion: v1
        kind: sweep
        name: n
        description: d
        program: train.py
        entity: e
        project: p
        job: e/p/job:latest
        image_uri: example.org/image:1
        controller: {type: cloud}
        scheduler: {engine: wandb}
        command: ["${env}", "${interpreter}", "${program}", "${args}"]
        method: grid
        metric: {name: heldout.perplexity, goal: minimize, impute: worst, impute_while_running: latest}
        early_terminate: {type: hyperband, min_iter: 3, eta: 3, strict: true}
        run_cap: 2
        \(Self.parameters)
        """, name: "sweep.yaml")
    #expect(file.trials.count == 2)
    #expect(
      Set(file.ignoredKeys) == [
        "apiVersion", "kind", "name", "description", "program", "entity", "project", "job",
        "image_uri", "controller", "scheduler", "command",
      ])
  }

  @Test("a key of the top level without a value is not given")
  func nulls() throws {
    let text = """
      description:
      metric: null
      early_terminate: ~
      run_cap:
      \(Self.parameters)
      """
    let file = try SweepFile(text: text, name: "sweep.yaml")
    #expect(file.trials.count == 2)
    #expect(file.earlyTermination == nil && file.ignoredKeys.isEmpty)
  }

  @Test("a file of settings is not called a sweep file")
  func settings() {
    let error = #expect(throws: InputError.self) {
      try TrialConfigFile(text: "- 4\n", name: "int8.yaml")
    }
    #expect(
      error
        == InputError(
          .badData, asked: "read the settings int8.yaml", found: "no mapping at the top level",
          hint: "write `key: value` lines such as `bits: 4`; docs/diagnosis.md has the keys"))
  }

  @Test("anchors and merge keys: own members win, then earlier mappings")
  func mergeKeys() throws {
    let file = try SweepFile(
      text: """
        x-defaults: &defaults
          bits: {value: 4}
          group_size: {value: 64}
          model: {value: m}
        .more: &more
          group_size: {value: 32}
          calibration: {value: c.sqlite}
        x-all: &all
          <<: [*defaults, *more]
        parameters:
          <<: *all
          bits: {values: [2, 8]}
          heldout: {value: [a.jsonl]}
        """, name: "sweep.yaml")
    #expect(file.model == "m" && file.calibration == "c.sqlite")
    #expect(file.trials.map(\.quantize.bits) == [2, 8])
    #expect(file.trials.allSatisfy { $0.quantize.groupSize == 64 })
  }

  @Test("a merge key inside of one parameter, and one that is quoted")
  func innerMerge() throws {
    let text = """
      x-four: &four {value: 4}
      parameters:
        bits: {<<: *four}
        model: {value: m}
        calibration: {value: c.sqlite}
        heldout: {value: [a.jsonl]}
      """
    #expect(try SweepFile(text: text, name: "sweep.yaml").trials.map(\.quantize.bits) == [4])
    let quoted = text.replacing("<<:", with: "\"<<\":")
    #expect(throws: InputError.self) { try SweepFile(text: quoted, name: "sweep.yaml") }
  }

  @Test("merges that never end, and merges of no mapping, are errors")
  func badMerges() {
    var bomb = "x-0: &a0 {k: 1}\n"
    for level in 1...30 {
      let aliases = [String](repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      bomb += "x-\(level): &a\(level) {<<: [\(aliases)]}\n"
    }
    for text in [bomb + Self.parameters, "x-a: {<<: 4}\n" + Self.parameters] {
      let error = #expect(throws: InputError.self) { try SweepFile(text: text, name: "s.yaml") }
      #expect(error?.kind == .badData)
    }
  }
}
