import Basics
import Foundation
import Tokenizers

/// Held-out text as a convention cuts it: see `ScoringConvention`.
public struct EvaluationText: Sendable {
  /// The file's stem: the name of the domain.
  public let domain: String
  /// The tokens of a window.
  public let context: Int
  /// The windows, of `context` tokens each; the last one of `strided`, and the only one of a text that
  /// is shorter, may be short.
  public let scoredWindows: [ScoredWindow]
  /// For each window the Unicode scalars that its scored tokens cover: those whose first byte lies
  /// in one of the tokens. Special tokens cover none.
  public let characters: [Int]
  /// The same in bytes of UTF-8.
  public let bytes: [Int]
  /// Scored tokens of each document, in order; documents with none are left out.
  public let scoredOfDocument: [Int]
  /// What was unusual of the file, a sentence each: a dump that is cut short.
  public let notes: [String]

  /// The tokens of each window.
  public var windows: [[Int32]] { scoredWindows.map(\.tokens) }

  /// The number of scored tokens.
  public var scoredTokens: Int { scoredWindows.reduce(0) { $0 + $1.scored } }

  /// Reads a corpus file (.jsonl with a `text` field, .txt, or a MediaWiki .xml, which is cleaned),
  /// as far as needed for `maxTokens` tokens.
  public init(
    from url: URL, tokenizer: Tokenizer, context: Int, maxTokens: Int? = nil,
    convention: ScoringConvention = .blocks
  ) throws(InputError) {
    guard context > 1 else {
      throw InputError(
        .usage, asked: "evaluation windows of \(context) tokens", found: "allowed is 2 or more",
        hint: "for example --context 512")
    }
    if let maxTokens, maxTokens < context {
      throw InputError(
        .usage, asked: "--heldout-tokens \(maxTokens), of \(url.path)",
        found: "that is below one window of \(context) tokens",
        hint: "give \(context) or more, or a smaller --context")
    }
    let reader = EvaluationReader(url: url, tokenizer: tokenizer, context: context)
    (scoredWindows, scoredOfDocument, notes) =
      switch convention {
      case .blocks: try reader.blocks(maxTokens: maxTokens)
      case .strided(let stride): try reader.strided(maxTokens: maxTokens, stride: stride)
      case .llamaCpp: try reader.llamaCpp(maxTokens: maxTokens)
      }
    guard scoredWindows.contains(where: { $0.tokens.count > 1 }) else {
      throw InputError(
        .badData, asked: "evaluate on \(url.path)",
        found: ([scoredWindows.isEmpty ? "no document with any text" : "fewer than two tokens"]
          + notes).joined(separator: "; "), hint: "name a file that holds text")
    }
    domain = SourceFile.stem(url.path)
    self.context = context
    let extents = scoredWindows.map { $0.extent(tokenizer) }
    characters = extents.map(\.characters)
    bytes = extents.map(\.bytes)
  }
}
