/// The questions that a domain's windows ask: each once with each choice behind it, question after
/// question.
public struct AnswerKey: Sendable, Equatable {
  /// The answers to choose from.
  public let choices: [String]
  /// The right one of each question, by its place among the choices.
  public let gold: [Int]
}
