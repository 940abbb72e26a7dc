import Analysis
import Calib
import Compute
import Foundation
import Model
import TestSupport
import Testing
import Tokenizers

@Suite("Perplexity of the demo model against transformers in float32")
struct DemoPerplexityTests {
  struct Golden: Decodable {
    struct Domain: Decodable {
      var windows: Int
      var tokens_scored: Int
      var perplexity: Double
    }
    var context: Int
    var domains: [String: Domain]
  }

  /// Float32 sums in another order; measured near 1e-6.
  static let tolerance = 1e-4

  @Test("the bundled held-out texts", arguments: ["heldout-wiki", "heldout-instruct"])
  func bundled(name: String) throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
      .appendingPathComponent("demo-perplexity.json")
    let golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
    let expected = try #require(golden.domains[name])
    let (evaluation, windows) = try evaluate(
      Repository.corpus.appendingPathComponent("\(name).jsonl"), context: golden.context)
    #expect(windows == expected.windows)
    #expect(evaluation.tokensScored == expected.tokens_scored)
    #expect(abs(evaluation.perplexity / expected.perplexity - 1) < Self.tolerance)
  }

  @Test(
    "real held-out text: 44.654 on 32 windows of 512 tokens",
    .enabled(if: Repository.hasSharedData))
  func realText() throws {
    let (evaluation, windows) = try evaluate(
      Repository.sharedData.appendingPathComponent("heldout-wiki.jsonl"), context: 512,
      maxTokens: 32 * 512)
    #expect(windows == 32)
    #expect(abs(evaluation.perplexity / 44.654 - 1) < Self.tolerance)
  }

  private func evaluate(
    _ url: URL, context: Int, maxTokens: Int? = nil
  ) throws -> (Evaluation, windows: Int) {
    let text = try EvaluationText(
      from: url, tokenizer: Tokenizer(directory: Repository.demoModel), context: context,
      maxTokens: maxTokens)
    let domain = HeldoutDomain(
      name: text.domain, windows: text.windows, characters: text.characters.reduce(0, +))
    let decoder = try Decoder.open(Repository.demoModel, engine: CPUEngine()) { _ in }
    return (try Scoring(decoder).evaluate([domain])[0], text.windows.count)
  }
}
