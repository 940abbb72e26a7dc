import Basics
import Codecs
import Foundation

extension LMEvalResults {
  /// Members of a task that are no metric.
  private static let others: Set<String> = ["alias", "name", "sample_len", "sample_count"]

  /// Reads a `results_….json` of lm-eval, or tenbin's.
  ///
  /// - Throws: an error that names the task and the score that is no number.
  public init(contentsOf url: URL) throws(InputError) {
    let hint = "give a results_….json of lm-eval, or one in its layout"
    let asked = "read the results \(url.path)"
    func bad(_ found: String) -> InputError {
      InputError(.badData, asked: asked, found: found, hint: hint)
    }
    let file = try JSONValue(
      text: InputFile.data(url, asked: asked, missing: "check the path"), name: url.path, hint: hint
    )
    guard let results = file["results"] else { throw bad("no results in \(file.words)") }
    guard let named = results.members, !named.isEmpty else {
      throw bad("results is \(results.words)")
    }
    let base = file["tenbin"]?["base"]
    var tasks: [Task] = []
    for member in named {
      let name = member.key
      guard let entries = member.value.members else {
        throw bad("\(name) of results is \(member.value.words)")
      }
      var scores: [Score] = []
      for entry in entries where !Self.isOther(entry) {
        let (metric, filter) = Self.parts(entry.key)
        guard let value = Self.value(entry.value) else {
          throw bad("\(entry.key) of \(name) is \(entry.value.words), where a number is needed")
        }
        var score = Score(
          metric: metric, filter: filter, value: value, stderr: nil,
          higherIsBetter: file["higher_is_better"]?[name]?[metric]?.bool)
        score.stderr = member.value[score.errorKey]?.number
        score.base = try base.flatMap { (base) throws(InputError) in
          try Self.beside(score, base, task: name) { bad($0) }
        }
        scores.append(score)
      }
      let counts = file["n-samples"]?[name]
      let effective = counts?["effective"]?.integer ?? member.value["sample_len"]?.integer
      let version = file["versions"]?[name].flatMap { $0.string == "N/A" ? nil : $0 }
      tasks.append(
        Task(
          name: name, shots: file["n-shot"]?[name]?.integer, items: effective,
          allItems: counts?["original"]?.integer,
          version: version?.string ?? version.flatMap { $0.isNull ? nil : $0.description } ?? "",
          scores: scores))
    }
    guard tasks.contains(where: { !$0.scores.isEmpty }) else { throw bad("no scores in results") }
    let model =
      file["model_name"]?.string ?? file["config"]?["model_args"]?.string
      ?? file["config"]?["model"]?.string
    self.init(model: model ?? "", tasks: tasks, run: try Self.run(file["tenbin"]) { bad($0) })
  }

  /// Whether a member of a task is no score: its name, an error, or the blank that groups without a
  /// score of their own have.
  private static func isOther(_ entry: JSONMember) -> Bool {
    let metric = parts(entry.key).metric
    return others.contains(entry.key) || metric.hasSuffix("_stderr")
      || metric.allSatisfy(\.isWhitespace)
  }

  private static func parts(_ key: String) -> (metric: String, filter: String) {
    let parts = key.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
  }

  /// A score; NaN of N/A, nil of what is none.
  private static func value(_ value: JSONValue) -> Double? {
    value.string == "N/A" ? .nan : value.number
  }

  private static func beside(
    _ score: Score, _ base: JSONValue, task: String, bad: (String) -> InputError
  ) throws(InputError) -> Beside? {
    guard let found = base["results"]?[task]?[score.key] else { return nil }
    let difference = base["differences"]?[task]
    guard let value = value(found), let delta = difference?[score.key].flatMap(Self.value),
      let verdict = (base["verdicts"]?[task]?[score.key]?.string).flatMap(
        ChoiceComparison.Verdict.init)
    else {
      throw bad("the base's \(score.key) of \(task) without a number, difference and verdict")
    }
    return Beside(
      value: value, stderr: base["results"]?[task]?[score.errorKey]?.number, difference: delta,
      differenceStderr: difference?[score.errorKey]?.number, verdict: verdict)
  }

  private static func run(
    _ value: JSONValue?, bad: (String) -> InputError
  ) throws(InputError) -> Run? {
    guard let value else { return nil }
    func text(_ key: String) throws(InputError) -> String {
      guard let text = value[key]?.string else {
        throw bad("\(key) of tenbin is \(value[key]?.words ?? "missing")")
      }
      return text
    }
    return Run(
      toolVersion: try text("version"), modelHash: try text("model_hash"),
      baseHash: value["base"]?["model_hash"]?.string,
      prompt: try text("prompt"), answers: try text("answers"))
  }
}
