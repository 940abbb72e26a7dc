/// The `model` of a tokenizer.json.
enum TokenModel: Sendable {
  case bpe(BytePairEncoding)
  case unigram(Unigram)

  /// The tokens of `pieces`, one after the other.
  func encode(_ pieces: [Piece], into result: inout [Int32]) {
    switch self {
    case .bpe(let bpe):
      var scratch = BytePairEncoding.Scratch()
      for piece in pieces { bpe.encode(piece.scalars, &scratch, into: &result) }
    case .unigram(let unigram):
      for piece in pieces { unigram.encode(piece.scalars, into: &result) }
    }
  }
}
