import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import TestSupport
import Testing

@Suite("Prompts of a sweep")
struct PromptTests {
  private func text(_ prompts: String? = nil) -> String {
    """
    parameters:
      algorithm: {value: rtn}
      bits: {values: [2, 8]}
      calibration_draws: {value: 0}
      model: {value: \(Repository.demoModel.path)}
      calibration: {value: \(Repository.corpus.path)/jawiki-sample.xml}
      heldout: {value: \(Repository.corpus.path)/heldout-wiki.jsonl}
      heldout_tokens: {value: 256}
      context: {value: 128}
      \(prompts.map { "prompts: \($0)" } ?? "seed: {value: 0}")
    """
  }

  private func file(_ prompts: String? = nil) throws(InputError) -> SweepFile {
    try SweepFile(text: text(prompts), name: "sweep.yaml")
  }

  @Test("one text, several, none, or tenbin's own")
  func keys() throws {
    #expect(try file().prompts == nil)
    #expect(try file("{value: false}").prompts == [])
    #expect(try file("{value: 日本の首都は}").prompts == ["日本の首都は"])
    #expect(try file(#"{value: ["1990", "a, b\n"]}"#).prompts == ["1990", "a, b\n"])
    #expect(try file("{values: [a, b]}").prompts == ["a", "b"])
  }

  @Test(
    "what is no text is refused, by its type",
    arguments: [
      ("{value: [日本, 1990]}", "1990, a number", nil), ("{value: \"\"}", "\"\", a string", nil),
      ("{value: [true]}", "true, a Boolean", nil),
      ("{value: [[a]]}", "a list of 1", nil),
      ("{min: 1, max: 2}", "a distribution", "one value"),
      ("{value: []}", "an empty list", "at least one value"),
      (
        "{value: [\((0...20).map { "a\($0)" }.joined(separator: ", "))]}", "21 texts",
        "a list of at most 20 texts"
      ),
    ] as [(String, String, String?)])
  func wrong(prompts: String, found: String, allowed: String?) {
    let texts = "a list of texts, in quotes where YAML reads a number in them; or false: none"
    #expect(
      throws: InputError(
        .usage, asked: "prompts in sweep.yaml", found: found,
        hint: "prompts is \(allowed ?? texts)")
    ) { try file(prompts) }
  }

  @Test("a prompt longer than a window is refused before anything runs")
  func tooLong() throws {
    let error = #expect(throws: InputError.self) {
      try SweepRun(
        try file("{value: \(String(repeating: "水と氷。", count: 60))}"), engine: CPUEngine())
    }
    #expect(error?.found.hasSuffix("tokens, where context is 128") == true)
  }

  @Test("each model's next tokens are kept, and nothing else changes")
  func pass() throws {
    try withTemporaryDirectory { folder in
      let engine = CPUEngine()
      func results(_ prompts: String?, _ name: String) throws -> StudyResults {
        let study = try Study(folder.appendingPathComponent(name))
        try SweepRun(try file(prompts), engine: engine).run(into: study)
        return try study.results()
      }
      let with = try results(nil, "with.sqlite")
      let without = try results("{value: false}", "without.sqlite")
      #expect(without.environment.prompts.isEmpty && without.baseNextTokens.isEmpty)
      #expect(without.trials.allSatisfy { $0.nextTokens.isEmpty })
      #expect(with.environment.prompts.map(\.text) == PromptSet.usual)
      #expect(with.baseNextTokens.count == PromptSet.usual.count)
      for (mine, theirs) in zip(with.trials, without.trials) {
        #expect(mine.hiddenErrors == theirs.hiddenErrors)
        #expect(mine.evaluations.map(\.perplexity) == theirs.evaluations.map(\.perplexity))
        #expect(mine.nextTokens.count == PromptSet.usual.count)
      }
      // The base's are those of the model by itself.
      let decoder = try Decoder(directory: Repository.demoModel, engine: engine)
      for (prompt, next) in zip(with.environment.prompts, with.baseNextTokens) {
        #expect(next.kld == 0 && next.keepsLikeliest && next.likeliest == next.baseLikeliest)
        let logits = try decoder.logits([prompt.tokens])
        let row = logits.row(logits.rows - 1).map(Double.init)
        let sum = row.reduce(0) { $0 + exp($1) }
        for candidate in next.likeliest {
          #expect(abs(candidate.probability - exp(row[Int(candidate.token)]) / sum) < 1e-5)
        }
      }
      // Two bits change more than eight do.
      let far = with.trials.map { trial in trial.nextTokens.reduce(0) { $0 + $1.kld } }
      let bits = with.trials.map(\.config.quantize.bits)
      let two = try #require(bits.firstIndex(of: 2)), eight = try #require(bits.firstIndex(of: 8))
      #expect(far[two] > 20 * far[eight] && far[eight] > 0)
      #expect(with.trials[eight].nextTokens.allSatisfy { $0.kld < 0.05 })
      #expect(with.trials[two].nextTokens.contains { !$0.keepsLikeliest })
      let base = with.baseNextTokens[0]
      let trial = with.trials[two].nextTokens[0]
      #expect(trial.baseLikeliest.map(\.token) == base.likeliest.map(\.token))
      for (mine, theirs) in zip(trial.baseLikeliest, base.likeliest) {
        #expect(abs(mine.baseProbability - theirs.probability) < 1e-9)
      }
      #expect(trial.along.map(\.position) == base.along.map(\.position))
    }
  }

  @Test("other prompts are refused by a study that has some, none leaves them")
  func rerun() throws {
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      let engine = CPUEngine()
      func run(_ prompts: String?) throws -> StudyResults {
        let study = try Study(url)
        try SweepRun(try file(prompts), engine: engine).run(into: study)
        return try study.results()
      }
      let first = try run("{value: [水, 氷]}")
      #expect(first.baseNextTokens.count == 2)
      let again = try run("{value: false}")
      #expect(again.environment.prompts == first.environment.prompts)
      #expect(again.baseNextTokens == first.baseNextTokens)
      #expect(again.trials.map(\.nextTokens) == first.trials.map(\.nextTokens))
      #expect(
        throws: InputError(
          .usage, asked: "continue a study with another list of prompts",
          found: "list of prompts was \"氷\", now it is \"火\"",
          hint: "give a new --study, or go back to the list of prompts it was begun with")
      ) { try run("{value: [水, 火]}") }
      let longer = #expect(throws: InputError.self) { try run("{value: [水, 氷, 湯]}") }
      #expect(longer?.found == "list of prompts was 2 prompts, now it is 3 prompts")
      // A study of an older tenbin has none, and takes them on.
      var older = first
      older.environment.prompts = []
      older.baseNextTokens = []
      for index in older.trials.indices { older.trials[index].nextTokens = [] }
      let merged = try StudyMerge.merged([("older", older), ("newer", first)])
      #expect(merged.environment.prompts == first.environment.prompts)
      #expect(merged.baseNextTokens == first.baseNextTokens)
      let copy = folder.appendingPathComponent("merged.sqlite")
      try StudyMerge.write(first, to: copy)
      let read = try Study(existing: copy).results()
      #expect(read.baseNextTokens == first.baseNextTokens)
      #expect(read.trials.map(\.nextTokens) == first.trials.map(\.nextTokens))
      var other = first
      other.environment.prompts = [Prompt(text: "火", tokens: [1], pieces: ["火"])]
      #expect(throws: InputError.self) { try StudyMerge.merged([("a", first), ("b", other)]) }
    }
  }
}
