import Basics
import Codecs
import Foundation

/// JGLUE's files as its authors publish them, made into tasks with llm-jp-eval's instructions and inputs
/// (the samples in the file's order, without few-shot examples).
enum JGLUE {
  private static let commonsenseQA =
    "質問と回答の選択肢を入力として受け取り、選択肢から回答を選択してください。"
    + "なお、回答は選択肢の番号（例：0）でするものとします。 "
    + "回答となる数値をint型で返し、他には何も含めないことを厳守してください。"

  private static let inference =
    "前提と仮説の関係をentailment、contradiction、neutralの中から回答してください。"
    + "それ以外には何も含めないことを厳守してください。\n\n制約：\n"
    + "- 前提から仮説が、論理的知識や常識的知識を用いて導出可能である場合はentailmentと出力\n"
    + "- 前提と仮説が両立しえない場合はcontradictionと出力\n"
    + "- そのいずれでもない場合はneutralと出力"

  /// The task of the JSON lines in `url`: JCommonsenseQA has `question`, `choice0` to `choice4` and a
  /// number `label`, JNLI `sentence1`, `sentence2` and a text `label`.
  static func task(named name: String, contentsOf url: URL) throws(InputError) -> EvaluationTask {
    let hint = "give JCommonsenseQA or JNLI as JGLUE publishes them, or a .json of llm-jp-eval"
    let text = try InputFile.text(
      url, asked: "read the task \(url.path)", missing: "check the path")
    var samples: [EvaluationTask.Sample] = []
    var instruction = ""
    for (place, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.allSatisfy(\.isWhitespace) {
      let row = try JSONValue(
        text: Data(line.utf8), name: "\(url.path):\(place + 1)", hint: hint)
      let known =
        commonsenseQASample(row).map { ($0, commonsenseQA) }
        ?? inferenceSample(row).map { ($0, inference) }
      guard let (sample, own) = known, instruction.isEmpty || instruction == own else {
        throw InputError(
          .badData, asked: "read the task \(url.path)",
          found: "line \(place + 1) is \(row.words)", hint: hint)
      }
      samples.append(sample)
      instruction = own
    }
    guard !samples.isEmpty else {
      throw InputError(
        .badData, asked: "read the task \(url.path)", found: "no rows", hint: hint)
    }
    let isChoice = instruction == commonsenseQA
    return EvaluationTask(
      name: name, dataset: isChoice ? "jcommonsenseqa" : "jnli", instruction: instruction,
      outputLength: isChoice ? 1 : 3, metrics: [TaskMetric.exactMatch.rawValue], fewShots: [],
      samples: samples)
  }

  private static func commonsenseQASample(_ row: JSONValue) -> EvaluationTask.Sample? {
    let choices = (0..<5).compactMap { row["choice\($0)"]?.string }
    guard let question = row["question"]?.string, choices.count == 5,
      let label = row["label"]?.integer, choices.indices.contains(label)
    else { return nil }
    let list = choices.enumerated().map { "\($0).\($1)" }.joined(separator: ",")
    return .init(input: "質問：\(question)\n選択肢：\(list)", output: "\(label)")
  }

  private static func inferenceSample(_ row: JSONValue) -> EvaluationTask.Sample? {
    guard let premise = row["sentence1"]?.string, let hypothesis = row["sentence2"]?.string,
      let label = row["label"]?.string
    else { return nil }
    return .init(input: "前提：\(premise)\n仮説：\(hypothesis)", output: label)
  }
}
