import Basics
import Foundation
import GPTQ
import Results
import Sweep
import TestSupport
import Testing

@Suite("Reading sweep.yaml")
struct SweepFileTests {
  static let complete = """
    method: grid
    metric: {name: heldout.perplexity, goal: minimize}
    parameters:
      bits: {values: [4, 8]}
      group_size: {values: [64, 128]}
      damp_percent: {values: [0.01, 1]}
      desc_act: {value: true}
      packer: {values: [exact, autogptq-bf16]}
      model: {value: m}
      calibration: {value: c.sqlite}
      heldout: {value: [a.jsonl, b.jsonl]}
      heldout_tokens: {value: 1024}
    """

  @Test("a domain is named after its file, dots in the name and compression or not")
  func domains() throws {
    let text = Self.complete.replacing("heldout.perplexity", with: "ja.wiki.perplexity")
      .replacing("[a.jsonl, b.jsonl]", with: "[text/ja.news.jsonl, text/ja.wiki.jsonl.gz]")
    #expect(try SweepFile(text: text, name: "sweep.yaml").metric.domain == "ja.wiki")
  }

  @Test("a byte order mark is no content, and UTF-16 is named")
  func encodings() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("sweep.yaml")
      try (Data(TextDecoding.byteOrderMark) + Data(Self.complete.utf8)).write(to: url)
      #expect(try SweepFile(contentsOf: url).trials.count == 16)
      try (Data(TextDecoding.byteOrderMark) + Data("bits: 8".utf8)).write(to: url)
      #expect(try TrialConfigFile(contentsOf: url).config.quantize.bits == 8)
      #expect(try DiagnosisSource(url.path).config.quantize.bits == 8)
      try #require(Self.complete.data(using: .utf16)).write(to: url)
      let error = #expect(throws: InputError.self) { try SweepFile(contentsOf: url) }
      #expect(error?.found == "text in UTF-16LE, with a byte order mark")
    }
  }

  @Test("the grid is the cross product, packer fastest, in the order of the values")
  func grid() throws {
    let file = try SweepFile(text: Self.complete, name: "sweep.yaml")
    #expect(file.trials.count == 16)
    #expect(file.trials.map(\.quantize.bits) == (0..<16).map { $0 < 8 ? 4 : 8 })
    #expect(file.trials.prefix(4).map(\.packer) == [.exact, .autogptqBF16, .exact, .autogptqBF16])
    #expect(file.trials.prefix(4).map(\.quantize.dampPercent) == [0.01, 0.01, 1, 1])
    #expect(file.trials.allSatisfy { $0.quantize.descAct })
    #expect(file.heldout == ["a.jsonl", "b.jsonl"])
    #expect(file.heldoutTokens == 1024)
    #expect(file.context == 512)
  }

  @Test("propagation has one default, quantize's; a sweep that confirms screens on shared ones")
  func propagation() throws {
    func file(_ more: String) throws -> SweepFile {
      try SweepFile(text: Self.complete + "\n" + more, name: "sweep.yaml")
    }
    let plain = try file("")
    #expect(plain.trials.allSatisfy { $0.propagation == TrialConfig().propagation })
    #expect(
      plain.propagationNote
        == "each trial is solved on the activations of its own quantized layers, as quantize does;"
        + " propagation: {value: shared} solves all of them on the base's, in much less time")
    for more in ["  confirm: {value: 1}", "  propagation: {value: shared}"] {
      let shared = try file(more)
      #expect(shared.trials.allSatisfy { $0.propagation == .shared }, "\(more)")
      #expect(shared.propagationNote == nil)
    }
    let both = try file("  propagation: {values: [shared, quantized]}\n  confirm: {value: 1}")
    #expect(both.trials.count == 32)
    #expect(
      throws: InputError(
        .usage, asked: "confirm 1 in sweep.yaml",
        found: "propagation is quantized already: there is nothing to confirm",
        hint:
          "leave propagation out, then trials share the base's activations; or leave confirm out")
    ) { try file("  propagation: {value: quantized}\n  confirm: {value: 1}") }
  }

  @Test("each grid gets one round-to-nearest companion, in original column order")
  func companions() throws {
    let plan = TrialPlan(try SweepFile(text: Self.complete, name: "sweep.yaml").trials)
    #expect(plan.trials.count == 20)
    for trial in plan.trials.prefix(16) {
      let companion = try #require(trial.companion)
      let grid = plan.trials[companion].config.quantize
      #expect(grid.algorithm == .rtn && !grid.descAct)
      #expect(grid.bits == trial.config.quantize.bits)
      #expect(grid.groupSize == trial.config.quantize.groupSize)
    }
    #expect(plan.trials.suffix(4).allSatisfy { $0.companion == nil })
  }

  @Test(
    "what cannot be run is refused, and the hint says what can",
    arguments: [
      ("bits: {values: [4, 8]}", "bitz: {value: 4}", "did you mean bits?"),
      ("bits: {values: [4, 8]}", "bits: {value: 9}", "2 to 8"),
      ("group_size: {values: [64, 128]}", "group_size: {value: 20}", "multiples of 8"),
      ("group_size: {values: [64, 128]}", "group_size: {value: big}", "whole number"),
      ("damp_percent: {values: [0.01, 1]}", "damp_percent: {value: -1}", "damp_percent"),
      (
        "damp_percent: {values: [0.01, 1]}", "damp_percent: {value: \"0.01\"}",
        "found: \"0.01\", a string"
      ),
      ("bits: {values: [4, 8]}", "bits: {values: [4, \"8\"]}", "found: \"8\", a string"),
      (
        "heldout_tokens: {value: 1024}", "heldout_tokens: {value: '1024'}",
        "found: \"1024\", a string"
      ),
      ("model: {value: m}", "model: {value: 7}", "found: 7, a number"),
      ("desc_act: {value: true}", "desc_act: {value: 'true'}", "found: \"true\", a string"),
      ("method: grid", "method: 3", "found: 3, a number"),
      ("desc_act: {value: true}", "desc_act: {value: maybe}", "true or false"),
      ("desc_act: {value: true}", "desc_act: true", "value"),
      ("desc_act: {value: true}", "desc_act: {value: true, values: [true]}", "either"),
      ("desc_act: {value: true}", "desc_act: {values: []}", "at least one"),
      ("packer: {values: [exact, autogptq-bf16]}", "packer: {value: zip}", "autogptq-bf16"),
      ("model: {value: m}", "seed: {value: 1}", "model"),
      ("method: grid", "method: random", "run_cap"),
      ("method: grid", "method: anneal", "grid, random, bayes"),
      ("method: grid", "methode: grid", "did you mean method?"),
      ("heldout_tokens: {value: 1024}", "heldout_tokens: {value: 100}", "512"),
      ("method: grid", "method: [", "YAML"),
    ])
  func refusals(line: String, replacement: String, hint: String) {
    let text = Self.complete.replacing(line, with: replacement)
    #expect(text != Self.complete)
    #expect {
      try SweepFile(text: text, name: "sweep.yaml")
    } throws: { error in
      guard let error = error as? InputError else { return false }
      return (error.kind == .usage || error.kind == .badData)
        && "\(error)".contains(hint)
    }
  }
}
