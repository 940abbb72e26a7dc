import Basics
import Model
import Tokenizers

/// A task's questions as prompts behind which a model writes the answer itself.
public struct OpenQuestions: Sendable {
  /// The task, with the questions that are asked.
  public let task: EvaluationTask
  /// Solved examples in front of each question.
  public let shots: Int
  /// What is made of a generated text before it is scored.
  public let convention: AnswerConvention
  /// The metrics of the file that are computed here, in its order.
  public let metrics: [TaskMetric]
  /// Those of its metrics that are not.
  public let otherMetrics: [String]
  /// The prompts, question after question.
  public let prompts: [String]
  /// The same in tokens.
  public let windows: [[Int32]]

  /// Asks the first `limit` questions of `task` behind `shots` examples: with llm-jp-eval's prompt, or,
  /// of a model that chats, with Nejumi's messages through `template`.
  public init(
    _ task: EvaluationTask, shots: Int, limit: Int? = nil, template: ChatTemplate? = nil,
    tokenizer: Tokenizer
  ) throws(InputError) {
    let task = try task.asking(limit, shots: shots)
    guard task.outputLength <= Self.mostTokens else {
      throw InputError(
        .badData, asked: "write the answers of \(task.name)",
        found: "output_length \(task.outputLength), where up to \(Self.mostTokens) tokens are one"
          + " answer",
        hint: "give the most tokens of an answer as output_length of the file")
    }
    self.task = task
    self.shots = shots
    convention = template == nil ? .llmJpEval : .nejumi
    metrics = task.metrics.compactMap(TaskMetric.init(rawValue:))
    if let metric = metrics.first(where: { !$0.isPerItem }) {
      try Self.checkNumbers(of: task, for: metric, convention)
    }
    otherMetrics = task.metrics.filter { TaskMetric(rawValue: $0) == nil }
    prompts = try task.samples.map { sample throws(InputError) in
      guard let template else { return task.prompt(sample.input, shots: shots) }
      return try template.render(
        task.messages(sample.input, shots: shots), addGenerationPrompt: true)
    }
    // A template writes the special tokens itself.
    windows = prompts.map { tokenizer.encode($0, addSpecialTokens: template == nil) }
    guard let empty = windows.firstIndex(where: \.isEmpty) else { return }
    throw InputError(
      .badData, asked: "ask question \(empty) of \(task.name)", found: "a prompt without a token",
      hint: "check the chat template and the tokenizer of the model")
  }

  /// Refuses to correlate answers with what is no number, before any is written.
  private static func checkNumbers(
    of task: EvaluationTask, for metric: TaskMetric, _ convention: AnswerConvention
  ) throws(InputError) {
    for (place, sample) in task.samples.enumerated() {
      let number = PythonText.float(convention.gold(sample.output))
      guard number?.isFinite != true else { continue }
      throw InputError(
        .badData, asked: "score the task \(task.name) by \(metric.rawValue)",
        found: "the output of samples[\(place)] is \(sample.output), which is no finite number",
        hint: "give numbers as outputs, or leave \(metric.rawValue) out of the file's metrics")
    }
  }

  /// The most tokens of an answer that may be asked for.
  private static let mostTokens = 1 << 20

  /// The tokens of the longest prompt with its answer.
  public var longest: Int { windows.longest + task.outputLength }

  /// Whether nothing that comes after `text` would change the answer in it.
  package func isEnough(_ text: String) -> Bool {
    // Nejumi takes words and white space off the beginning first.
    convention == .llmJpEval && text.utf8.count > PythonText.firstBlock(text).utf8.count
  }

  /// What `decoding` makes of the questions; `progress` gets the number of questions that are done.
  public func answers(
    _ decoding: GreedyDecoding, tokenizer: Tokenizer, progress: (Int) -> Void = { _ in }
  ) throws(InputError) -> GeneratedAnswers {
    let continuations = try decoding.continuations(
      of: windows, newTokens: task.outputLength,
      isEnough: { _, tokens in isEnough(tokenizer.decode(tokens)) }, progress: progress)
    return GeneratedAnswers(
      self, texts: continuations.map { tokenizer.decode($0.tokens) }, continuations: continuations)
  }
}
