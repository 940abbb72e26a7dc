/// Scores of tasks as lm-eval (lm-evaluation-harness) keeps them in its `results_….json`: those that it
/// wrote, or tenbin's in its layout.
public struct LMEvalResults: Sendable, Equatable {
  /// One score of a task.
  public struct Score: Sendable, Equatable {
    /// The metric, such as acc or exact_match.
    public var metric: String
    /// What was made of the answers before they were scored; `none` of nothing, empty in files of
    /// lm-eval before 0.4.
    public var filter: String
    /// The score; NaN where the file says N/A.
    public var value: Double
    /// Its standard error; nil where the file has none or says N/A.
    public var stderr: Double?
    /// Whether more is better; nil where the file does not say.
    public var higherIsBetter: Bool?
    /// The base's answers to the same questions; nil of other tools' files.
    public var base: Beside?

    /// A score.
    public init(
      metric: String, filter: String = "none", value: Double, stderr: Double?,
      higherIsBetter: Bool? = true, base: Beside? = nil
    ) {
      (self.metric, self.filter, self.value) = (metric, filter, value)
      self.stderr = stderr.flatMap { $0.isFinite ? $0 : nil }
      (self.higherIsBetter, self.base) = (higherIsBetter, base)
    }
  }

  /// The base's score beside a model's, question by question.
  public struct Beside: Sendable, Equatable {
    /// The base's score; NaN where there is none.
    public var value: Double
    /// Its standard error; nil where it is not known.
    public var stderr: Double?
    /// The model's score less the base's.
    public var difference: Double
    /// The standard error of the paired difference; nil where it is not known.
    public var differenceStderr: Double?
    /// What the difference comes to.
    public var verdict: ChoiceComparison.Verdict

    /// A base's score and what the difference comes to.
    public init(
      value: Double, stderr: Double?, difference: Double, differenceStderr: Double?,
      verdict: ChoiceComparison.Verdict
    ) {
      (self.value, self.difference, self.verdict) = (value, difference, verdict)
      self.stderr = stderr.flatMap { $0.isFinite ? $0 : nil }
      self.differenceStderr = differenceStderr.flatMap { $0.isFinite ? $0 : nil }
    }
  }

  /// The scores of one task.
  public struct Task: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// Solved examples in each prompt; nil where the file does not say.
    public var shots: Int?
    /// Questions that were asked; nil where the file does not say.
    public var items: Int?
    /// Questions that it has; nil likewise.
    public var allItems: Int?
    /// Its version, as the file has it; empty where it has none.
    public var version: String
    /// Its scores.
    public var scores: [Score]

    /// A task's scores.
    public init(
      name: String, shots: Int?, items: Int?, allItems: Int? = nil, version: String = "",
      scores: [Score]
    ) {
      (self.name, self.shots, self.items) = (name, shots, items)
      (self.allItems, self.version, self.scores) = (allItems ?? items, version, scores)
    }
  }

  /// What tenbin says of a run of its own: which files were scored, and how.
  public struct Run: Sendable, Equatable {
    /// tenbin's version.
    public var toolVersion: String
    /// SHA-256 over the files that the scores depend on: which model it was.
    public var modelHash: String
    /// The same of the base; nil: none was asked.
    public var baseHash: String?
    /// The prompts, in words.
    public var prompt: String
    /// What was made of the answers, and how they were had, in words.
    public var answers: String

    /// A run of tenbin `toolVersion`.
    public init(
      toolVersion: String, modelHash: String, baseHash: String? = nil, prompt: String,
      answers: String
    ) {
      (self.toolVersion, self.modelHash, self.baseHash) = (toolVersion, modelHash, baseHash)
      (self.prompt, self.answers) = (prompt, answers)
    }
  }

  /// The model's name; empty where the file does not say.
  public var model: String
  /// The tasks, in the file's order.
  public var tasks: [Task]
  /// tenbin's run; nil of other tools' files.
  public var run: Run?

  /// Scores of `model`.
  public init(model: String, tasks: [Task], run: Run?) {
    (self.model, self.tasks, self.run) = (model, tasks, run)
  }
}
