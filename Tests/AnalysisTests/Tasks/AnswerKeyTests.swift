import Analysis
import Compute
import Foundation
import TestSupport
import Testing
import Tokenizers

@Suite("Questions as a sweep scores them")
struct AnswerKeyTests {
  /// Four questions with three choices: two tokens are scored of each.
  private func questions() throws -> ChoiceQuestions {
    let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
    return try ChoiceQuestions(
      EvaluationTask(contentsOf: fixtures.appendingPathComponent("tasks/colours.json")), shots: 0,
      tokenizer: Tokenizer(directory: Repository.demoModel))
  }

  @Test("a question is a token whose vocabulary are the choices")
  func evaluation() throws {
    let questions = try questions()
    let counts = questions.domain.scoredOfWindow
    // Window w has −w/10 nats of the base and, of the model, more by 0.3 for every fifth window.
    let totals = counts.indices.map { window -> (base: Double, model: Double) in
      let base = Double(window % 7) / 10
      return (base, base + (window % 5 == 0 ? 0.3 : 0))
    }
    let tokens = zip(counts, totals).flatMap { count, total in
      (0..<count).map { _ in
        func logits(_ nll: Double) -> TokenStatistics.Logits {
          .init(logSumExp: 0, largest: -nll, target: -nll / Double(count), top: 0)
        }
        return TokenStatistics(
          base: logits(total.base), trial: logits(total.model), meanDifference: 0)
      }
    }
    let scores = DomainScores(domain: questions.domain, scores: TokenScores(tokens))
    let width = questions.choices.count
    let answers = questions.answers(scores)
    func shares(_ values: [Double]) -> [Double] {
      let weights = values.map { exp(-$0) }
      return weights.map { $0 / weights.reduce(0, +) }
    }
    var (nll, kld, same) = ([Double](), [Double](), 0)
    for (question, gold) in answers.gold.enumerated() {
      let windows = question * width..<(question + 1) * width
      let (p, q) = (
        shares(totals[windows].map(\.base)), shares(totals[windows].map(\.model))
      )
      nll.append(-log(q[gold]))
      kld.append(zip(p, q).reduce(0) { $0 + $1.0 * log($1.0 / $1.1) })
      if p.firstIndex(of: p.max() ?? 0) == q.firstIndex(of: q.max() ?? 0) { same += 1 }
    }
    let found = scores.evaluation
    let count = Double(answers.gold.count)
    #expect(found.tokensScored == answers.gold.count)
    #expect(abs(found.nllPerToken - nll.reduce(0, +) / count) < 1e-12)
    #expect(abs(found.perplexity - exp(found.nllPerToken)) < 1e-12)
    #expect(abs(found.kldMean - kld.reduce(0, +) / count) < 1e-12 && found.kldMean > 0)
    #expect(found.sameTopP == Double(same) / count)
    #expect(found.accuracy == answers.right.reduce(0, +) / count)
    #expect(found.accuracyStderr.map { $0 > 0 } == true)
    #expect(found.bitsPerCharacter.isNaN)
    #expect(found.windows?.tokens == answers.gold.map { _ in 1 })
    #expect(zip(found.windows?.kld ?? [], kld).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(zip(answers.goldNLL, nll).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(DivergenceSummary(scores.scores, of: questions.domain) == nil)
  }
}
