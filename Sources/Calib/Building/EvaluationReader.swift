import Basics
import Foundation
import Tokenizers

/// Reads a held-out file into the windows of each convention.
struct EvaluationReader {
  let url: URL
  let tokenizer: Tokenizer
  let context: Int

  typealias Windows = (windows: [ScoredWindow], scoredOfDocument: [Int], notes: [String])

  /// Each document tokenized with its special tokens, all joined in order and cut into windows, the
  /// tail dropped.
  func blocks(maxTokens: Int?) throws(InputError) -> Windows {
    let limit = maxTokens.map { $0 / context } ?? Int.max
    var packer = TokenPacker(length: context)
    var documents = 0
    let notes = try forEachDocument { text in
      packer.append(tokenizer.encode(text), document: documents)
      documents += 1
      return packer.windows.count < limit
    }
    let samples = packer.finish().prefix(limit)
    return (
      samples.map { ScoredWindow(tokens: $0.tokens) }, Self.scored(samples.map(\.spans)), notes
    )
  }

  /// Windows every `stride` tokens of the joined text.
  func strided(maxTokens: Int?, stride: Int) throws(InputError) -> Windows {
    let text = try joined(maxTokens: maxTokens)
    let tokens = Array(text.tokens.prefix(maxTokens ?? .max))
    let windows = [ScoredWindow](striding: tokens, context: context, stride: stride)
    let scored = windows.enumerated().map { index, window in
      index * stride + window.first..<index * stride + window.tokens.count
    }
    return (windows, text.scored(scored), text.notes)
  }

  /// Windows of the joined text one after another, of which the second half is scored.
  func llamaCpp(maxTokens: Int?) throws(InputError) -> Windows {
    let text = try joined(maxTokens: maxTokens)
    guard text.tokens.count >= 2 * context else {
      throw InputError(
        .badData, asked: "score \(url.path) as llama.cpp does, in windows of \(context) tokens",
        found: "a text of \(text.tokens.count) tokens, where it takes \(2 * context) or more",
        hint: "give a longer text, or a smaller --context")
    }
    guard context > 3 else {
      throw InputError(
        .usage, asked: "windows of \(context) tokens in llama.cpp's convention",
        found: "no token in the second half of a window to score",
        hint: "give --context 4 or more, for example 512")
    }
    guard !tokenizer.endsTexts else {
      throw InputError(
        .badData, asked: "score \(url.path) as llama.cpp does",
        found: "a tokenizer that puts a token behind each text, which llama-perplexity refuses",
        hint: "give --convention blocks or strided")
    }
    let tokens = Array(text.tokens.prefix(maxTokens ?? .max))
    let windows = [ScoredWindow](
      halving: tokens, context: context, bos: tokenizer.bosTokenID)
    let scored = windows.indices.map { index in
      index * context + context / 2 + 1..<(index + 1) * context
    }
    return (windows, text.scored(scored), text.notes)
  }

  // MARK: Documents

  /// The documents that have any text, until `body` returns false; what is unusual of the file comes
  /// back.
  private func forEachDocument(_ body: (String) -> Bool) throws(InputError) -> [String] {
    let recipe = CalibrationRecipe(sources: [url.path], tokenizer: "")
    let source = try SourceFile(url.path)
    let reading = try source.read(
      onBadRow: { error throws(InputError) in throw error },
      { document throws(InputError) in
        let text = recipe.prepare(document.text, from: source.format)
        if text.utf8.allSatisfy({ $0 <= 0x20 }) { return true }
        return body(text)
      })
    return reading.warnings
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

  /// A file as one text.
  private struct Joined {
    let tokens: [Int32]
    /// Where each document ends among the tokens, to a few tokens: they may reach across.
    let ends: [Int]
    let notes: [String]

    /// The scored tokens of each document, given the places that are scored.
    func scored(_ places: [Range<Int>]) -> [Int] {
      var start = 0
      return ends.compactMap { end in
        defer { start = end }
        let count = places.reduce(0) { $0 + $1.clamped(to: start..<max(start, end)).count }
        return count > 0 ? count : nil
      }
    }
  }

  /// The documents with an empty line between them, without a line feed at the end, tokenized as one
  /// text with its special tokens.
  private func joined(maxTokens: Int?) throws(InputError) -> Joined {
    var texts: [String] = []
    var counts: [Int] = []
    var total = 0
    let notes = try forEachDocument { text in
      texts.append(text)
      counts.append(tokenizer.encode(text, addSpecialTokens: false).count + 1)
      total += counts[counts.count - 1]
      // Joined, a document may lose some tokens to its neighbours.
      return total - 16 * texts.count < (maxTokens ?? .max)
    }
    var text = texts.joined(separator: "\n\n")
    if text.unicodeScalars.last == "\n" { text.unicodeScalars.removeLast() }
    let tokens = tokenizer.encode(text)
    var end = 0
    let ends = counts.map { count in
      end += count
      return Int((Double(end) / Double(max(1, total)) * Double(tokens.count)).rounded())
    }
    return Joined(tokens: tokens, ends: ends, notes: notes)
  }
}
