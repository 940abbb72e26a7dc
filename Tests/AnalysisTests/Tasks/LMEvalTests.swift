import Analysis
import Basics
import Foundation
import TestSupport
import Testing

@Suite("lm-eval's result files")
struct LMEvalTests {
  private func read(_ text: String) throws -> LMEvalResults {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("results.json")
      try text.write(to: url, atomically: true, encoding: .utf8)
      return try LMEvalResults(contentsOf: url)
    }
  }

  /// Members as lm-eval 0.4.9 writes them, of numbers of our own.
  private static let harness = """
    {"results": {
       "jcommonsenseqa": {"alias": "jcommonsenseqa", "acc,none": 0.25, "acc_stderr,none": 0.0125,
         "exact_match,strict-match": 0.5, "exact_match_stderr,strict-match": "N/A"},
       "group": {"alias": "group", " ": " "}},
     "groups": {},
     "group_subtasks": {"jcommonsenseqa": []},
     "configs": {"jcommonsenseqa": {"task": "jcommonsenseqa", "num_fewshot": 3}},
     "versions": {"jcommonsenseqa": 1.1}, "n-shot": {"jcommonsenseqa": 3},
     "higher_is_better": {"jcommonsenseqa": {"acc": true, "exact_match": true}},
     "n-samples": {"jcommonsenseqa": {"original": 1119, "effective": 100}},
     "config": {"model": "hf", "model_args": "pretrained=owner/model"},
     "model_name": "owner/model", "date": 1700000000.5}
    """

  @Test("task, metric, filter, value, error, shots and items are read")
  func read() throws {
    let results = try read(Self.harness)
    #expect(results.model == "owner/model" && results.run == nil && results.tasks.count == 2)
    #expect(results.tasks[1].scores.isEmpty)
    #expect(
      results.tasks[0]
        == .init(
          name: "jcommonsenseqa", shots: 3, items: 100, allItems: 1119, version: "1.1",
          scores: [
            .init(metric: "acc", value: 0.25, stderr: 0.0125),
            .init(metric: "exact_match", filter: "strict-match", value: 0.5, stderr: nil),
          ]))
    // Before 0.4 there were no filters; since 0.4.12 there are names and counts among the metrics.
    let old = try read(
      #"{"results": {"jnli": {"acc": 0.5, "acc_stderr": 0.02}}, "versions": {"jnli": 0}, "config": {"model": "hf-causal"}}"#
    )
    #expect(old.model == "hf-causal" && old.tasks[0].version == "0" && old.tasks[0].shots == nil)
    #expect(
      old.tasks[0].scores == [
        .init(metric: "acc", filter: "", value: 0.5, stderr: 0.02, higherIsBetter: nil)
      ])
    let new = try read(
      #"{"results": {"t": {"name": "t", "alias": " - t", "sample_len": 7, "sample_count": {"acc,none": 7}, "acc,none": 1, "acc_stderr,none": 0.0}}}"#
    )
    #expect(new.tasks[0].items == 7 && new.tasks[0].scores.count == 1)
    #expect(new.tasks[0].scores[0].value == 1 && new.tasks[0].scores[0].stderr == 0)
  }

  private static let own = LMEvalResults(
    model: "owner/model-int4",
    tasks: [
      .init(
        name: "jnli", shots: 2, items: 100, allItems: 2434, version: "1.3",
        scores: [
          .init(
            metric: "exact_match", filter: "llm-jp-eval", value: 0.61, stderr: 0.0489,
            base: .init(
              value: 0.7, stderr: 0.046, difference: -0.09, differenceStderr: 0.03, verdict: .worse)
          ),
          .init(metric: "gold_nll", value: 0.75, stderr: 0.01, higherIsBetter: false),
        ]),
      .init(
        name: "jsts", shots: 0, items: 3,
        scores: [.init(metric: "pearson", value: .nan, stderr: .nan)]),
    ],
    run: .init(
      toolVersion: "0.1", modelHash: "aa", baseHash: "cc",
      prompt: "llm-jp-eval 1.3", answers: "greedy, llm-jp-eval"))

  @Test("what is written is read again, the base's scores too, and NaN as N/A")
  func written() throws {
    let text = Self.own.text(date: 1_700_000_000)
    #expect(!text.contains("nan") && text.contains(#""exact_match_stderr,llm-jp-eval": 0.0489"#))
    var again = try read(text)
    #expect(again.tasks[1].scores[0].value.isNaN && again.tasks[1].scores[0].stderr == nil)
    var own = Self.own
    again.tasks[1].scores[0].value = 0
    own.tasks[1].scores[0].value = 0
    #expect(again == own)
  }

  @Test("two errors at least, and runs that differ are not told apart")
  func comparison() throws {
    func results(_ value: Double, _ stderr: Double?, shots: Int = 0, items: Int = 100)
      -> LMEvalResults
    {
      .init(
        model: "m",
        tasks: [
          .init(
            name: "t", shots: shots, items: items, version: "1",
            scores: [.init(metric: "acc", value: value, stderr: stderr)])
        ], run: nil)
    }
    func verdict(_ own: LMEvalResults, _ base: LMEvalResults) -> LMEvalComparison? {
      LMEvalComparison.all(own, base: base).first
    }
    let far = try #require(verdict(results(0.5, 0.03), results(0.62, 0.04)))
    #expect(far.verdict == .exceeds && abs((far.stderr ?? 0) - 0.05) < 1e-12)
    #expect(abs(far.difference + 0.12) < 1e-12 && far.mismatch == nil)
    #expect(verdict(results(0.5, 0.03), results(0.59, 0.04))?.verdict == .withinError)
    #expect(verdict(results(0.5, nil), results(0.9, 0.04))?.verdict == .unknown)
    let other = try #require(verdict(results(0.1, 0.01), results(0.9, 0.01, shots: 2, items: 50)))
    #expect(other.verdict == .unknown && other.mismatch == "0 and 2 shots, 100 and 50 items")
    #expect(LMEvalComparison.all(Self.own, base: results(0.5, 0.1)).isEmpty)
  }

  @Test("what is no result file, word for word")
  func refused() throws {
    let hint = "give a results_….json of lm-eval, or one in its layout"
    let run = #"{"version": "1", "model_hash": "a", "prompt": "p""#
    let cases = [
      ("{}", "no results in an empty object"),
      (#"{"results": []}"#, "results is an empty list"),
      (#"{"results": {}}"#, "results is an empty object"),
      (#"{"results": {"t": 3}}"#, "t of results is 3, a number"),
      (#"{"results": {"t": {"alias": "t"}}}"#, "no scores in results"),
      (
        #"{"results": {"t": {"acc,none": null}}}"#,
        "acc,none of t is null, where a number is needed"
      ),
      (
        #"{"results": {"t": {"acc,none": "0.5"}}}"#,
        #"acc,none of t is "0.5", a string, where a number is needed"#
      ),
      (
        #"{"results": {"t": {"acc,none": NaN}}}"#,
        "no JSON: line 1, column 32: "
      ),
      (
        #"{"results": {"t": {"acc,none": 1}}, "tenbin": \#(run)}}"#,
        "answers of tenbin is missing"
      ),
      (
        #"{"results": {"t": {"acc,none": 1}}, "tenbin": \#(run), "answers": "a", "base": {"results": {"t": {"acc,none": 1}}}}}"#,
        "the base's acc,none of t without a number, difference and verdict"
      ),
    ]
    for (text, found) in cases {
      let error = #expect(throws: InputError.self) { try read(text) }
      let isWhole = error?.found == found || found.hasSuffix(": ")
      #expect(isWhole && error?.found.hasPrefix(found) == true, "\(error?.found ?? "")")
      #expect(error?.hint == hint && error?.kind == .badData)
      #expect(error?.asked.hasPrefix("read ") == true)
    }
  }
}
