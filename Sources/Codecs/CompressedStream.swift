import Basics

/// Compression formats by what their files begin with.
public enum Compression: Sendable {
  case gzip
  case bzip2
  case zstd

  /// The format whose magic number opens `bytes`; nil where none does.
  public init?(magic bytes: some Collection<UInt8>) {
    if bytes.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if bytes.starts(with: [0x42, 0x5A, 0x68]) {
      self = .bzip2
    } else if bytes.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else {
      return nil
    }
  }
}

/// A decompressor that is fed piece by piece.
protocol Decompressor: AnyObject {
  /// True between two members of a file, and before the first: the file may end here.
  var isAtBoundary: Bool { get }

  /// Decompresses from `input` starting at `position`, which moves on; returns what came out, which
  /// may be nothing. Nil where the bytes are damaged.
  func step(_ input: [UInt8], _ position: inout Int) -> [UInt8]?
}

/// The decompressed bytes of another stream. A file cut short ends in an error, after everything
/// that could be read.
public final class CompressedStream: ByteStream {
  private let source: any ByteStream
  private let name: String
  private let decompressor: any Decompressor
  private var input: [UInt8]
  private var position = 0
  /// Whether the decompressor may hold output that no further input is needed for.
  private var mayHoldOutput = false

  init(_ source: any ByteStream, name: String, first: [UInt8], _ decompressor: any Decompressor) {
    self.source = source
    self.name = name
    self.decompressor = decompressor
    input = first
  }

  /// `source`, decompressed if its first bytes say that it is compressed.
  public static func open(_ source: any ByteStream, name: String) throws(InputError)
    -> any ByteStream
  {
    let first = try source.next()
    switch Compression(magic: first) {
    case .gzip: return CompressedStream(source, name: name, first: first, GzipDecompressor())
    case .bzip2: return CompressedStream(source, name: name, first: first, Bzip2Decompressor())
    case .zstd: return CompressedStream(source, name: name, first: first, ZstdDecompressor())
    case nil: return PrefixedStream(first, source)
    }
  }

  /// The next decompressed bytes.
  public func next() throws(InputError) -> [UInt8] {
    while true {
      if position == input.count, !mayHoldOutput {
        input = try source.next()
        position = 0
        if input.isEmpty {
          guard decompressor.isAtBoundary else {
            throw InputError(
              .badData, asked: "decompress \(name)", found: "the file is cut short",
              hint: "fetch it again; what was read so far was whole")
          }
          return []
        }
      }
      let before = position
      let output = decompressor.step(input, &position)
      // One that neither reads nor gives anything will not go on.
      guard let output, !output.isEmpty || position > before || position == input.count else {
        throw InputError(
          .badData, asked: "decompress \(name)", found: "damaged data",
          hint: "fetch the file again")
      }
      mayHoldOutput = !output.isEmpty && position == input.count
      if !output.isEmpty { return output }
    }
  }
}

/// Bytes that were looked at already, then the rest of their stream.
final class PrefixedStream: ByteStream {
  private var prefix: [UInt8]?
  private let rest: any ByteStream

  init(_ prefix: [UInt8], _ rest: any ByteStream) {
    self.prefix = prefix
    self.rest = rest
  }

  func next() throws(InputError) -> [UInt8] {
    if let first = prefix.take() { return first }
    return try rest.next()
  }
}
