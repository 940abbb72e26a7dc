import Basics
import Calib
import Compute
import Foundation
import GPTQ
import Model
import Results
import Sweep
import TestSupport
import Testing

@Suite("What is said of inputs before numbers are made of them")
struct InputNotesTests {
  private static let heldout = Repository.corpus.appendingPathComponent("heldout-wiki.jsonl")

  /// The notes on one GPTQ trial calibrated on `rows` and evaluated on the bundled articles, of which
  /// `rows` is given a copy.
  private func notes(
    trials: [TrialConfig] = [TrialConfig(quantize: QuantizeConfig())],
    calibration rows: (Data) -> Data
  ) throws -> [String] {
    try withTemporaryDirectory { folder in
      let file = folder.appendingPathComponent("calibration.jsonl")
      try rows(Data(contentsOf: Self.heldout)).write(to: file)
      return try notes(trials, calibration: file)
    }
  }

  private func notes(
    _ trials: [TrialConfig], calibration: URL, heldout: URL = Self.heldout
  ) throws -> [String] {
    try SweepInputs(
      model: Repository.demoModel.path, calibration: calibration.path,
      heldout: [heldout.path], context: 256, heldoutTokens: 1024, engine: CPUEngine()
    ).notes(for: trials)
  }

  @Test("calibrating on the held-out file is said: the file itself, a copy, some of its rows")
  func overlap() throws {
    let same =
      "heldout-wiki is not held out: the calibration set was made from the same file, and holds"
      + " 100 % of its runs of 13 tokens"
    let trials = [TrialConfig(quantize: QuantizeConfig())]
    #expect(try notes(trials, calibration: Self.heldout) == [same])
    #expect(try notes { $0 } == [same])
    let half = try notes { data in
      let lines = data.split(separator: UInt8(ascii: "\n"))
      return Data(lines.dropFirst().joined(separator: [UInt8(ascii: "\n")]))
    }
    #expect(half.count == 1)
    #expect(
      half.first?.hasPrefix("heldout-wiki is not held out: the calibration set holds ") == true)
  }

  @Test("what overlaps is recorded with the study")
  func recorded() throws {
    let inputs = try SweepInputs(
      model: Repository.demoModel.path, calibration: Self.heldout.path,
      heldout: [Self.heldout.path], context: 256, heldoutTokens: 1024, engine: CPUEngine())
    let environment = try inputs.environment(context: 256, heldoutTokens: 1024)
    #expect(
      environment.heldoutOverlaps
        == [HeldoutOverlap(domain: "heldout-wiki", share: 1, isSource: true)])
  }

  @Test("what the calibration set holds is recorded with the study, and reads back")
  func calibrationStatistics() throws {
    let inputs = try SweepInputs(
      model: Repository.demoModel.path, calibration: Self.heldout.path,
      heldout: [Self.heldout.path], context: 256, heldoutTokens: 1024, engine: CPUEngine())
    let environment = try inputs.environment(context: 256, heldoutTokens: 1024)
    let statistics = try #require(environment.calibrationStatistics)
    #expect(statistics == SetStatistics(inputs.calibration))
    #expect(statistics.tokens == inputs.calibration.tokenCount && !statistics.scripts.isEmpty)
    try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("study.sqlite")
      try StudyMerge.write(
        StudyResults(environment: environment, base: [], trials: []), to: url)
      #expect(try Study(existing: url).environment()?.calibrationStatistics == statistics)
    }
  }

  @Test("other text of the same encyclopedia is no overlap")
  func others() throws {
    let articles = Repository.corpus.appendingPathComponent("jawiki-sample.xml")
    #expect(try notes([TrialConfig(quantize: QuantizeConfig())], calibration: articles).isEmpty)
  }

  @Test("a dump that is cut short is said where a set is built of it on the way")
  func cutShort() throws {
    let file = Repository.corpus.appendingPathComponent("jawiki-sample.xml")
    try withTemporaryDirectory { folder in
      let part = folder.appendingPathComponent("part.xml")
      try Data(contentsOf: file).prefix(100_000).write(to: part)
      let notes = try notes([TrialConfig(quantize: QuantizeConfig())], calibration: part)
      #expect(notes.count == 1)
      #expect(notes.first?.contains("the dump is cut short or broken here") == true, "\(notes)")
    }
  }

  @Test("so is one that is evaluated on")
  func heldoutCutShort() throws {
    let file = Repository.corpus.appendingPathComponent("jawiki-sample.xml")
    try withTemporaryDirectory { folder in
      let part = folder.appendingPathComponent("part.xml")
      try Data(contentsOf: file).prefix(6_000).write(to: part)
      let notes = try notes(
        [TrialConfig(quantize: QuantizeConfig())], calibration: Self.heldout, heldout: part)
      #expect(notes.contains { $0.contains("the dump is cut short or broken here") }, "\(notes)")
    }
  }

  @Test("fewer tokens than a linear has inputs are said once, with all such linears")
  func rank() throws {
    let one = Data("{\"text\":\"あ\"}\n".utf8)
    let all =
      "calibration has 2 tokens for the 384 inputs of self_attn.q_proj, self_attn.k_proj, "
      + "self_attn.v_proj, self_attn.o_proj, mlp.gate_proj, mlp.up_proj and the 1024 inputs of "
      + "mlp.down_proj: their Hessians lack full rank, and an error measured on these tokens says "
      + "little about other text"
    #expect(try notes { _ in one } == [all])
    var some = TrialConfig(quantize: QuantizeConfig())
    some.modules = ["mlp.down_proj"]
    #expect(
      try notes(trials: [some]) { _ in one } == [
        "calibration has 2 tokens for the 1024 inputs of mlp.down_proj: their Hessians lack full "
          + "rank, and an error measured on these tokens says little about other text"
      ])
    // Round-to-nearest solves nothing.
    var rounded = some
    rounded.quantize.algorithm = .rtn
    #expect(try notes(trials: [rounded]) { _ in one }.isEmpty)
  }

  @Test("windows beyond the model's positions are said")
  func positions() throws {
    let config = try ModelConfig(directory: Repository.demoModel)
    #expect(config.positionNote(2048, of: "windows") == nil)
    #expect(
      config.positionNote(2049, of: "windows of news")
        == "windows of news have up to 2049 tokens, and max_position_embeddings is 2048: the model"
        + " was not made for the positions beyond")
  }

  @Test("a token without an embedding is named, with where it comes from")
  func vocabulary() throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(at: Repository.demoModel, to: model)
      let file = model.appendingPathComponent("tokenizer.json")
      let token =
        #"{"id": 8192, "content": "<|im_start|>", "single_word": false, "lstrip": false,"#
        + #" "rstrip": false, "normalized": false, "special": true}, "#
      let text = try String(contentsOf: file, encoding: .utf8)
      let longer = text.replacing("\"added_tokens\": [", with: "\"added_tokens\": [" + token)
        .replacing("\"added_tokens\":[", with: "\"added_tokens\":[" + token)
      #expect(longer != text)
      try Data(longer.utf8).write(to: file)
      let data = folder.appendingPathComponent("a.jsonl")
      try Data("{\"text\":\"<|im_start|>日本の首都は東京である。\"}\n".utf8).write(to: data)
      let error = #expect(throws: InputError.self) {
        try SweepInputs(
          model: model.path, calibration: Self.heldout.path, heldout: [data.path], context: 4,
          heldoutTokens: 4, engine: CPUEngine())
      }
      #expect(
        error
          == InputError(
            .badData, asked: "run \(data.path) through the model",
            found: "the token 8192, \"<|im_start|>\", which is among the added_tokens of its "
              + "tokenizer.json, where vocab_size is 8192",
            hint: "resize the model's embedding, or take that token out of the text"))
    }
  }

  @Test("a study and its trial are told apart at the last #, and only before a number")
  func references() throws {
    try withTemporaryDirectory { folder in
      let odd = folder.appendingPathComponent("study#7").path
      #expect(TrialReference("s.sqlite").number == nil)
      #expect(TrialReference("s.sqlite#7").study == "s.sqlite")
      #expect(TrialReference("s.sqlite#7").number == 7)
      #expect(TrialReference("a#1/s#2.sqlite#30").study == "a#1/s#2.sqlite")
      #expect(TrialReference("a#1/s#2.sqlite#30").number == 30)
      #expect(TrialReference("a#1/s.sqlite").study == "a#1/s.sqlite")
      #expect(TrialReference("s.sqlite#x").study == "s.sqlite#x")
      #expect(TrialReference(odd).number == 7)
      try Data().write(to: URL(fileURLWithPath: odd))
      #expect(TrialReference(odd).study == odd && TrialReference(odd).number == nil)
      #expect(TrialReference(odd + "#3").study == odd && TrialReference(odd + "#3").number == 3)
    }
  }
}
