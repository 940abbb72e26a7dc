import Compute
import Foundation

extension AnswerKey {
  /// The answers of a model whose scored tokens have `nll`, `counts[w]` of them in window w.
  func answers(_ nll: [Double], counts: [Int]) -> ChoiceAnswers {
    var start = 0
    let sums = counts.map { count in
      defer { start += count }
      return -nll[start..<start + count].reduce(0, +)
    }
    return ChoiceAnswers(
      choices: choices, gold: gold,
      logLikelihoods: gold.indices.map {
        Array(sums[$0 * choices.count..<($0 + 1) * choices.count])
      })
  }

  /// The scores of a model against its base as if each question were a token, and the choices the
  /// vocabulary: how likely the right one is among them, and how far the two models' shares of the choices
  /// are apart.
  func evaluation(_ scores: TokenScores, of domain: HeldoutDomain) -> Evaluation {
    let counts = domain.scoredOfWindow
    let (model, base) = (
      answers(scores.nll, counts: counts), answers(scores.baseNLL, counts: counts)
    )
    let questions = gold.indices.map { question in
      let (mine, theirs) = (model.logits(of: question), base.logits(of: question))
      let differences = zip(base.logLikelihoods[question], model.logLikelihoods[question])
      return TokenStatistics(
        base: theirs, trial: mine,
        meanDifference: differences.reduce(0) { sum, pair in
          sum + exp(pair.0 - theirs.logSumExp) * (pair.0 - pair.1)
        })
    }
    var evaluation = Evaluation(
      domain: domain.name, statistics: questions, counts: gold.map { _ in 1 }, characters: 0)
    // No text is scored.
    evaluation.bitsPerCharacter = .nan
    let share = ChoiceAnswers.share(model.right)
    (evaluation.accuracy, evaluation.accuracyStderr) = (share.value, share.stderr)
    return evaluation
  }
}

extension ChoiceAnswers {
  /// A question as a token, its choices being the vocabulary and the right one what follows.
  fileprivate func logits(of question: Int) -> TokenStatistics.Logits {
    let row = logLikelihoods[question]
    let largest = row.max() ?? 0
    return .init(
      logSumExp: largest + log(row.reduce(0) { $0 + exp($1 - largest) }), largest: largest,
      target: row[gold[question]], top: Int32(picks[question]))
  }
}
