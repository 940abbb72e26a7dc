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
  /// The name of its data set in llm-jp-eval, which decides what form answers are brought into and must
  /// have: the file's stem, of JGLUE's files what their rows tell.
  public var dataset: String
  /// What is asked for, the same for all samples.
  public var instruction: String
  /// The most tokens of an answer, 1 or more (`output_length`).
  public var outputLength: Int
  /// Names of the metrics that the answers are scored by (`metrics`), not all of them known here:
  /// `TaskMetric(named:ofTask:)`.
  public var metrics: [String]
  /// Solved examples that a prompt may begin with.
  public var fewShots: [Sample]
  /// The questions.
  public var samples: [Sample]

  /// A task called `name`, of the data set `dataset` (nil: of that name).
  public init(
    name: String, dataset: String? = nil, instruction: String, outputLength: Int,
    metrics: [String], fewShots: [Sample], samples: [Sample]
  ) {
    self.name = name
    self.dataset = dataset ?? name
    self.instruction = instruction
    self.outputLength = outputLength
    self.metrics = metrics
    self.fewShots = fewShots
    self.samples = samples
  }

  /// Reads a JSON file of llm-jp-eval (`instruction`, `output_length`, `metrics`, `few_shots`, and
  /// `samples` of `input` and `output`), the JSON lines of JGLUE's JCommonsenseQA, JNLI or JSTS, or its
  /// JSQuAD, whatever the files are called.
  ///
  /// - Throws: an error that names the member that is missing or of another type, and of which sample.
  public init(contentsOf url: URL) throws(InputError) {
    let name = url.deletingPathExtension().lastPathComponent
    let content = try InputFile.text(
      url, asked: "read the task \(url.path)", missing: "check the path")
    if url.pathExtension == "jsonl" || JGLUE.isLines(content) {
      self = try JGLUE.task(named: name, lines: content, path: url.path)
      return
    }
    let file = try JSONValue(
      text: Data(content.utf8), name: url.path, hint: "fetch the file again, or fix it there")
    if file["data"] != nil, file["samples"] == nil {
      self = try JSQuAD.task(named: name, file, path: url.path)
      return
    }
    func bad(_ found: String) -> InputError {
      InputError(
        .badData, asked: "read the task \(url.path)", found: found,
        hint: "give a JSON file of llm-jp-eval with instruction, output_length, metrics, few_shots"
          + " and samples, or a file of JGLUE")
    }
    func member(_ key: String) throws(InputError) -> JSONValue {
      guard let value = file[key] else { throw bad("no \(key) in \(file.words)") }
      return value
    }
    func samples(_ key: String) throws(InputError) -> [Sample] {
      let value = try member(key)
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
    let (text, length) = (try member("instruction"), try member("output_length"))
    guard let instruction = text.string else { throw bad("instruction is \(text.words)") }
    guard let outputLength = length.integer, outputLength >= 1 else {
      throw bad("output_length is \(length.words), where a whole number from 1 is needed")
    }
    let list = try member("metrics")
    guard let names = list.array, !names.isEmpty else { throw bad("metrics is \(list.words)") }
    var metrics: [String] = []
    for (place, name) in names.enumerated() {
      guard let text = name.string else { throw bad("metrics[\(place)] is \(name.words)") }
      metrics.append(text)
    }
    self.init(
      name: name, instruction: instruction, outputLength: outputLength, metrics: metrics,
      fewShots: try samples("few_shots"), samples: try samples("samples"))
    guard !self.samples.isEmpty else { throw bad("no samples") }
  }
}
