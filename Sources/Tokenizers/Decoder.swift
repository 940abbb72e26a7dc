/// The `decoder` of a tokenizer.json: turns the byte strings of tokens back into text.
indirect enum Decoder: Sendable {
  case sequence([Decoder])
  case byteLevel
  case fuse

  /// The tokens' texts after this step.
  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let steps): steps.reduce(tokens) { tokens, step in step.decode(tokens) }
    case .byteLevel:
      [tokens.flatMap { ByteLevelAlphabet.decode($0) ?? $0 }]
    case .fuse: [Array(tokens.joined())]
    }
  }
}
