import CZstd

/// Zstandard (RFC 8878), any number of frames one after another, by libzstd.
final class ZstdDecompressor: Decompressor {
  private let context = ZSTD_createDCtx()
  private(set) var isAtBoundary = true
  private var output = [UInt8](repeating: 0, count: 1 << 17)

  deinit {
    ZSTD_freeDCtx(context)
  }

  func step(_ input: [UInt8], _ position: inout Int) -> [UInt8]? {
    if isAtBoundary, position == input.count { return [] }
    var status = 0
    var produced = 0
    input.withUnsafeBufferPointer { bytes in
      output.withUnsafeMutableBufferPointer { buffer in
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: position)
        var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: buffer.count, pos: 0)
        status = ZSTD_decompressStream(context, &target, &source)
        position = source.pos
        produced = target.pos
      }
    }
    guard ZSTD_isError(status) == 0 else { return nil }
    isAtBoundary = status == 0
    return Array(output[..<produced])
  }
}
