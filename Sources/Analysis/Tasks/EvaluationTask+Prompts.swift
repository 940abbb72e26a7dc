import Basics
import Codecs

/// What a model is given of a task's questions.
extension EvaluationTask {
  /// The task with its first `limit` questions.
  ///
  /// - Throws: an error where the file has fewer than `shots` examples to put before them.
  func asking(_ limit: Int?, shots: Int) throws(InputError) -> EvaluationTask {
    guard shots >= 0, shots <= fewShots.count else {
      throw InputError(
        .usage, asked: "\(shots) examples before each question of \(name)",
        found: "a file with \(fewShots.count)",
        hint: "give --shots 0 to \(fewShots.count), or a file with more few_shots")
    }
    var asked = self
    asked.samples = Array(samples.prefix(limit ?? .max))
    return asked
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

  /// The messages of Nejumi LLM Leaderboard 3 for a question behind the first `shots` examples: each a
  /// user's message and the assistant's, and the instruction in front of the first.
  func messages(_ input: String, shots: Int) -> JSONValue {
    func message(_ role: String, _ content: String) -> JSONValue {
      ["role": .string(role), "content": .string(content)]
    }
    let isEnglish = dataset == "mmlu_en" || dataset.hasPrefix("mmlu_en_")
    let introduction =
      isEnglish
      ? "The following text provides instructions for a certain task."
      : "以下に、あるタスクを説明する指示があり、それに付随する入力が更なる文脈を提供しています。リクエストを適切に完了するための回答を記述してください。"
    var beginning = "\(introduction)\n\(instruction)\n\n"
    var messages: [JSONValue] = []
    for shot in fewShots.prefix(shots) {
      messages.append(message("user", beginning + shot.input))
      messages.append(message("assistant", shot.output))
      beginning = ""
    }
    messages.append(message("user", beginning + input))
    return .array(messages)
  }

  /// All answers that the file has, sorted.
  var outputs: [String] {
    Set((samples + fewShots).map(\.output)).sorted {
      // Scalar by scalar, so that the order is no locale's.
      $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars)
    }
  }

  /// Whether its answers are a closed set of labels: 2 to 26 different ones.
  public var isChoice: Bool { Self.choiceCounts.contains(outputs.count) }

  /// How many different answers are taken for a closed set.
  static let choiceCounts = 2...26
}
