import CZlib

/// Gzip (RFC 1952), any number of members one after another, by zlib.
final class GzipDecompressor: Decompressor {
  /// Kept at one address: the library checks it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private(set) var isAtBoundary = true
  private var output = [UInt8](repeating: 0, count: 1 << 17)

  init() {
    stream.initialize(to: z_stream())
    // 15 + 32: the greatest window, and the header tells gzip from zlib.
    _ = tenbin_inflateInit2(stream, 47)
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  func step(_ input: [UInt8], _ position: inout Int) -> [UInt8]? {
    if isAtBoundary {
      // Padding behind the last member.
      while position < input.count, input[position] == 0 { position += 1 }
      guard position < input.count else { return [] }
      inflateReset(stream)
      isAtBoundary = false
    }
    var status = Z_OK
    var produced = 0
    input.withUnsafeBufferPointer { bytes in
      output.withUnsafeMutableBufferPointer { buffer in
        stream.pointee.next_in = bytes.baseAddress.map {
          UnsafeMutablePointer(mutating: $0 + position)
        }
        stream.pointee.avail_in = UInt32(bytes.count - position)
        stream.pointee.next_out = buffer.baseAddress
        stream.pointee.avail_out = UInt32(buffer.count)
        status = inflate(stream, Z_NO_FLUSH)
        position = bytes.count - Int(stream.pointee.avail_in)
        produced = buffer.count - Int(stream.pointee.avail_out)
      }
    }
    switch status {
    case Z_STREAM_END: isAtBoundary = true
    case Z_OK, Z_BUF_ERROR: break
    default: return nil
    }
    return Array(output[..<produced])
  }
}
