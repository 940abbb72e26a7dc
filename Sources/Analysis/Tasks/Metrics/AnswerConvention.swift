import Codecs

/// What is made of a generated text before it is compared with the right answer.
public enum AnswerConvention: String, Sendable, CaseIterable {
  /// llm-jp-eval 1.3: the text up to the first empty line, without white space around it, in NFKC.
  case llmJpEval = "llm-jp-eval"
  /// Nejumi LLM Leaderboard 3: first by the data set (labels in lower case, choices in upper case, the
  /// words 応答:, 回答: and 答え: taken out), then as above, without quotation marks around it.
  case nejumi

  /// The answer in a generated text, to a question of `dataset` (llm-jp-eval's name).
  public func answer(_ generated: String, dataset: String) -> String {
    switch self {
    case .llmJpEval:
      return UnicodeForm.nfkc.normalize(PythonText.strip(PythonText.firstBlock(generated)))
    case .nejumi:
      var text = PythonText.firstBlock(Self.formed(generated, dataset))
      text = PythonText.strip(text)
      text = PythonText.strip(text) { $0 == "'" }
      text = PythonText.strip(text) { $0 == "\"" }
      return UnicodeForm.nfkc.normalize(PythonText.strip(text))
    }
  }

  /// The right answer in the form that answers are compared in.
  public func gold(_ output: String) -> String { UnicodeForm.nfkc.normalize(output) }

  /// Nejumi's form by data set.
  private static func formed(_ text: String, _ dataset: String) -> String {
    func removing(_ labels: [String]) -> String {
      PythonText.strip(labels.reduce(text) { PythonText.removing($1, from: $0) })
    }
    switch dataset {
    case "jamp", "janli", "jnli", "jsem", "jsick": return PythonText.lower(PythonText.strip(text))
    case "jemhopqa", "jsquad", "niilc": return PythonText.lower(removing(["応答:", "回答:", "答え:"]))
    case "jcommonsenseqa", "commonsensemoralja", "mawps", "chabsa": return PythonText.strip(text)
    default: break
    }
    if dataset.hasPrefix("wiki_") { return PythonText.strip(text) }
    if dataset.hasPrefix("jmmlu_") { return PythonText.upper(removing(["応答:", "回答:", "答え:"])) }
    if dataset.hasPrefix("mmlu_en_") {
      return PythonText.upper(removing(["ANSWER:", "RESPONSE:"]))
    }
    return text
  }
}
