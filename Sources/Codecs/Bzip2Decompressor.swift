import CBzip2

/// Bzip2, any number of streams one after another (as multistream dumps have), by libbz2.
final class Bzip2Decompressor: Decompressor {
  /// Kept at one address: the library checks it.
  private let stream = UnsafeMutablePointer<bz_stream>.allocate(capacity: 1)
  private var isOpen = false
  private var output = [CChar](repeating: 0, count: 1 << 17)

  var isAtBoundary: Bool { !isOpen }

  deinit {
    if isOpen { BZ2_bzDecompressEnd(stream) }
    stream.deallocate()
  }

  func step(_ input: [UInt8], _ position: inout Int) -> [UInt8]? {
    if !isOpen {
      guard position < input.count else { return [] }
      stream.initialize(to: bz_stream())
      guard BZ2_bzDecompressInit(stream, 0, 0) == BZ_OK else { return nil }
      isOpen = true
    }
    var status = BZ_OK
    var produced = 0
    input.withUnsafeBufferPointer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        output.withUnsafeMutableBufferPointer { buffer in
          stream.pointee.next_in = bytes.baseAddress.map {
            UnsafeMutablePointer(mutating: $0 + position)
          }
          stream.pointee.avail_in = UInt32(bytes.count - position)
          stream.pointee.next_out = buffer.baseAddress
          stream.pointee.avail_out = UInt32(buffer.count)
          status = BZ2_bzDecompress(stream)
          position = bytes.count - Int(stream.pointee.avail_in)
          produced = buffer.count - Int(stream.pointee.avail_out)
        }
      }
    }
    if status == BZ_STREAM_END {
      BZ2_bzDecompressEnd(stream)
      isOpen = false
    } else if status != BZ_OK {
      return nil
    }
    return output[..<produced].map { UInt8(bitPattern: $0) }
  }
}
