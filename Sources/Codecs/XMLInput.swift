import Basics
import Foundation

/// A byte stream in the shape that FoundationXML's streaming parser reads.
public final class XMLInput: InputStream {
  /// The error that ended the stream early.
  public private(set) var failure: InputError?

  private let source: any ByteStream
  private var piece: [UInt8] = []
  private var position = 0
  private var isOpen = false

  /// Reads from `source`.
  public init(_ source: any ByteStream) {
    self.source = source
    super.init(data: Data())
  }

  public override func open() { isOpen = true }
  public override func close() { isOpen = false }

  public override var streamStatus: Stream.Status {
    isOpen ? (hasBytesAvailable ? .open : .atEnd) : .closed
  }

  public override var hasBytesAvailable: Bool {
    if position < piece.count { return true }
    guard failure == nil else { return false }
    do {
      piece = try source.next()
    } catch {
      failure = error
      piece = []
    }
    position = 0
    return !piece.isEmpty
  }

  public override func read(_ buffer: UnsafeMutablePointer<UInt8>, maxLength: Int) -> Int {
    guard maxLength > 0, hasBytesAvailable else { return 0 }
    let count = min(maxLength, piece.count - position)
    for index in 0..<count { buffer[index] = piece[position + index] }
    position += count
    return count
  }
}
