import Basics
import Calib
import Foundation
import TestSupport
import Testing
import Tokenizers

/// The whole text of errors that a recipe brings about: it is part of the interface.
@Suite("Errors of recipes, word for word")
struct RecipeErrorTests {
  @Test("how many documents, and which are the same")
  func words() {
    #expect(
      throws: InputError(
        .usage, asked: "take last:3",
        found: "allowed are first:N, random:N and stratified:N with N above 0",
        hint: "for example --take first:1000")
    ) { try SampleSelection("last:3") }
    #expect(
      throws: InputError(
        .usage, asked: "remove duplicates by minhash:2",
        found: "allowed are none, exact and minhash:J with J above 0 and at most 1",
        hint: "for example --dedup minhash:0.8")
    ) { try Deduplication("minhash:2") }
    #expect(
      throws: InputError(
        .badData, asked: "read the recipe of a calibration set", found: "no recipe of this tenbin",
        hint: "build the set again: another version of tenbin wrote it")
    ) { try CalibrationRecipe(json: "[]") }
  }

  @Test("lengths and shares of sources")
  func numbers() {
    let source = Repository.corpus.appendingPathComponent("heldout-wiki.jsonl").path
    var recipe = CalibrationRecipe(sources: [source], tokenizer: Repository.demoModel.path)
    recipe.maxSeqLength = 0
    #expect(
      throws: InputError(
        .usage, asked: "samples of 0 tokens", found: "allowed is 1 or more",
        hint: "leave --max-seq-length out for 2048")
    ) { try CalibrationSet.build(recipe) }
    recipe.maxSeqLength = nil
    recipe.mix = [1, -1]
    #expect(
      throws: InputError(
        .usage, asked: "mix 1 sources by [1.0, -1.0]",
        found: "needed is one share above 0 for each source",
        hint: "for example --source a.jsonl b.jsonl --mix 0.7,0.3")
    ) { try CalibrationSet.build(recipe) }
  }

  @Test("windows of held-out text")
  func windows() throws {
    let url = Repository.corpus.appendingPathComponent("heldout-wiki.jsonl")
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    #expect(
      throws: InputError(
        .usage, asked: "evaluation windows of 1 tokens", found: "allowed is 2 or more",
        hint: "for example --context 512")
    ) { try EvaluationText(from: url, tokenizer: tokenizer, context: 1) }
    #expect(
      throws: InputError(
        .usage, asked: "--heldout-tokens 100, of \(url.path)",
        found: "that is below one window of 512 tokens",
        hint: "give 512 or more, or a smaller --context")
    ) { try EvaluationText(from: url, tokenizer: tokenizer, context: 512, maxTokens: 100) }
  }
}
