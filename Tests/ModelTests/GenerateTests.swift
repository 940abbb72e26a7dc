import Compute
import Foundation
import Model
import TestSupport
import Testing

/// What make_generate.py wrote.
private struct GenerateGolden: Decodable {
  struct Case: Decodable {
    var first: Int
    var count: Int
    var tokens: [Int32]
    var gaps: [Double]
  }
  var models: [String: [Case]]

  static let all: GenerateGolden? = try? JSONDecoder().decode(
    GenerateGolden.self, from: Data(contentsOf: fixture("generate.json")))
}

@Suite("Greedy decoding against transformers' generate (remake: Tests/ModelTests/make_generate.py)")
struct GenerateTests {
  /// A logit that is ahead by less, relative to the largest, may fall behind by float noise.
  private static let tie = 1e-5

  @Test("token by token", arguments: (GenerateGolden.all?.models.keys).map { $0.sorted() } ?? [])
  func tokens(name: String) throws {
    let cases = try #require(GenerateGolden.all?.models[name])
    let folder = try fixture(name)
    let golden = try LogitsGolden(folder.appendingPathComponent("logits.json"))
    let ids = try #require(golden.sequences.last).inputIDs
    let prompts = cases.map { Array(ids[$0.first..<$0.first + $0.count]) }
    let decoder = try Decoder(directory: folder, engine: CPUEngine())
    let newTokens = try #require(cases.first).tokens.count
    // Under `dynamic` transformers keeps the keys of a sequence that outgrows its frequencies as they were.
    let rope = try #require(decoder.config.layer(0).attention?.rope)
    let longest = rope.isFixedBeyond ? Int.max : rope.longestFixedLength ?? .max
    let continuations = try GreedyDecoding(
      KeptModel(decoder, positions: prompts.longest + newTokens), batch: 3, endTokens: []
    ).continuations(of: prompts, newTokens: newTokens)
    for (one, (prompt, continuation)) in zip(cases, zip(prompts, continuations)) {
      if prompt.count + newTokens > longest { continue }
      let same = zip(one.tokens, continuation.tokens).prefix { $0 == $1 }.count
      #expect(same == newTokens || one.gaps[same] < Self.tie, "\(name), \(prompt.count) tokens")
    }
  }

  @Test("the models are there")
  func models() throws { #expect(try #require(GenerateGolden.all).models.count >= 20) }
}
