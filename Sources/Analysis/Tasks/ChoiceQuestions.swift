import Basics
import Calib
import Tokenizers

/// A task whose answers are a closed set, as windows for a model: each question once with each answer
/// behind it, of which the answer's tokens are scored.
public struct ChoiceQuestions: Sendable {
  /// The task, with the questions that are asked.
  public let task: EvaluationTask
  /// Solved examples in front of each question.
  public let shots: Int
  /// All answers that the file has, sorted.
  public let choices: [String]
  /// The windows: question after question, choice after choice.
  public let domain: HeldoutDomain
  private let key: AnswerKey

  /// Asks the first `limit` questions of `task` behind `shots` examples.
  public init(
    _ task: EvaluationTask, shots: Int, limit: Int? = nil, tokenizer: Tokenizer
  ) throws(InputError) {
    let asked = try task.asking(limit, shots: shots)
    choices = task.outputs
    guard task.isChoice else {
      throw InputError(
        .badData, asked: "choose among the answers of \(task.name)",
        found: "\(choices.count) different outputs in \(task.samples.count) samples, where 2 to"
          + " \(EvaluationTask.choiceCounts.upperBound) are a choice",
        hint: "give a task whose outputs are labels, such as jcommonsenseqa or jnli, or have its"
          + " answers written: tenbin evaluate tasks --answers generated")
    }
    self.task = asked
    self.shots = shots
    var windows: [ScoredWindow] = []
    for sample in asked.samples {
      let prompt = asked.prompt(sample.input, shots: shots)
      let before = tokenizer.encode(prompt)
      for choice in choices {
        let tokens = tokenizer.encode(prompt + choice)
        // The answer's first token may take the prompt's last scalars in: then it is scored whole.
        let shared = zip(before, tokens).prefix { $0 == $1 }.count
        windows.append(ScoredWindow(tokens: tokens, first: max(1, min(shared, tokens.count - 1))))
      }
    }
    let places = Dictionary(uniqueKeysWithValues: choices.enumerated().map { ($1, $0) })
    key = AnswerKey(choices: choices, gold: asked.samples.map { places[$0.output] ?? 0 })
    domain = HeldoutDomain(
      name: task.name, windows: windows, characters: 0, bytes: 0, documents: [], answers: key)
  }

  /// The answers of the model that scored `domain`.
  public func answers(_ scores: DomainScores) -> ChoiceAnswers {
    key.answers(scores.scores.nll, counts: domain.scoredOfWindow)
  }
}
