/// The `post_processor` of a tokenizer.json, for one sequence: what special tokens stand around it.
struct PostProcessor: Sendable {
  /// Tokens in front of the text.
  var prefix: [Int32] = []
  /// Tokens behind it.
  var suffix: [Int32] = []
}
