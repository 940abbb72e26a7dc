import Basics
import Foundation
import Tokenizers

/// Held-out text in the `blocks` convention: each document tokenized with its special tokens, all
/// documents joined in order, cut into windows of `context` tokens, the tail dropped; tokens 2 to N
/// of each window are scored.
public struct EvaluationText: Sendable {
  /// The file's stem: the name of the domain.
  public let domain: String
  /// The tokens of a window.
  public let context: Int
  /// The windows, all of `context` tokens; one short window where the whole text is shorter.
  public let windows: [[Int32]]
  /// For each window the Unicode scalars that its scored tokens cover: those whose first byte lies
  /// in one of the tokens. Special tokens cover none.
  public let characters: [Int]
  /// Scored tokens of each document, in order; documents with none are left out.
  public let scoredOfDocument: [Int]
  /// What was unusual of the file, a sentence each: a dump that is cut short.
  public let notes: [String]

  /// The number of scored tokens.
  public var scoredTokens: Int { windows.reduce(0) { $0 + $1.count - 1 } }

  /// Reads a corpus file (.jsonl with a `text` field, .txt, or a MediaWiki .xml, which is cleaned),
  /// as far as needed for `maxTokens` tokens.
  public init(from url: URL, tokenizer: Tokenizer, context: Int, maxTokens: Int? = nil)
    throws(InputError)
  {
    guard context > 1 else {
      throw InputError(
        .usage, asked: "evaluation windows of \(context) tokens", found: "allowed is 2 or more",
        hint: "for example --context 512")
    }
    if let maxTokens, maxTokens < context {
      throw InputError(
        .usage, asked: "--max-tokens \(maxTokens), of \(url.path)",
        found: "that is below one window of \(context) tokens",
        hint: "give \(context) or more, or a smaller --context")
    }
    let limit = maxTokens.map { $0 / context } ?? Int.max
    var packer = TokenPacker(length: context)
    var documents = 0
    let recipe = CalibrationRecipe(sources: [url.path], tokenizer: "")
    let source = try SourceFile(url.path)
    let reading = try source.read(
      onBadRow: { error throws(InputError) in throw error },
      { document throws(InputError) in
        let text = recipe.prepare(document.text, from: source.format)
        if text.utf8.allSatisfy({ $0 <= 0x20 }) { return true }
        packer.append(tokenizer.encode(text), document: documents)
        documents += 1
        return packer.windows.count < limit
      })
    let samples = packer.finish().prefix(limit)
    windows = samples.map(\.tokens)
    scoredOfDocument = Self.scored(samples.map(\.spans))
    notes = reading.warnings
    guard windows.contains(where: { $0.count > 1 }) else {
      throw InputError(
        .badData, asked: "evaluate on \(url.path)",
        found: (["no document with any text"] + reading.warnings).joined(separator: "; "),
        hint: "name a file that holds text")
    }
    domain = SourceFile.stem(url.path)
    self.context = context
    characters = windows.map { window in
      tokenizer.characterCount(of: window) - tokenizer.characterCount(of: window.prefix(1))
    }
  }

  /// Counts the scored tokens of each document: all but the first of a window.
  private static func scored(_ windows: [[TokenSpan]]) -> [Int] {
    var counts: [Int] = []
    var last: Int?
    for span in windows.joined() {
      let scored = span.start == 0 ? span.count - 1 : span.count
      guard scored > 0 else { continue }
      if span.document == last {
        counts[counts.count - 1] += scored
      } else {
        counts.append(scored)
        last = span.document
      }
    }
    return counts
  }
}

extension Tokenizer {
  /// The Unicode scalars whose first byte lies in the text of `ids`.
  fileprivate func characterCount(of ids: some Sequence<Int32>) -> Int {
    decodedBytes(ids).count { $0 & 0xC0 != 0x80 }
  }
}
