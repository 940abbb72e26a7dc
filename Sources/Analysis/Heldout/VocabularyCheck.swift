import Basics
import Model
import Tokenizers

extension Tokenizer {
  /// Refuses windows that hold a token for which the model has no embedding, and says where it comes
  /// from. `what` names the text.
  public func check(
    _ windows: [[Int32]], of what: String, fit config: ModelConfig
  ) throws(InputError) {
    let limit = config.vocabularySize
    guard let token = windows.lazy.joined().first(where: { Int($0) >= limit }) else { return }
    let content = content(of: token).map { ", \"\($0)\"," } ?? ""
    let isAdded = isAddedToken(token)
    throw InputError(
      .badData, asked: "run \(what) through the model",
      found: "the token \(token)\(content) "
        + (isAdded
          ? "which is among the added_tokens of its tokenizer.json"
          : "of a tokenizer.json with \(vocabularySize) ids")
        + ", where vocab_size is \(limit)",
      hint: isAdded
        ? "resize the model's embedding, or take that token out of the text"
        : "tokenizer.json and config.json are of different models: get both from the same one")
  }
}
