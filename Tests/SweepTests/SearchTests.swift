import Basics
import Foundation
import GPTQ
import Sweep
import Testing

@Suite("Choosing trials")
struct SearchTests {
  static func file(
    _ parameters: String, method: String = "random", top: String = "run_cap: 40",
    settings: String = ""
  ) throws -> SweepFile {
    try SweepFile(
      text: """
        method: \(method)
        \(top)
        parameters:
          model: {value: m}
          calibration: {value: c.sqlite}
          heldout: {value: [wiki.jsonl, talk.jsonl]}
        \(settings.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        \(parameters.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        """, name: "sweep.yaml")
  }

  @Test("each distribution draws what W&B says it does")
  func distributions() throws {
    let spread = try Self.file(
      "damp_percent: {distribution: log_uniform_values, min: 0.001, max: 1}"
    )
    .trials.map(\.quantize.dampPercent)
    #expect(spread.count == 40)
    #expect(spread.allSatisfy { $0 >= 0.001 && $0 <= 1 })
    // Half of a log-uniform draw lies below the geometric mean.
    #expect((10...30).contains(spread.count { $0 < 0.0316 }))
    let even = try Self.file("damp_percent: {min: 0.0, max: 0.5}").trials.map(
      \.quantize.dampPercent)
    #expect((10...30).contains(even.count { $0 < 0.25 }))
    let stepped = try Self.file("group_size: {distribution: q_uniform, min: 16, max: 256, q: 16}")
      .trials.map(\.quantize.groupSize)
    #expect(stepped.allSatisfy { $0 % 16 == 0 && (16...256).contains($0) })
    // Sixteen values, none twice: the space is used up before run_cap.
    #expect(Set(stepped).count == 16 && stepped.count == 16)
    let whole = try Self.file("bits: {min: 2, max: 4}").trials.map(\.quantize.bits)
    #expect(Set(whole) == [2, 3, 4])
    let normal = try Self.file(
      "damp_percent: {distribution: log_normal, mu: -4, sigma: 1}"
    ).trials.map(\.quantize.dampPercent)
    #expect((10...30).contains(normal.count { $0 < exp(-4) }))
    let weighted = try Self.file(
      "bits: {values: [4, 8], probabilities: [0.9, 0.1]}\ndamp_percent: {min: 0.0, max: 0.5}"
    ).trials.map(\.quantize.bits)
    #expect(weighted.count { $0 == 4 } > 28)
  }

  @Test("the same seed draws the same trials, another seed others")
  func seeds() throws {
    let space = "damp_percent: {min: 0.0, max: 0.5}"
    let first = try Self.file(space).trials
    #expect(try Self.file(space).trials == first)
    #expect(try Self.file(space, settings: "seed: {value: 1}").trials != first)
  }

  @Test("groups of nested parameters mean what they hold")
  func nested() throws {
    let file = try Self.file(
      "grid: {parameters: {bits: {values: [4, 8]}, more: {parameters: {group_size: {value: 64}}}}}",
      method: "grid", top: "")
    #expect(file.trials.map(\.quantize.bits) == [4, 8])
    #expect(file.trials.allSatisfy { $0.quantize.groupSize == 64 })
  }

  @Test("run_cap cuts a grid off")
  func runCap() throws {
    let file = try Self.file(
      "damp_percent: {values: [0.1, 0.2, 0.3]}", method: "grid", top: "run_cap: 2")
    #expect(file.trials.map(\.quantize.dampPercent) == [0.1, 0.2])
  }

  @Test(
    "what cannot be searched is refused, and the hint says what can",
    arguments: [
      ("bits: {min: 4, max: 9}", "random", "run_cap: 4", "2 to 8"),
      ("group_size: {min: 32, max: 64}", "random", "run_cap: 4", "multiples of 8"),
      ("damp_percent: {min: 0.5, max: 0.1}", "random", "run_cap: 4", "min lies below"),
      ("damp_percent: {min: 0.1}", "random", "run_cap: 4", "min and max"),
      ("damp_percent: {distribution: beta, a: 1, b: 1}", "random", "run_cap: 4", "no such key"),
      ("damp_percent: {distribution: beta}", "random", "run_cap: 4", "log_uniform_values"),
      ("damp_percent: {distribution: unifrom, min: 0, max: 1}", "random", "run_cap: 4", "uniform"),
      ("damp_percent: {min: 0.1, max: 0.5, q: 2}", "random", "run_cap: 4", "not for uniform"),
      (
        "damp_percent: {distribution: log_uniform_values, min: 0, max: 1}", "random", "run_cap: 4",
        "min above 0"
      ),
      ("bits: {values: [4, 8], probabilities: [0.5, 0.4]}", "random", "run_cap: 4", "together 1"),
      ("damp_percent: {min: 0.1, max: 0.5}", "grid", "", "method: random"),
      ("bits: {value: 4}", "random", "", "run_cap"),
      ("bits: {value: 4}", "random", "run_cap: 0", "whole number"),
      ("batch: {value: 4}", "random", "run_cap: 4", "bayes"),
      ("bits: {value: 4}", "grid", "early_terminate: {type: median}", "hyperband"),
      ("bits: {value: 4}", "grid", "metric: {name: wiki.perplexty}", "did you mean perplexity"),
      ("bits: {value: 4}", "grid", "metric: {name: news.perplexity}", "heldout, wiki, talk"),
      ("bits: {value: 4}", "grid", "metric: {name: wiki.same_top_p, goal: minimize}", "maximize"),
      ("a: {parameters: {bits: {value: 4}}}\nbits: {value: 8}", "grid", "", "leave one out"),
    ])
  func refusals(parameters: String, method: String, top: String, hint: String) {
    #expect {
      try Self.file(parameters, method: method, top: top)
    } throws: { error in
      guard let error = error as? InputError else { return false }
      return error.kind == .usage && "\(error)".contains(hint)
    }
  }

  @Test("early termination never stops all of a size, and only the clearly dominated")
  func earlyTermination() throws {
    let rule = try #require(
      try Self.file("bits: {value: 4}", method: "grid", top: "early_terminate: {type: hyperband}")
        .earlyTermination)
    // Two sizes: the second's errors are all far above the first's, and it still goes on.
    let sizes = [4.2, 4.2, 4.2, 4.2, 4.2, 4.2, 3.2, 3.2, 3.2]
    let errors = [0.010, 0.011, 0.030, 0.0125, 0.050, .nan, 0.4, 0.5, 0.9]
    let stopped = rule.stopped(bitsPerWeight: sizes, hiddenErrors: errors)
    #expect(stopped == [2, 4, 5, 8])
    #expect(EarlyTermination.rungs(layers: 12) == [4, 8])
    #expect(EarlyTermination.rungs(layers: 1) == [])
    #expect(rule.stopped(bitsPerWeight: [4.2], hiddenErrors: [.nan]) == [])
  }

  @Test("a sweep's rounds, passes and repeats are counted before it starts")
  func shards() throws {
    #expect(Shard("1/4")?.holds(4) == true)
    #expect(Shard("4/4")?.holds(4) == false)
    for text in ["0/4", "5/4", "1", "1/4/2", "a/b", "1/-1"] { #expect(Shard(text) == nil) }
  }
}
