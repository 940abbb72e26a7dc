import Basics

/// Which tokens of a text are predicted, and from how much before them. Numbers of one model differ by
/// convention far more than by quantization: formulas in docs/metrics.md.
public enum ScoringConvention: Sendable, Equatable {
  /// Documents tokenized one by one with their special tokens, joined and cut into windows; all but a
  /// window's first token are scored.
  case blocks
  /// One text, windows of `context` tokens that begin every `stride` tokens; the tokens that no window
  /// before has seen are scored (transformers' guide to perplexity).
  case strided(Int)
  /// One text, windows beginning with BOS where the tokenizer puts one in front; the second half of
  /// each is scored (llama.cpp's llama-perplexity).
  case llamaCpp

  /// What a convention is called.
  public enum Name: String, Sendable, CaseIterable {
    /// Documents joined and cut into windows.
    case blocks
    /// Overlapping windows, as in transformers' guide.
    case strided
    /// The second half of each window, as llama-perplexity.
    case llamaCpp = "llama.cpp"
  }

  /// What it is called.
  public var name: Name {
    switch self {
    case .blocks: .blocks
    case .strided: .strided
    case .llamaCpp: .llamaCpp
    }
  }

  /// The convention called `name`; `stride` belongs to `strided` alone, where half of `context` stands
  /// in for none.
  public init(_ name: Name, stride: Int?, context: Int) throws(InputError) {
    guard name == .strided || stride == nil else {
      throw InputError(
        .usage, asked: "--stride with --convention \(name.rawValue)",
        found: "windows that begin where the last one ends",
        hint: "leave --stride out, or give --convention strided")
    }
    switch name {
    case .blocks: self = .blocks
    case .llamaCpp: self = .llamaCpp
    case .strided:
      let stride = stride ?? max(1, context / 2)
      guard (1...max(1, context)).contains(stride) else {
        throw InputError(
          .usage, asked: "--stride \(stride) with windows of \(context) tokens",
          found: "allowed is 1 to \(context), so that every token is scored",
          hint: "for example --stride \(max(1, context / 2))")
      }
      self = .strided(stride)
    }
  }
}
