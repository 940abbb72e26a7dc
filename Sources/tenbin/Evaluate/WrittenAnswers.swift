import Analysis
import Codecs
import Report

/// The answers that a model, and its base, have written to one task.
struct WrittenAnswers {
  let questions: OpenQuestions
  let model: GeneratedAnswers
  let base: GeneratedAnswers?
}

extension [WrittenAnswers] {
  /// A JSON object a question, a line each.
  var lines: String {
    flatMap { task in task.model.answers.indices.map { JSONText.line(task.object($0)) + "\n" } }
      .joined()
  }
}

extension WrittenAnswers {
  /// All that is known of one question.
  fileprivate func object(_ item: Int) -> JSONValue {
    let sample = questions.task.samples[item]
    var members: [(String, JSONValue)] = [
      ("task", .string(model.task)), ("item", .integer(item)),
      ("shots", .integer(questions.shots)), ("input", .string(sample.input)),
      ("prompt", .string(questions.prompts[item])), ("gold", .string(model.golds[item])),
    ]
    func add(_ answers: GeneratedAnswers, _ prefix: String) {
      members += [
        (prefix + "output", .string(answers.texts[item])),
        (prefix + "answer", .string(answers.answers[item])),
        (
          prefix + "output_ids",
          .array(answers.continuations[item].tokens.map { .integer(Int($0)) })
        ),
        (prefix + "end", .string(answers.continuations[item].end.rawValue)),
      ]
      for (metric, _) in answers.scores {
        guard let score = metric.score(answers.answers[item], gold: answers.golds[item]) else {
          continue
        }
        members.append((prefix + metric.rawValue, .number(score)))
      }
    }
    add(model, "")
    if let base { add(base, "base_") }
    return .object(members.map { JSONMember(key: $0.0, value: $0.1) })
  }
}

extension Table {
  /// A row a task and metric.
  init(generated tasks: [WrittenAnswers]) {
    var names = ["task", "items", "shots", "metric", "score", "format_rate"]
    if tasks.contains(where: { $0.base != nil }) {
      names += [
        "base_score", "base_format_rate", "score_delta", "score_delta_low", "score_delta_high",
        "items_better", "items_worse", "sign_test_p", "verdict",
      ]
    }
    self.init(
      columns: names.map { .init($0) },
      rows: tasks.flatMap { task -> [[Cell]] in
        let answers = task.model
        let own: [Cell] = [
          .text(answers.task), .integer(answers.answers.count), .integer(task.questions.shots),
        ]
        guard !answers.scores.isEmpty else {
          // No metric of the file is computed here.
          return [own + [.missing, .missing, .score(answers.formatRate)]]
        }
        return answers.scores.enumerated().map { place, scored -> [Cell] in
          let row =
            own + [.text(scored.metric.rawValue), .score(scored.score), .score(answers.formatRate)]
          guard let base = task.base,
            let comparison = answers.comparison(with: base, by: scored.metric)
          else { return row }
          return row + [
            .score(base.scores[place].score), .score(base.formatRate),
            .known(comparison.difference, stderr: comparison.stderr),
            comparison.interval.map { .number($0.lowerBound) } ?? .missing,
            comparison.interval.map { .number($0.upperBound) } ?? .missing,
            comparison.better.map { .integer($0) } ?? .missing,
            comparison.worse.map { .integer($0) } ?? .missing,
            comparison.signTestP.map { .number($0) } ?? .missing,
            comparison.difference.isNaN ? .missing : .text(comparison.verdict.rawValue),
          ]
        }
      })
  }

  /// A row a question.
  init(generatedItems tasks: [WrittenAnswers]) {
    self.init(
      columns: [
        "task", "item", "gold", "answer", "score", "end", "base_answer", "base_score", "flip",
        "output", "input",
      ].map { .init($0) },
      rows: tasks.flatMap { task -> [[Cell]] in
        let (answers, scores) = (task.model, task.model.itemScores)
        let baseScores = task.base?.itemScores
        let flips = task.base.map { answers.flips(from: $0) }
        return answers.answers.indices.map { item -> [Cell] in
          [
            .text(answers.task), .integer(item), .text(answers.golds[item]),
            .text(answers.answers[item]), scores.map { .number($0[item]) } ?? .missing,
            .text(answers.continuations[item].end.rawValue),
            task.base.map { .text($0.answers[item]) } ?? .missing,
            baseScores.map { .number($0[item]) } ?? .missing,
            flips?[item].map { .text($0.rawValue) } ?? .missing, .text(answers.texts[item]),
            .text(task.questions.task.samples[item].input),
          ]
        }
      })
  }
}

extension Table.Cell {
  /// A score with its error; missing where there is none.
  fileprivate static func score(_ score: TaskScore?) -> Table.Cell {
    score.map { known($0.value, stderr: $0.stderr) } ?? .missing
  }

  /// An estimate; missing where it is NaN.
  fileprivate static func known(_ value: Double, stderr: Double) -> Table.Cell {
    value.isNaN ? .missing : .estimate(value, stderr: stderr)
  }
}
