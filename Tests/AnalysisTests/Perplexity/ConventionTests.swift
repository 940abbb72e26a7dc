import Analysis
import Basics
import Calib
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

/// What `make_perplexity.py` writes.
private struct Golden: Decodable {
  struct Strided: Decodable {
    var context: Int
    var stride: Int
    var max_tokens: Int
    var perplexity: Double
  }
  struct Halved: Decodable {
    var context: Int
    var perplexity: Double
    var naive_stderr: Double
    var tokens_scored: Int
  }
  var domain: String
  var tokens: Int
  var strided: [Strided]
  var llamaCpp: [Halved]

  enum CodingKeys: String, CodingKey {
    case domain, tokens, strided
    case llamaCpp = "llama.cpp"
  }

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
      .appendingPathComponent("perplexity.json")
    self = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  var text: URL { Repository.corpus.appendingPathComponent("\(domain).jsonl") }
}

@Suite("Perplexity in the conventions of other tools")
struct ConventionTests {
  /// Float32 sums in another order; measured near 1e-6.
  static let tolerance = 1e-4

  private func score(
    _ golden: Golden, _ convention: ScoringConvention, context: Int, maxTokens: Int? = nil
  ) throws -> DomainScores {
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let text = try EvaluationText(
      from: golden.text, tokenizer: tokenizer, context: context, maxTokens: maxTokens,
      convention: convention)
    let decoder = try Decoder.open(Repository.demoModel, engine: CPUEngine()) { _ in }
    return try Scoring(decoder).score([HeldoutDomain(text, tokenizer: tokenizer)])[0]
  }

  @Test("strided: transformers' guide, its weighting included")
  func strided() throws {
    let golden = try Golden()
    for expected in golden.strided {
      let score = try score(
        golden, .strided(expected.stride), context: expected.context,
        maxTokens: expected.max_tokens)
      #expect(
        abs(score.evaluation.perplexity / expected.perplexity - 1) < Self.tolerance,
        "\(expected)")
    }
  }

  @Test("llama.cpp: the second half of each window, behind BOS")
  func llamaCpp() throws {
    let golden = try Golden()
    for expected in golden.llamaCpp {
      let score = try score(golden, .llamaCpp, context: expected.context)
      #expect(score.evaluation.tokensScored == expected.tokens_scored)
      #expect(abs(score.evaluation.perplexity / expected.perplexity - 1) < Self.tolerance)
      #expect(abs(score.naiveStderr / expected.naive_stderr - 1) < 1e-3)
      // Documents are what is resampled: the width is that of their error, not of the tokens'.
      let bootstrap = try #require(score.bootstrap)
      #expect(bootstrap.low < expected.perplexity && expected.perplexity < bootstrap.high)
      let width = bootstrap.high - bootstrap.low
      #expect((3...5).contains(width / score.evaluation.perplexityStderr))
    }
  }
}

@Suite("Windows of the conventions")
struct ScoredWindowTests {
  private func write(_ documents: [String], _ name: String, _ folder: URL) throws -> URL {
    let url = folder.appendingPathComponent(name)
    let lines = try documents.map { document in
      String(decoding: try JSONEncoder().encode(["text": document]), as: UTF8.self)
    }
    try lines.joined(separator: "\n").write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  @Test("strided: every token with one before it in its window is scored once, in order")
  func strided() throws {
    let tokenizer = try Tokenizer(directory: Repository.demoModel)
    let url = Repository.corpus.appendingPathComponent("heldout-wiki.jsonl")
    for (context, stride) in [(16, 16), (16, 15), (16, 5), (16, 1)] {
      let text = try EvaluationText(
        from: url, tokenizer: tokenizer, context: context, maxTokens: 100,
        convention: .strided(stride))
      // A window of new tokens only does not predict its first, and weighs what it scores.
      let new = stride == context
      #expect(text.scoredTokens == (new ? 93 : 99))
      #expect(text.scoredOfDocument.reduce(0, +) == text.scoredTokens)
      let scored = text.scoredWindows.flatMap { $0.tokens.dropFirst($0.first) }
      let first = text.scoredWindows[0].tokens
      #expect(Array(scored.prefix(15)) == Array(first.dropFirst()))
      #expect(text.windows.allSatisfy { $0.count <= context })
      #expect(
        text.scoredWindows.dropFirst().allSatisfy {
          $0.weight == Double($0.scored - (new ? 0 : 1))
        })
    }
  }

  @Test("llama.cpp: BOS takes the place of a window's first token; one line feed at the end goes")
  func halves() throws {
    try withTemporaryDirectory { folder in
      let tokenizer = try Tokenizer(directory: Repository.demoModel)
      let bos = try #require(tokenizer.bosTokenID)
      let (a, b) = ("天秤は重さを量る道具である。", "Scales weigh 重さ.\n")
      let joined = tokenizer.encode(a + "\n\n" + b.dropLast())
      let url = try write([a, b], "two.jsonl", folder)
      let text = try EvaluationText(
        from: url, tokenizer: tokenizer, context: 8, convention: .llamaCpp)
      for (index, window) in text.scoredWindows.enumerated() {
        #expect(window.tokens[0] == bos)
        #expect(window.tokens.dropFirst() == joined[(index * 8 + 1)..<(index * 8 + 8)])
        #expect(window.first == 5 && window.scored == 3 && window.weight == 3)
      }
      #expect(text.windows.count == joined.count / 8)
      #expect(text.scoredOfDocument.count == 2)
      // Characters and bytes are those of the scored tokens.
      let covered = text.scoredWindows.map { tokenizer.decodedBytes($0.tokens.dropFirst(5)).count }
      #expect(text.bytes == covered)
      #expect(text.characters.reduce(0, +) < text.bytes.reduce(0, +))
    }
  }

  @Test("what no convention can score, word for word")
  func refused() throws {
    try withTemporaryDirectory { folder in
      let tokenizer = try Tokenizer(directory: Repository.demoModel)
      let url = try write(["短い文。"], "short.jsonl", folder)
      let count = tokenizer.encode("短い文。").count
      let short = #expect(throws: InputError.self) {
        try EvaluationText(from: url, tokenizer: tokenizer, context: 512, convention: .llamaCpp)
      }
      #expect(
        short
          == InputError(
            .badData,
            asked: "score \(url.path) as llama.cpp does, in windows of 512 tokens",
            found: "a text of \(count) tokens, where it takes 1024 or more",
            hint: "give a longer text, or a smaller --context"))
      let narrow = #expect(throws: InputError.self) {
        try EvaluationText(from: url, tokenizer: tokenizer, context: 2, convention: .llamaCpp)
      }
      #expect(
        narrow
          == InputError(
            .usage, asked: "windows of 2 tokens in llama.cpp's convention",
            found: "no token in the second half of a window to score",
            hint: "give --context 4 or more, for example 512"))
      let stride = #expect(throws: InputError.self) {
        try ScoringConvention(.strided, stride: 513, context: 512)
      }
      #expect(
        stride
          == InputError(
            .usage, asked: "--stride 513 with windows of 512 tokens",
            found: "allowed is 1 to 512, so that every token is scored",
            hint: "for example --stride 256"))
      let other = #expect(throws: InputError.self) {
        try ScoringConvention(.blocks, stride: 16, context: 512)
      }
      #expect(
        other
          == InputError(
            .usage, asked: "--stride with --convention blocks",
            found: "windows that begin where the last one ends",
            hint: "leave --stride out, or give --convention strided"))
      #expect(try ScoringConvention(.strided, stride: nil, context: 512) == .strided(256))
    }
  }
}

@Suite("The block bootstrap")
struct BlockBootstrapTests {
  @Test("95 % intervals of uneven units hold the truth in 92 to 98 of 100")
  func coverage() throws {
    var random = SplitMix64(seed: 18)
    func normal() -> Double {
      (-2 * log(1 - random.uniform())).squareRoot() * cos(2 * .pi * random.uniform())
    }
    var held = 0
    let runs = 400
    for _ in 0..<runs {
      let tokens = (0..<16).map { _ in 100 * exp(0.3 * normal()) }
      // A unit's mean varies by 0.2, and its own tokens blur it by 1/√n.
      let sums = tokens.map { $0 * (3 + 0.2 * normal() + normal() / $0.squareRoot()) }
      let interval = try #require(BlockBootstrap(sums: sums, tokens: tokens).interval)
      if interval.low < 3, 3 < interval.high { held += 1 }
    }
    #expect((0.92...0.98).contains(Double(held) / Double(runs)), "\(held) of \(runs)")
  }

  @Test("a single unit has no interval; equal units have one without width")
  func degenerate() {
    #expect(BlockBootstrap(sums: [3], tokens: [1]).interval == nil)
    #expect(BlockBootstrap(sums: [], tokens: []).interval == nil)
    let equal = BlockBootstrap(sums: [2, 4, 6], tokens: [1, 2, 3]).interval
    #expect(equal?.low == 2 && equal?.high == 2)
  }
}
