import Basics
import Codecs
import Foundation

/// JGLUE's files as its authors publish them, made into tasks with llm-jp-eval's instructions, inputs,
/// lengths and metrics (the samples in the file's order, without few-shot examples).
enum JGLUE {
  /// What llm-jp-eval asks of a data set.
  struct Dataset: Equatable {
    let name: String
    let instruction: String
    let outputLength: Int
    let metrics: [TaskMetric]

    static let commonsenseQA = Dataset(
      name: "jcommonsenseqa",
      instruction: "質問と回答の選択肢を入力として受け取り、選択肢から回答を選択してください。"
        + "なお、回答は選択肢の番号（例：0）でするものとします。 "
        + "回答となる数値をint型で返し、他には何も含めないことを厳守してください。",
      outputLength: 1, metrics: [.exactMatch])

    static let inference = Dataset(
      name: "jnli",
      instruction: "前提と仮説の関係をentailment、contradiction、neutralの中から回答してください。"
        + "それ以外には何も含めないことを厳守してください。\n\n制約：\n"
        + "- 前提から仮説が、論理的知識や常識的知識を用いて導出可能である場合はentailmentと出力\n"
        + "- 前提と仮説が両立しえない場合はcontradictionと出力\n"
        + "- そのいずれでもない場合はneutralと出力",
      outputLength: 3, metrics: [.exactMatch])

    static let similarity = Dataset(
      name: "jsts",
      instruction: "日本語の文ペアの意味がどのくらい近いかを判定し、類似度を0.0〜5.0までの間の値で付与してください。"
        + "0.0に近いほど文ペアの意味が異なり、5.0に近いほど文ペアの意味が似ていることを表しています。"
        + "整数値のみを返し、それ以外には何も含めないことを厳守してください。",
      outputLength: 3, metrics: [.pearson, .spearman])

    static let reading = Dataset(
      name: "jsquad",
      instruction: "質問に対する回答を文章から一言で抽出してください。回答は名詞で答えてください。 "
        + "それ以外には何も含めないことを厳守してください。",
      outputLength: 25, metrics: [.charF1])

    /// The task of `samples`, called `name`.
    func task(named name: String, _ samples: [EvaluationTask.Sample]) -> EvaluationTask {
      EvaluationTask(
        name: name, dataset: self.name, instruction: instruction, outputLength: outputLength,
        metrics: metrics.map(\.rawValue), fewShots: [], samples: samples)
    }
  }

  /// What to do where a file is none of these.
  static let hint =
    "give JCommonsenseQA, JNLI, JSTS or JSQuAD as JGLUE publishes them, or a .json of llm-jp-eval"

  /// Whether `text` is JSON lines of JGLUE, whatever the file is called: its authors call them .json.
  static func isLines(_ text: String) -> Bool {
    guard let line = text.split(separator: "\n").first(where: { !$0.allSatisfy(\.isWhitespace) }),
      let row = try? JSONValue(parsing: Array(line.utf8))
    else { return false }
    return dataset(of: row) != nil
  }

  /// The task of the JSON lines `text` of the file `path`.
  static func task(
    named name: String, lines text: String, path: String
  ) throws(InputError) -> EvaluationTask {
    var samples: [EvaluationTask.Sample] = []
    var first: Dataset?
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      let row = try JSONValue(text: Data(line.utf8), name: "\(path):\(place + 1)", hint: hint)
      func bad(_ found: String) -> InputError {
        InputError(
          .badData, asked: "read the task \(path)", found: "line \(place + 1) \(found)", hint: hint)
      }
      guard let dataset = dataset(of: row) else { throw bad("is \(row.words)") }
      if let first, dataset != first {
        throw bad("is of \(dataset.name), in a file of \(first.name)")
      }
      first = dataset
      do {
        samples.append(try sample(row, dataset))
      } catch {
        throw bad(error.found)
      }
    }
    guard let first else {
      throw InputError(.badData, asked: "read the task \(path)", found: "no rows", hint: hint)
    }
    return first.task(named: name, samples)
  }

  /// The data set whose members the row has; nil: none's. JNLI's labels are texts, JSTS's numbers.
  private static func dataset(of row: JSONValue) -> Dataset? {
    if row["question"] != nil || row["choice0"] != nil { return .commonsenseQA }
    guard row["sentence1"] != nil || row["sentence2"] != nil else { return nil }
    return row["label"]?.string == nil ? .similarity : .inference
  }

  private struct Lack: Error {
    let found: String
  }

  private static func text(_ key: String, _ row: JSONValue) throws(Lack) -> String {
    guard let value = row[key] else { throw Lack(found: "has no \(key): \(row.words)") }
    guard let text = value.string else {
      throw Lack(found: "has \(key) \(value.words), where a text is needed")
    }
    return text
  }

  private static func sample(
    _ row: JSONValue, _ dataset: Dataset
  ) throws(Lack) -> EvaluationTask.Sample {
    func label(_ needed: String) -> Lack {
      Lack(
        found: row["label"].map { "has label \($0.words), where \(needed) is needed" }
          ?? "has no label: \(row.words)")
    }
    switch dataset {
    case .commonsenseQA:
      let question = try text("question", row)
      var choices: [String] = []
      for place in 0..<5 { choices.append("\(place).\(try text("choice\(place)", row))") }
      guard let answer = row["label"]?.integer, choices.indices.contains(answer) else {
        throw label("a number from 0 to 4")
      }
      return .init(
        input: "質問：\(question)\n選択肢：\(choices.joined(separator: ","))", output: "\(answer)")
    case .similarity:
      let (first, second) = (try text("sentence1", row), try text("sentence2", row))
      guard let value = row["label"]?.number, value.isFinite else { throw label("a number") }
      let output = row["label"]?.integer.map { "\($0)" } ?? "\(value)"
      return .init(input: "文1：\(first)\n文2：\(second)", output: output)
    default:
      let (premise, hypothesis) = (try text("sentence1", row), try text("sentence2", row))
      guard let answer = row["label"]?.string,
        ["entailment", "contradiction", "neutral"].contains(answer)
      else { throw label("entailment, contradiction or neutral") }
      return .init(input: "前提：\(premise)\n仮説：\(hypothesis)", output: answer)
    }
  }
}
