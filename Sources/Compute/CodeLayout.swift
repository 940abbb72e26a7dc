/// How 32 codes of b bits stand in b 32-bit words.
public enum CodeLayout: Sendable, Hashable {
  /// One little-endian stream: code k in bits k·b to k·b + b − 1. Of 2, 3, 4 or 8 bits.
  case stream
  /// Planes of 4, 2 and 1 bits, the lowest first, each in whole words: 5 bits are 4 and 1, 6 are 4 and
  /// 2, 7 are 4, 2 and 1, 3 are 2 and 1. Of 2, 4 and 8 bits it is the stream.
  case planes

  /// Whether codes of `bits` bits can stand in it.
  public func holds(_ bits: Int) -> Bool {
    self == .planes ? (2...8).contains(bits) : [2, 3, 4, 8].contains(bits)
  }
}
