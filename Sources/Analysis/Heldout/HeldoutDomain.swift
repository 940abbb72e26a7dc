import Basics
import Calib
import Foundation
import Model
import Tokenizers

/// Held-out text, tokenized and cut into windows.
public struct HeldoutDomain: Sendable {
  /// The file's stem.
  public let name: String
  /// The tokens of each window.
  public let windows: [[Int32]]
  /// The first scored token of each window, counted from 0; all after it are scored, too.
  public let firstScored: [Int]
  /// What the mean over each window's scored tokens weighs: their number, but for conventions that say
  /// otherwise.
  public let weights: [Double]
  /// Unicode scalars of the text that the scored tokens cover.
  public let characters: Int
  /// Bytes of UTF-8 of that text; 0: not known.
  public let bytes: Int

  /// Scored tokens of each document, in the order of the windows: together all that are scored.
  /// Empty: not known.
  public let documents: [Int]
  /// What kind of text each scored token is, in window order. Empty: not known.
  public private(set) var classes: [TokenClass] = []
  /// What the windows ask; nil: they are text.
  public let answers: AnswerKey?

  /// A domain called `name` in the `blocks` convention: all but a window's first token are scored.
  public init(name: String, windows: [[Int32]], characters: Int, documents: [Int] = []) {
    self.init(
      name: name, windows: windows.map { ScoredWindow(tokens: $0) }, characters: characters,
      bytes: 0, documents: documents)
  }

  /// The domain of a text in tokens of `tokenizer`.
  public init(_ text: EvaluationText, tokenizer: Tokenizer) {
    self.init(
      name: text.domain, windows: text.scoredWindows, characters: text.characters.reduce(0, +),
      bytes: text.bytes.reduce(0, +), documents: text.scoredOfDocument)
    var known = TokenClasses(tokenizer)
    classes = zip(windows, firstScored).flatMap { $0.dropFirst($1).map { known.of($0) } }
  }

  init(
    name: String, windows: [ScoredWindow], characters: Int, bytes: Int, documents: [Int],
    answers: AnswerKey? = nil
  ) {
    self.name = name
    self.answers = answers
    self.windows = windows.map(\.tokens)
    firstScored = windows.map(\.first)
    weights = windows.map(\.weight)
    self.characters = characters
    self.bytes = bytes
    self.documents = documents
  }

  /// Scored tokens of each window.
  public var scoredOfWindow: [Int] {
    zip(windows, firstScored).map { max(0, $0.0.count - $0.1) }
  }

  /// Whether tokens do not all weigh the same in a mean.
  var weighsTokens: Bool { zip(scoredOfWindow, weights).contains { Double($0.0) != $0.1 } }

  /// What each scored token weighs in a mean, in window order.
  var tokenWeights: [Double] {
    zip(scoredOfWindow, weights).flatMap { count, weight in
      [Double](repeating: count > 0 ? weight / Double(count) : 0, count: count)
    }
  }
}

extension [HeldoutDomain] {
  /// Reads one domain from each of `paths`, as `EvaluationText` does, in tokens that `model` knows.
  /// Refuses two files of one stem, after which domains are named, and with `wholeWindows` a text that
  /// is shorter than one window. `note` gets what is unusual of a text, a sentence at a time.
  public init(
    reading paths: [String], tokenizer: Tokenizer, model: ModelConfig, context: Int,
    maxTokens: Int?, convention: ScoringConvention = .blocks, wholeWindows: Bool = false,
    note: (String) -> Void
  ) throws(InputError) {
    self = []
    for path in paths {
      let text = try EvaluationText(
        from: URL(fileURLWithPath: path), tokenizer: tokenizer, context: context,
        maxTokens: maxTokens, convention: convention)
      guard !contains(where: { $0.name == text.domain }) else {
        throw InputError(
          .usage, asked: "evaluate on \(path)", found: "two held-out files named \(text.domain)",
          hint: "a domain is named after its file: rename one, or leave it out")
      }
      try tokenizer.check(text.windows, of: path, fit: model)
      text.notes.forEach(note)
      if let first = text.windows.first, first.count < context {
        guard !wholeWindows else {
          throw InputError(
            .badData, asked: "score \(path) in windows of \(context) tokens",
            found: "a text of \(first.count) tokens",
            hint: "give a longer text, or --context \(first.count) or less")
        }
        note(
          "\(path) has \(first.count) tokens, fewer than a window of \(context): it is scored as one"
            + " short window")
      }
      append(HeldoutDomain(text, tokenizer: tokenizer))
    }
  }
}
