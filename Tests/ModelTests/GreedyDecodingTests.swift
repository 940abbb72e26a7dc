import Basics
import Compute
import Foundation
import Model
import Tensor
import TestSupport
import Testing

@Suite("Greedy decoding with kept keys and values")
struct GreedyDecodingTests {
  /// One model a way of doing something with kept keys and values.
  static let families = [
    "llama", "llama3", "llama-yarn", "mistral", "qwen2-sliding", "qwen3-mixed", "phi3", "gemma2",
    "gemma3_text", "mixtral", "qwen2_moe", "qwen3_moe", "plamo3", "gpt_oss",
  ]

  /// Beginnings of different lengths, which begin alike, and the last of which passes sliding windows.
  private func prompts(_ name: String) throws -> [[Int32]] {
    let golden = try LogitsGolden(fixture("tiny-\(name)").appendingPathComponent("logits.json"))
    let ids = try #require(golden.sequences.last).inputIDs
    return [
      Array(ids[..<5]), Array(ids[..<3] + ids[40..<57]), Array(ids[..<3]), Array(ids[..<4] + [1]),
      Array(ids[..<70]),
    ]
  }

  private func decoder(_ name: String) throws -> Decoder {
    try Decoder(directory: fixture("tiny-\(name)"), engine: CPUEngine())
  }

  /// What a model that sees everything anew for each token goes on with.
  private func recomputed(
    _ decoder: Decoder, _ prompt: [Int32], _ newTokens: Int
  ) throws -> [Int32] {
    var tokens = prompt
    for _ in 0..<newTokens {
      let logits = try decoder.logits([tokens])
      let row = Array(logits.row(tokens.count - 1))
      tokens.append(Int32(row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }))
    }
    return Array(tokens.dropFirst(prompt.count))
  }

  @Test("with a cache as without: all recomputed for each token", arguments: families)
  func cache(name: String) throws {
    let decoder = try decoder(name)
    let prompts = try prompts(name)
    let greedy = GreedyDecoding(try KeptModel(decoder, positions: 80), batch: 3, endTokens: [])
    let continuations = try greedy.continuations(of: prompts, newTokens: 7)
    for (prompt, continuation) in zip(prompts, continuations) {
      let expected = try recomputed(decoder, prompt, 7)
      #expect(continuation.tokens == expected)
      #expect(continuation.end == .length)
    }
  }

  @Test(
    "where the length of a sequence turns its keys, they are made again",
    arguments: ["llama-dynamic", "phi3-longrope"])
  func turned(name: String) throws {
    let decoder = try decoder(name)
    let golden = try LogitsGolden(fixture("tiny-\(name)").appendingPathComponent("logits.json"))
    let ids = try #require(golden.sequences.last).inputIDs
    let fixed = try #require(decoder.config.layer(0).attention?.rope.longestFixedLength)
    let prompts = [Array(ids[..<(fixed - 3)]), Array(ids[..<10]), Array(ids[..<(fixed + 5)])]
    let greedy = GreedyDecoding(
      try KeptModel(decoder, positions: fixed + 20), endTokens: [])
    let continuations = try greedy.continuations(of: prompts, newTokens: 8)
    for (prompt, continuation) in zip(prompts, continuations) {
      let expected = try recomputed(decoder, prompt, 8)
      #expect(continuation.tokens == expected)
    }
    #expect(decoder.config.turnsKeys(from: fixed, to: fixed + 1))
    #expect(!decoder.config.turnsKeys(from: 1, to: fixed))
  }

  @Test(
    "alone as in a batch, with a common beginning as without, with kept weights as with read ones",
    arguments: ["llama", "gemma2", "qwen3_moe", "mistral"])
  func ways(name: String) throws {
    let decoder = try decoder(name)
    let prompts = try prompts(name)
    let kept = try KeptModel(decoder, positions: 90)
    let expected = try GreedyDecoding(kept, batch: 5, endTokens: []).continuations(
      of: prompts, newTokens: 11)
    for batch in [1, 2, 16] {
      for shares in [true, false] {
        let greedy = GreedyDecoding(
          kept, batch: batch, endTokens: [], sharesBeginning: shares)
        let continuations = try greedy.continuations(of: prompts, newTokens: 11)
        #expect(continuations == expected)
      }
    }
    for (prompt, one) in zip(prompts, expected) {
      let alone = try GreedyDecoding(kept, endTokens: []).continuations(of: [prompt], newTokens: 11)
      #expect(alone == [one])
    }
    let read = try KeptModel(decoder, positions: 90, isKept: false)
    let reading = try GreedyDecoding(read, batch: 5, endTokens: []).continuations(
      of: prompts, newTokens: 11)
    #expect(reading == expected)
  }

  @Test("a text ends at a token that ends texts, where it is enough, or after so many tokens")
  func ends() throws {
    let decoder = try decoder("llama")
    let prompts = try prompts("llama")
    let kept = try KeptModel(decoder, positions: 90)
    let all = try GreedyDecoding(kept, endTokens: []).continuations(of: prompts, newTokens: 9)
    // The token that the first prompt gets third, and others may get at any time.
    let last = all[0].tokens[2]
    let ended = try GreedyDecoding(kept, batch: 2, endTokens: [last]).continuations(
      of: prompts, newTokens: 9)
    for (one, whole) in zip(ended, all) {
      #expect(one.tokens == Array(whole.tokens.prefix { $0 != last }))
      #expect(one.end == (whole.tokens.contains(last) ? .token : .length))
    }
    var asked = Set<Int>()
    let enough = try GreedyDecoding(kept, batch: 2, endTokens: []).continuations(
      of: prompts, newTokens: 9,
      isEnough: { prompt, tokens in
        asked.insert(prompt)
        return tokens.count == prompt + 1
      })
    #expect(asked == Set(0..<5))
    #expect(enough.map(\.tokens) == all.enumerated().map { Array($1.tokens[...$0]) })
    #expect(enough.allSatisfy { $0.end == .enough })
    let none = try GreedyDecoding(kept, endTokens: []).continuations(of: prompts, newTokens: 0)
    #expect(none == prompts.map { _ in Continuation(tokens: [], end: .length) })
  }

  @Test("what is common is kept once, and the last token of a prompt is its own")
  func extent() throws {
    let config = try decoder("llama").config
    func extent(_ prompts: [[Int32]], batch: Int = 2, isShared: Bool = true) -> [Int] {
      let extent = CacheExtent(
        config, prompts: prompts, newTokens: 5, batch: batch, isShared: isShared)
      return [extent.shared, extent.slots, extent.room]
    }
    #expect(extent([[1, 2, 3, 4], [1, 2, 9], [1, 2, 3, 4, 5]]) == [2, 2, 8])
    #expect(extent([[1, 2, 3], [1, 2, 3]]) == [2, 2, 6])
    #expect(extent([[1, 2], [1, 2, 3]], batch: 16) == [1, 2, 7])
    #expect(extent([[1, 2, 3]]) == [0, 1, 8])
    #expect(extent([[1, 2, 3], [1, 2, 3]], isShared: false) == [0, 2, 8])
    // Two layers of two heads of 12 numbers, float32, keys and values.
    #expect(KeyValueCache.bytes(config, shared: 2, slots: 2, room: 8) == 2 * 2 * 4 * 24 * 18)
  }

  @Test("what it takes of memory: weights as they are stored, all or a part of them, and the cache")
  func memory() throws {
    let decoder = try decoder("qwen2-types")
    let prompts: [[Int32]] = [[1, 2, 3], [4, 5]]
    let memory = DecodingMemory(decoder, prompts: [(prompts, 5)], batch: 16)
    let numbers = decoder.config.linearParameters
    // Linears are BF16, embedding and head F16.
    #expect(memory.weights == 2 * numbers + 2 * 96 * 32)
    #expect(memory.largestPart == max(numbers, 2 * 96 * 32))
    #expect(memory.cache == KeyValueCache.bytes(decoder.config, shared: 0, slots: 2, room: 8))
    #expect(
      memory.total(isKept: true) - memory.total(isKept: false)
        == memory.weights - memory.largestPart)
    let more = DecodingMemory(
      decoder, prompts: [(prompts, 5), ([[Int32](repeating: 1, count: 900)], 100)], batch: 16)
    #expect(more.cache == KeyValueCache.bytes(decoder.config, shared: 0, slots: 1, room: 1000))
  }

  @Test("logits that are NaN are an error, not a token")
  func notANumber() throws {
    let decoder = try decoder("llama")
    let engine = CPUEngine()
    var states = try decoder.embed([[1, 2]])
    states.updateStream(0) { x in
      x = engine.upload(Matrix<Float>(rows: 2, columns: 32, repeating: .nan))
    }
    #expect(
      throws: InputError(
        .badData, asked: "choose the likeliest token", found: "logits that are NaN",
        hint: "look for damaged weights: tenbin audit")
    ) { try decoder.head().likeliest(behind: [1], in: states, tiles: nil) }
  }
}
