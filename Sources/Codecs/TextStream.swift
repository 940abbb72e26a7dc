import Basics

/// The bytes of a text file behind a byte order mark, piece by piece, by the rules of `TextDecoding`.
public final class TextStream: ByteStream {
  private let rest: PrefixedStream
  /// What ended the first bytes early: it is thrown behind them.
  private var failure: InputError?
  private var isBehindHead: Bool

  /// Looks at the first bytes of `source`; `asked`, the operation, opens every error.
  ///
  /// - Throws: kind `badData` where they are UTF-16 or UTF-32, or no text at all.
  public init(_ source: any ByteStream, asked: String) throws(InputError) {
    var head = [UInt8]()
    // Small members of a compressed file give small pieces.
    while head.count < ForeignContent.headLength {
      do {
        let piece = try source.next()
        if piece.isEmpty { break }
        head += piece
      } catch {
        failure = error
        break
      }
    }
    try TextDecoding.check(head, asked: asked)
    if head.starts(with: TextDecoding.byteOrderMark) {
      head.removeFirst(TextDecoding.byteOrderMark.count)
    }
    isBehindHead = head.isEmpty
    rest = PrefixedStream(head, source)
  }

  /// The next piece; empty at the end.
  public func next() throws(InputError) -> [UInt8] {
    if isBehindHead, let failure { throw failure }
    isBehindHead = true
    return try rest.next()
  }
}
