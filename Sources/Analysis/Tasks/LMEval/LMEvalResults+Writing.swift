import Basics
import Codecs
import Foundation

extension LMEvalResults {
  /// The file's text: lm-eval 0.4's layout, and `tenbin` with what that has no place for.
  ///
  /// - Parameter date: when the run was, seconds since 1970.
  public func text(date: Double) -> String { JSONText.pretty(json(date: date)) + "\n" }

  private func json(date: Double) -> JSONValue {
    func each(_ value: (Task) -> JSONValue) -> JSONValue {
      .object(tasks.map { JSONMember(key: $0.name, value: value($0)) })
    }
    var members: [JSONMember] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    // First, so that a glance tells whose file it is.
    add("model_source", .string("tenbin"))
    add(
      "results",
      each { task in
        .object(
          [JSONMember(key: "alias", value: .string(task.name))]
            + task.scores.flatMap { Self.members($0, $0.value, $0.stderr) })
      })
    add("group_subtasks", each { _ in .array([]) })
    add(
      "configs",
      each { task in
        [
          "task": .string(task.name), "num_fewshot": Self.number(task.shots),
          "metric_list": .array(
            task.scores.map { score in
              [
                "metric": .string(score.metric),
                "higher_is_better": score.higherIsBetter.map { .bool($0) } ?? .null,
              ]
            }),
        ]
      })
    add(
      "versions",
      each { task in
        Int(task.version).map { .integer($0) }
          ?? .string(task.version.isEmpty ? "N/A" : task.version)
      })
    add("n-shot", each { Self.number($0.shots) })
    add(
      "higher_is_better",
      each { task in
        .object(
          task.scores.map {
            JSONMember(key: $0.metric, value: $0.higherIsBetter.map { .bool($0) } ?? .null)
          })
      })
    add(
      "n-samples",
      each { task in
        ["original": Self.number(task.allItems), "effective": Self.number(task.items)]
      })
    add("config", ["model": .string("tenbin"), "model_args": .string("pretrained=\(model)")])
    add("date", .number(date))
    add("model_name", .string(model))
    add("model_name_sanitized", .string(model.replacing("/", with: "__")))
    if let run { add("tenbin", json(run)) }
    return .object(members)
  }

  /// What lm-eval has no place for.
  private func json(_ run: Run) -> JSONValue {
    var members = [
      JSONMember(key: "version", value: .string(run.toolVersion)),
      JSONMember(key: "model_hash", value: .string(run.modelHash)),
      JSONMember(key: "prompt", value: .string(run.prompt)),
      JSONMember(key: "answers", value: .string(run.answers)),
    ]
    if let hash = run.baseHash {
      func each(_ value: (Score, Beside) -> [JSONMember]) -> JSONValue {
        .object(
          tasks.map { task in
            JSONMember(
              key: task.name,
              value: .object(
                task.scores.flatMap { score in score.base.map { value(score, $0) } ?? [] }))
          })
      }
      members.append(
        JSONMember(
          key: "base",
          value: [
            "model_hash": .string(hash),
            "results": each { Self.members($0, $1.value, $1.stderr) },
            "differences": each { score, base in
              Self.members(score, base.difference, base.differenceStderr)
            },
            "verdicts": each { score, base in
              [JSONMember(key: score.key, value: .string(base.verdict.rawValue))]
            },
          ]))
    }
    return .object(members)
  }

  /// A score and its error under lm-eval's names.
  private static func members(_ score: Score, _ value: Double, _ stderr: Double?) -> [JSONMember] {
    func number(_ value: Double) -> JSONValue { value.isFinite ? .number(value) : .string("N/A") }
    return [
      JSONMember(key: score.key, value: number(value)),
      JSONMember(key: score.errorKey, value: stderr.map(number) ?? .string("N/A")),
    ]
  }

  private static func number(_ value: Int?) -> JSONValue { value.map { .integer($0) } ?? .null }
}

extension LMEvalResults.Score {
  /// The score's name in `results`: `acc,none`.
  public var key: String { filter.isEmpty ? metric : "\(metric),\(filter)" }
  /// The name of its error there: `acc_stderr,none`.
  var errorKey: String {
    filter.isEmpty ? "\(metric)_stderr" : "\(metric)_stderr,\(filter)"
  }
}
