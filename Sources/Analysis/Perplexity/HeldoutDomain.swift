import Basics
import Calib
import Foundation
import Model
import Tokenizers

/// Held-out text, tokenized and cut into windows.
public struct HeldoutDomain: Sendable {
  /// The file's stem.
  public let name: String
  /// Windows of the `blocks` convention; tokens 2..N of each are scored.
  public let windows: [[Int32]]
  /// Unicode scalars of the text that the scored tokens cover.
  public let characters: Int

  /// Scored tokens of each document, in the order of the windows: together all that are scored.
  /// Empty: not known.
  public let documents: [Int]

  /// A domain called `name`.
  public init(name: String, windows: [[Int32]], characters: Int, documents: [Int] = []) {
    self.name = name
    self.windows = windows
    self.characters = characters
    self.documents = documents
  }

  /// The domain of a text.
  public init(_ text: EvaluationText) {
    self.init(
      name: text.domain, windows: text.windows, characters: text.characters.reduce(0, +),
      documents: text.scoredOfDocument)
  }
}

extension [HeldoutDomain] {
  /// Reads one domain from each of `paths`, as `EvaluationText` does, in tokens that `model` knows.
  /// Refuses two files of one stem, after which domains are named. `note` gets what is unusual of a
  /// text, a sentence at a time.
  public init(
    reading paths: [String], tokenizer: Tokenizer, model: ModelConfig, context: Int,
    maxTokens: Int?, note: (String) -> Void
  ) throws(InputError) {
    self = []
    for path in paths {
      let text = try EvaluationText(
        from: URL(fileURLWithPath: path), tokenizer: tokenizer, context: context,
        maxTokens: maxTokens)
      guard text.scoredTokens > 0 else {
        throw InputError(
          .badData, asked: "evaluate on \(path)", found: "fewer than two tokens",
          hint: "give a longer text")
      }
      guard !contains(where: { $0.name == text.domain }) else {
        throw InputError(
          .usage, asked: "evaluate on \(path)", found: "two held-out files named \(text.domain)",
          hint: "a domain is named after its file: rename one, or leave it out")
      }
      try tokenizer.check(text.windows, of: path, fit: model)
      text.notes.forEach(note)
      if let first = text.windows.first, first.count < context {
        note(
          "\(path) has \(first.count) tokens, fewer than a window of \(context): it is scored as one"
            + " short window")
      }
      append(HeldoutDomain(text))
    }
  }
}
