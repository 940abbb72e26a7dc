import Basics
import Codecs

/// JSQuAD's file, which has SQuAD's layout: `data`, each with `paragraphs` of a `context` and `qas`, each
/// of a `question` and `answers`, of which llm-jp-eval takes the first for the right one.
enum JSQuAD {
  /// The task of the file `path` that holds `file`.
  static func task(
    named name: String, _ file: JSONValue, path: String
  ) throws(InputError) -> EvaluationTask {
    func bad(_ found: String) -> InputError {
      InputError(.badData, asked: "read the task \(path)", found: found, hint: JGLUE.hint)
    }
    func list(_ key: String, _ value: JSONValue, _ place: String) throws(InputError) -> [JSONValue]
    {
      guard let found = value[key] else { throw bad("no \(key) in \(place), \(value.words)") }
      guard let list = found.array else { throw bad("\(key) of \(place) is \(found.words)") }
      return list
    }
    func text(_ key: String, _ value: JSONValue, _ place: String) throws(InputError) -> String {
      guard let found = value[key] else { throw bad("no \(key) in \(place), \(value.words)") }
      guard let text = found.string else {
        throw bad("\(key) of \(place) is \(found.words), where a text is needed")
      }
      return text
    }
    var samples: [EvaluationTask.Sample] = []
    for (i, article) in try list("data", file, "the file").enumerated() {
      for (j, paragraph) in try list("paragraphs", article, "data[\(i)]").enumerated() {
        let place = "data[\(i)].paragraphs[\(j)]"
        let context = try text("context", paragraph, place)
        for (k, entry) in try list("qas", paragraph, place).enumerated() {
          let place = "\(place).qas[\(k)]"
          let question = try text("question", entry, place)
          guard let answer = try list("answers", entry, place).first else {
            throw bad("answers of \(place) is an empty list: a question without a right answer")
          }
          samples.append(
            .init(
              input: "文章：\(context)\n質問：\(question)",
              output: try text("text", answer, "\(place).answers[0]")))
        }
      }
    }
    guard !samples.isEmpty else { throw bad("no questions") }
    return JGLUE.Dataset.reading.task(named: name, samples)
  }
}
