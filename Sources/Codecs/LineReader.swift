import Basics

/// The lines of a byte stream, without their line feeds.
public struct LineReader {
  /// The lines read so far.
  public private(set) var count = 0

  private let stream: any ByteStream
  private let name: String
  private var piece: [UInt8] = []
  private var position = 0
  /// A line longer than this is taken for a file that has no lines.
  private static let limit = 1 << 28

  /// Reads `stream`, which errors call `name`.
  public init(_ stream: any ByteStream, name: String) {
    self.stream = stream
    self.name = name
  }

  /// The next line; nil at the end. A last line without a line feed counts.
  public mutating func next() throws(InputError) -> [UInt8]? {
    var line = [UInt8]()
    while true {
      if position == piece.count {
        piece = try stream.next()
        position = 0
        if piece.isEmpty {
          if line.isEmpty { return nil }
          count += 1
          return line
        }
      }
      let end = piece[position...].firstIndex(of: 0x0A)
      line += piece[position..<(end ?? piece.count)]
      guard line.count <= Self.limit else {
        throw InputError(
          .badData, asked: "read line \(count + 1) of \(name)",
          found: "more than 256 MB without "
            + "a line feed", hint: "check that the file has one record a line")
      }
      if let end {
        position = end + 1
        count += 1
        return line
      }
      position = piece.count
    }
  }
}
