import Basics

extension Evaluation {
  /// The error for scores that are not finite.
  public var notANumber: InputError {
    InputError(
      .badData, asked: "score the model on \(domain)",
      found: "a perplexity of \(perplexity): its activations or logits overflow float32",
      hint: "the weights or scales are damaged, or not those of this config.json:"
        + " tenbin audit looks into a GPTQ checkpoint")
  }
}
