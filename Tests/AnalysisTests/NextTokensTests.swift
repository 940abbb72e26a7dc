import Analysis
import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

/// Fixtures/next-tokens.json; the script that it names makes it.
private struct Golden: Decodable {
  struct Prompt: Decodable {
    struct Step: Decodable {
      let position: Int
      let base: [Double]
      let other: [Double]
      let kld: Double
    }
    let prompt: String
    let tokens: [Int32]
    let base: [[Double]]
    let other: [[Double]]
    let along: [Step]
  }
  let prompts: [Prompt]

  init() throws {
    let url = try #require(
      Bundle.module.url(forResource: "Fixtures/next-tokens", withExtension: "json"))
    self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }
}

@Suite("What models let follow prompts")
struct NextTokensTests {
  private let tokenizer: Tokenizer
  private let model: ModelConfig

  init() throws {
    tokenizer = try Tokenizer(directory: Repository.demoModel)
    model = try ModelConfig(directory: Repository.demoModel)
  }

  @Test("the likeliest tokens, their probabilities and KL are those of transformers")
  func golden() throws {
    let golden = try Golden()
    let set = try PromptSet(
      golden.prompts.map(\.prompt), tokenizer: tokenizer, model: model, context: 64)
    #expect(set.windows == golden.prompts.map(\.tokens))
    try withTemporaryDirectory { folder in
      let other = try CutModel.write(to: folder, mask: 0xC0)
      let engine = CPUEngine()
      let models = try [Repository.demoModel, other].map {
        try Decoder(directory: $0, engine: engine)
      }
      let states = try models.map { model in
        var states = try model.embed(set.windows)
        for layer in 0..<model.config.layers {
          try model.layer(layer, positions: 64).advance(&states)
        }
        return states
      }
      let found = try models[0].head().nextTokens(
        base: states[0], trials: states, places: set.positions, count: NextTokens.count
      ).map(set.nextTokens)
      for (index, expected) in golden.prompts.enumerated() {
        for (next, other) in zip(found.map { $0[index] }, [expected.base, expected.other]) {
          #expect(next.likeliest.map { Double($0.token) } == other.map { $0[0] })
          for (mine, theirs) in zip(next.likeliest, other) {
            #expect(abs(mine.probability / theirs[1] - 1) < 2e-4)
            let isBase = other == expected.base
            #expect(abs(mine.baseProbability / theirs[isBase ? 1 : 2] - 1) < 2e-4)
          }
          #expect(next.baseLikeliest.map { Double($0.token) } == expected.base.map { $0[0] })
        }
        let trial = found[1][index]
        #expect(trial.along.map(\.position) == expected.along.dropLast().map(\.position))
        #expect(abs(trial.kld - (expected.along.last?.kld ?? 9)) < 1e-4)
        for (place, step) in expected.along.dropLast().enumerated() {
          for (next, theirs) in [(found[0][index], step.base), (trial, step.other)] {
            #expect(Double(next.along[place].token) == theirs[0])
            #expect(abs(next.along[place].probability / theirs[1] - 1) < 2e-4)
          }
          #expect(found[0][index].along[place].kld == 0)
          #expect(abs(trial.along[place].kld - step.kld) < 1e-4)
        }
        #expect(found[0][index].keepsLikeliest && found[0][index].kld == 0)
        #expect(trial.keepsLikeliest == (expected.base[0][0] == expected.other[0][0]))
      }
    }
  }

  @Test("a study reads back what was written, however the numbers look")
  func stored() throws {
    let next = NextTokens(
      likeliest: [.init(token: 7, text: "\\xE3\"東", probability: 0.1, baseProbability: 1e-300)],
      baseLikeliest: [.init(token: 8, text: "", probability: 0, baseProbability: 1)], kld: 2.5,
      along: [.init(position: 3, token: 9, text: "\\n", probability: 1, kld: -1e-17)])
    let data = try JSONEncoder().encode(next)
    #expect(String(decoding: data, as: UTF8.self).contains("[3,9,"))
    #expect(try JSONDecoder().decode(NextTokens.self, from: data) == next)
    #expect(!next.keepsLikeliest)
    #expect(next.candidate(8)?.baseProbability == 1 && next.candidate(9) == nil)
  }

  @Test("logits that are no numbers leave nothing")
  func notANumber() throws {
    let set = try PromptSet(["日本"], tokenizer: tokenizer, model: model, context: 8)
    #expect(set.nextTokens([]).isEmpty)
    #expect(set.nextTokens([NextTokenLogits()]).isEmpty)
  }

  @Test(
    "what can be seen stands as it is, all else as an escape",
    arguments: [
      ("東京".utf8.map { $0 }, "東京"), (Array(" 𠮷🍙".utf8), " 𠮷🍙"),
      ([0xE6, 0x9D], "\\xE6\\x9D"), ([0x20, 0xF0, 0x9F], " \\xF0\\x9F"),
      ([0x61, 0xC0, 0x80, 0x62], "a\\xC0\\x80b"), ([0xED, 0xA0, 0x80], "\\xED\\xA0\\x80"),
      (Array("a\n\t\r\\n".utf8), "a\\n\\t\\r\\\\n"), ([0, 7, 0x7F], "\\u{0}\\u{7}\\u{7F}"),
      (Array("\u{202E}x\u{200B}\u{FEFF}".utf8), "\\u{202E}x\\u{200B}\\u{FEFF}"),
      (Array("　\u{A0}\u{2028}".utf8), "\\u{3000}\\u{A0}\\u{2028}"),
      (Array("\u{E000}\u{10FFFF}".utf8), "\\u{E000}\\u{10FFFF}"), ([], ""),
    ] as [([UInt8], String)])
  func spelling(bytes: [UInt8], text: String) {
    #expect(PieceSpelling.text(of: bytes) == text)
  }

  @Test("a prompt's pieces are its text, its places all that have text in front, at most 32")
  func pieces() throws {
    let long = String(repeating: "水と氷。", count: 20)
    let set = try PromptSet(
      ["𠮷野家で", "水", long], tokenizer: tokenizer, model: model, context: 512)
    #expect(set.prompts[0].pieces.first == "" && set.prompts[0].tokens.first == 0)
    #expect(set.prompts[0].text(before: set.prompts[0].tokens.count).hasSuffix("野家で"))
    #expect(set.positions[1] == [2] && set.prompts[1].text(before: 2) == "水")
    let count = set.prompts[2].tokens.count
    #expect(set.positions[2] == Array(count - 31...count))
    #expect(set.prompts[2].pieces.joined() == long)
    #expect(set.prompts[2].text(before: count, characters: 4) == "…水と氷。")
  }

  @Test("tenbin's own prompts are those that the tokenizer can spell, and that fit")
  func usual() throws {
    let all = PromptSet(usualFor: tokenizer, model: model, context: 64)
    #expect(all.prompts.map(\.text) == PromptSet.usual)
    let short = PromptSet(usualFor: tokenizer, model: model, context: 8)
    #expect(!short.prompts.isEmpty && short.prompts.count < PromptSet.usual.count)
    let small = try ModelConfig(
      json: Data(
        #"{"model_type": "llama", "hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 20}"#
          .utf8), name: "config.json")
    #expect(PromptSet(usualFor: tokenizer, model: small, context: 64).prompts.isEmpty)
    #expect(
      throws: InputError(
        .badData, asked: "run the prompt \"a\\n\" through the model",
        found: "the token 66, \"a\", of a tokenizer.json with 8192 ids, where vocab_size is 20",
        hint: "tokenizer.json and config.json are of different models: get both from the same one")
    ) { try PromptSet(["a\n"], tokenizer: tokenizer, model: small, context: 64) }
  }

  @Test("prompts that are too long, or nothing to the tokenizer, are refused")
  func refused() throws {
    let error = #expect(throws: InputError.self) {
      try PromptSet(
        ["日本", String(repeating: "東京タワー", count: 20)], tokenizer: tokenizer, model: model,
        context: 16)
    }
    #expect(
      error?.asked
        == "look at what follows the prompt \"\(String(repeating: "東京タワー", count: 8))…\"")
    #expect(error?.found.hasSuffix(" tokens, where context is 16") == true)
    #expect(error?.hint == "shorten it, or give a larger context" && error?.kind == .usage)
    // A tokenizer that takes out all that it does not know.
    let json = """
      {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []},
       "added_tokens": [], "normalizer": null, "pre_tokenizer": null, "post_processor": null,
       "decoder": null}
      """
    let letters = try Tokenizer(json: Data(json.utf8))
    #expect(
      throws: InputError(
        .usage, asked: "look at what follows the prompt \"水\\n\"",
        found: "no token: the tokenizer makes nothing of this text",
        hint: "give a text of letters, or leave that prompt out")
    ) { try PromptSet(["水\n"], tokenizer: letters, model: model, context: 64) }
  }
}
