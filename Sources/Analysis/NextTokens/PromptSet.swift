import Basics
import Compute
import Foundation
import Model
import Tokenizers

/// The prompts of a study, tokenized for its model.
public struct PromptSet: Sendable {
  /// The prompts, in their order.
  public let prompts: [Prompt]
  private let tokenizer: Tokenizer

  /// The prompts of a study that names none: what follows is a fact, grammar or counting, in Japanese and
  /// in English.
  public static let usual = [
    "日本の首都は", "水は水素と酸素からでき", "昨日は友だちと映画を見に", "The capital of France is",
    "She opened the door and walked", "1, 2, 3, 4,",
  ]

  /// The most prompts of a study.
  public static let most = 20

  /// Prompts that are tokens of `tokenizer` already.
  package init(_ prompts: [Prompt], tokenizer: Tokenizer) {
    (self.prompts, self.tokenizer) = (prompts, tokenizer)
  }

  /// Reads `texts`, at most `context` tokens each.
  ///
  /// - Throws: an error that names the text where one has no token, more than `context`, or one for which
  ///   the model has no embedding.
  public init(
    _ texts: [String], tokenizer: Tokenizer, model: ModelConfig, context: Int
  ) throws(InputError) {
    self.tokenizer = tokenizer
    prompts = try texts.map { text throws(InputError) in
      let prompt = Self.prompt(text, tokenizer)
      let asked = "look at what follows the prompt \(Self.quoted(text))"
      guard prompt.pieces.contains(where: { !$0.isEmpty }) else {
        throw InputError(
          .usage, asked: asked, found: "no token: the tokenizer makes nothing of this text",
          hint: "give a text of letters, or leave that prompt out")
      }
      guard prompt.tokens.count <= context else {
        throw InputError(
          .usage, asked: asked,
          found: "\(prompt.tokens.count) tokens, where context is \(context)",
          hint: "shorten it, or give a larger context")
      }
      try tokenizer.check([prompt.tokens], of: "the prompt \(Self.quoted(text))", fit: model)
      return prompt
    }
  }

  /// Those of the usual prompts that the tokenizer can spell, and that fit the model and `context`.
  public init(usualFor tokenizer: Tokenizer, model: ModelConfig, context: Int) {
    self.tokenizer = tokenizer
    prompts = Self.usual.map { Self.prompt($0, tokenizer) }.filter { prompt in
      prompt.tokens.count <= context
        && prompt.tokens.allSatisfy { Int($0) < model.vocabularySize }
        && tokenizer.decode(prompt.tokens).trimmingPrefix(" ") == prompt.text
    }
  }

  /// The prompts' tokens, a window each.
  public var windows: [[Int32]] { prompts.map(\.tokens) }

  /// After how many tokens of each prompt it is looked at what follows.
  public var positions: [[Int]] { prompts.map(\.positions) }

  /// What one model lets follow each prompt; empty where its logits are not numbers.
  public func nextTokens(_ logits: [NextTokenLogits]) -> [NextTokens] {
    guard logits.count == prompts.count else { return [] }
    let found = zip(prompts, logits).compactMap { prompt, logits -> NextTokens? in
      guard let end = logits.places.last, logits.places.count == prompt.positions.count else {
        return nil
      }
      func candidates(_ entries: [NextTokenLogits.Entry]) -> [NextTokens.Candidate] {
        entries.map { entry in
          NextTokens.Candidate(
            token: entry.token, text: text(of: entry.token),
            probability: exp(Double(entry.logit) - end.trial.logSumExp),
            baseProbability: exp(Double(entry.baseLogit) - end.base.logSumExp))
        }
      }
      let along = zip(prompt.positions, logits.places).dropLast().map { position, place in
        NextTokens.Step(
          position: position, token: place.trial.top, text: text(of: place.trial.top),
          probability: exp(place.trial.largest - place.trial.logSumExp),
          kld: place.kld)
      }
      let next = NextTokens(
        likeliest: candidates(logits.likeliest), baseLikeliest: candidates(logits.baseLikeliest),
        kld: end.kld, along: along)
      return next.isFinite ? next : nil
    }
    return found.count == prompts.count ? found : []
  }

  private func text(of token: Int32) -> String {
    PieceSpelling.text(of: tokenizer.piece(of: token))
  }

  private static func prompt(_ text: String, _ tokenizer: Tokenizer) -> Prompt {
    let tokens = tokenizer.encode(text)
    let template = tokens.count - tokenizer.encode(text, addSpecialTokens: false).count
    return Prompt(
      text: text, tokens: tokens,
      pieces: tokens.enumerated().map { place, token in
        place < template ? "" : PieceSpelling.text(of: tokenizer.piece(of: token))
      })
  }

  /// The start of a text, as an error names it.
  private static func quoted(_ text: String) -> String {
    let spelled = PieceSpelling.text(of: text.utf8)
    return "\"\(spelled.count > 40 ? "\(spelled.prefix(40))…" : spelled)\""
  }
}

extension NextTokens {
  /// Whether all of its numbers are; a model whose logits are not leaves none.
  fileprivate var isFinite: Bool {
    !likeliest.isEmpty && kld.isFinite && along.allSatisfy { ($0.kld + $0.probability).isFinite }
      && (likeliest + baseLikeliest).allSatisfy {
        ($0.probability + $0.baseProbability).isFinite
      }
  }
}
