/// The form that the answers of a data set must have, of which Nejumi's 制御性 counts the share that has
/// it, right or wrong.
public enum AnswerFormat: Sendable, Equatable {
  /// One of these labels.
  case labels([String])
  /// A number, as Python's `float` reads it.
  case number
  /// Every word is a name with its class behind it in full-width parentheses. Answers are compared in
  /// NFKC, which makes them half-width: almost none has this form.
  case namedEntities
  /// Every line is `from -> to`.
  case dependencies
  /// Every line begins with a word, white space, and positive, neutral or negative.
  case polarities

  /// The form of the answers of `dataset`; nil where every text is one.
  public init?(dataset: String) {
    switch dataset {
    case "mawps", "mgsm": self = .number
    case "jblimp": self = .labels(["a", "b"])
    case "jcommonsenseqa": self = .labels(["0", "1", "2", "3", "4"])
    case "kuci": self = .labels(["0", "1", "2", "3"])
    case "jcola-in-domain", "jcola-out-of-domain", "commonsensemoralja":
      self = .labels(["0", "1"])
    case "janli": self = .labels(["entailment", "non-entailment"])
    case "jnli", "jsick", "jamp": self = .labels(["entailment", "contradiction", "neutral"])
    case "jsem": self = .labels(["yes", "no", "unknown", "undef"])
    case "wiki_ner": self = .namedEntities
    case "wiki_dependency": self = .dependencies
    case "chabsa": self = .polarities
    default:
      let isChoice = ["jmmlu", "mmlu_en"].contains { dataset == $0 || dataset.hasPrefix($0 + "_") }
      guard isChoice else { return nil }
      self = .labels(["A", "B", "C", "D"])
    }
  }

  private static let classes = ["組織名", "人名", "地名", "固有物名", "日付表現", "時刻表現", "金額表現", "割合表現"]

  /// Whether `answer` has it.
  public func matches(_ answer: String) -> Bool {
    switch self {
    case .labels(let labels): labels.contains { PythonText.equal($0, answer) }
    case .number: PythonText.float(answer) != nil
    case .namedEntities:
      PythonText.split(answer).allSatisfy { word in
        Self.classes.contains { name in
          let end = "（\(name)）".unicodeScalars
          return word.count > end.count && word.suffix(end.count).elementsEqual(end)
        }
      }
    case .dependencies:
      PythonText.lines(answer).allSatisfy { line in
        // With something on both sides.
        let inner = line.unicodeScalars.dropFirst().dropLast()
        return zip(inner, inner.dropFirst()).contains { $0 == "-" && $1 == ">" }
      }
    case .polarities: PythonText.lines(answer).allSatisfy(Self.hasPolarity)
    }
  }

  private static func hasPolarity(_ line: String) -> Bool {
    let scalars = line.unicodeScalars
    let afterWord = scalars.drop(while: PythonText.isWord)
    let rest = afterWord.drop(while: PythonText.isSpace)
    guard afterWord.startIndex > scalars.startIndex, rest.startIndex > afterWord.startIndex else {
      return false
    }
    return ["positive", "neutral", "negative"].contains { rest.starts(with: $0.unicodeScalars) }
  }

  /// The share of `answers` that have it, with its standard error (of answers all alike, Wilson's).
  public func rate(_ answers: [String]) -> TaskScore {
    let share = ChoiceAnswers.share(answers.map { matches($0) ? 1 : 0 })
    return TaskScore(
      value: answers.isEmpty ? .nan : share.value, stderr: share.stderr, items: answers.count)
  }
}
