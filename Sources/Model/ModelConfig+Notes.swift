extension ModelConfig {
  /// What to say of sequences of `tokens` tokens; nil where the model was made for them. `what` names
  /// them, in the plural.
  public func positionNote(_ tokens: Int, of what: String) -> String? {
    guard tokens > maxPositions else { return nil }
    return "\(what) have up to \(tokens) tokens, and max_position_embeddings is \(maxPositions):"
      + " the model was not made for the positions beyond"
  }
}
