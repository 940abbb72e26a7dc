import Analysis
import Basics
import Codecs
import Results

/// What a sweep ranks its trials by: `<domain>.<metric>`, `heldout` being the first domain.
public struct SweepMetric: Sendable {
  /// The domain's name; nil: the first.
  public var domain: String?
  /// The number.
  public var metric: EvaluationMetric
  /// The value at which `method: bayes` stops; nil: never before `run_cap`.
  public var target: Double?

  /// The metric's name without its domain.
  public var name: String { metric.name }

  /// Perplexity on the first domain.
  init() {
    metric = EvaluationMetric.all[0]
  }

  /// The metric's name under its domain, the first of `domains` where none is named.
  public func fullName(_ domains: [String]) -> String {
    "\(domain ?? domains.first ?? "heldout").\(metric.name)"
  }

  /// What a complete trial scored; nil where it has no such score.
  public func value(of trial: TrialResult) -> Double? {
    guard trial.state == .complete else { return nil }
    let evaluation = domain.map { trial.evaluation(on: $0) } ?? trial.evaluations.first
    return evaluation.map(metric.value).flatMap { $0.isNaN ? nil : $0 }
  }

  /// What a trial scored, lower is better; infinite where it has no such score.
  public func loss(of trial: TrialResult) -> Double {
    guard let value = value(of: trial) else { return .infinity }
    return metric.isMaximized ? -value : value
  }

  /// Whether a loss is as good as the target.
  func isReached(by loss: Double) -> Bool {
    guard let target else { return false }
    return loss <= (metric.isMaximized ? -target : target)
  }

  /// Reads `metric` of a sweep file whose held-out domains are `domains`, and whose questions are `tasks`;
  /// without one, perplexity on the first.
  init(
    _ node: JSONValue?, domains: [String], tasks: [String] = [], _ reader: SweepReader
  ) throws(InputError) {
    let domains = domains + tasks
    self.init()
    guard let node else { return }
    guard case .object(let members) = node else {
      throw reader.wrong("metric", node.words, "{name: heldout.perplexity, goal: minimize}")
    }
    try reader.check(
      members.keys,
      among: ["name", "goal", "target", "impute", "impute_while_running"],
      place: "metric of \(reader.name)")
    guard let nameNode = members["name"] else {
      throw reader.wrong("metric", "\(node)", "{name: heldout.perplexity, goal: minimize}")
    }
    let text = try reader.string(nameNode, "metric.name")
    // A file's stem may hold dots: the metric is what follows the last one.
    let last = text.split(separator: ".", omittingEmptySubsequences: false).last.map(String.init)
    let names = EvaluationMetric.all.map(\.name)
    try reader.check([last ?? ""], among: names, place: "metric.name of \(reader.name)")
    metric = EvaluationMetric.all.first { $0.name == last } ?? metric
    let place = String(text.dropLast((last ?? "").count + 1))
    if !place.isEmpty, place != "heldout" {
      guard domains.contains(place) else {
        throw reader.wrong(
          "metric.name", text,
          "a domain (\((["heldout"] + domains).joined(separator: ", "))) and a"
            + " metric (\(names.joined(separator: ", ")))")
      }
      domain = place
    }
    let asksQuestions = tasks.contains(domain ?? "")
    guard asksQuestions ? !metric.isOfText : !metric.isOfQuestions else {
      throw reader.wrong(
        "metric.name", text,
        asksQuestions
          ? "of questions \(names.filter { $0 != metric.name }.joined(separator: ", "))"
          : tasks.isEmpty
            ? "of a text \(names.filter { $0 != metric.name }.joined(separator: ", ")), or questions to"
              + " be right about: name their files under tasks"
            : tasks.map { "\($0).\(metric.name)" }.joined(separator: " or "))
    }
    let goal = metric.isMaximized ? "maximize" : "minimize"
    if let asked = members["goal"], asked != .string(goal) {
      throw reader.wrong("metric.goal", "\(asked)", "\(goal) for \(metric.name)")
    }
    if let value = members["target"] { target = try reader.number(value, "metric.target") }
  }
}
