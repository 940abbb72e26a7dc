import Basics
import Codecs
import Foundation

/// Questions with their right answers, as llm-jp-eval's JSON files have them.
public struct EvaluationTask: Sendable, Equatable {
  /// A question and its answer.
  public struct Sample: Sendable, Equatable {
    /// What the model is given.
    public var input: String
    /// What it should answer.
    public var output: String

    /// A question and its answer.
    public init(input: String, output: String) {
      self.input = input
      self.output = output
    }
  }

  /// The file's stem.
  public var name: String
  /// What is asked for, the same for all samples.
  public var instruction: String
  /// Solved examples that a prompt may begin with.
  public var fewShots: [Sample]
  /// The questions.
  public var samples: [Sample]

  /// A task called `name`.
  public init(name: String, instruction: String, fewShots: [Sample], samples: [Sample]) {
    self.name = name
    self.instruction = instruction
    self.fewShots = fewShots
    self.samples = samples
  }

  /// Reads a JSON file of llm-jp-eval (`instruction`, `few_shots`, `samples` of `input` and `output`;
  /// `output_length` and `metrics` are of no use here), or the JSON lines of JGLUE's JCommonsenseQA or
  /// JNLI.
  ///
  /// - Throws: an error that names the member that is missing, and of which sample.
  public init(contentsOf url: URL) throws(InputError) {
    let name = url.deletingPathExtension().lastPathComponent
    if url.pathExtension == "jsonl" {
      self = try JGLUE.task(named: name, contentsOf: url)
      return
    }
    let file = try JSONValue(contentsOf: url)
    func bad(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the task \(url.path)", found: found,
        hint: "give a JSON file of llm-jp-eval with instruction, few_shots and samples, or the JSON"
          + " lines (.jsonl) of JCommonsenseQA or JNLI")
    }
    func samples(_ key: String) throws(InputError) -> [Sample] {
      guard let value = file[key] else { throw bad("no \(key) in \(file.words)") }
      guard let list = value.array else { throw bad("\(key) is \(value.words)") }
      var samples: [Sample] = []
      for (place, entry) in list.enumerated() {
        for member in ["input", "output"] where entry[member]?.string == nil {
          let what = entry[member].map { "is \($0.words)" } ?? "is missing"
          throw bad("\(member) of \(key)[\(place)] \(what), where a text is needed")
        }
        samples.append(
          Sample(input: entry["input"]?.string ?? "", output: entry["output"]?.string ?? ""))
      }
      return samples
    }
    guard let instruction = file["instruction"]?.string else {
      throw bad(
        file["instruction"].map { "instruction is \($0.words)" }
          ?? "no instruction in \(file.words)")
    }
    self.init(
      name: name, instruction: instruction, fewShots: try samples("few_shots"),
      samples: try samples("samples"))
    guard !self.samples.isEmpty else { throw bad("no samples") }
  }

  /// The prompt of llm-jp-eval 1.3 for a question behind the first `shots` examples; the answer follows
  /// it directly.
  func prompt(_ input: String, shots: Int) -> String {
    var blocks = [
      "以下は、タスクを説明する指示と、文脈のある入力の組み合わせです。要求を適切に満たす応答を書きなさい。",
      "### 指示:\n\(instruction)",
    ]
    for shot in fewShots.prefix(shots) {
      blocks.append("### 入力:\n\(shot.input)")
      blocks.append("### 応答:\n\(shot.output)")
    }
    blocks.append("### 入力:\n\(input)")
    return blocks.joined(separator: "\n\n") + "\n\n### 応答:\n"
  }
}
