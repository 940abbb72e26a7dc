/// The bit-level encodings of Parquet pages. Every function returns nil where the bytes are damaged.
enum ParquetBits {
  /// A little-endian unsigned number of `count` bytes.
  static func number(_ bytes: ArraySlice<UInt8>, _ count: Int) -> Int? {
    guard bytes.count >= count else { return nil }
    return bytes.prefix(count).reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let next = bytes.popFirst() else { return nil }
      result |= UInt64(next & 127) << shift
      if next < 128 { return result }
    }
    return nil
  }

  static func zigzag(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
    varint(&bytes).map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  /// `count` numbers of `width` bits in the hybrid of run lengths and bit packing.
  static func hybrid(_ bytes: ArraySlice<UInt8>, width: Int, count: Int) -> [Int]? {
    guard (0...32).contains(width) else { return nil }
    var bytes = bytes
    var result = [Int]()
    while result.count < count {
      guard let header = varint(&bytes), header >> 1 <= UInt64(Int32.max) else { return nil }
      let groups = Int(header >> 1)
      if header & 1 == 0 {
        guard let value = number(bytes, (width + 7) / 8) else { return nil }
        bytes = bytes.dropFirst((width + 7) / 8)
        result.append(contentsOf: repeatElement(value, count: min(groups, count - result.count)))
        if groups == 0 { return nil }
      } else {
        let packed = bytes.prefix(groups * width)
        // The last run may be cut at the page's end.
        let available = width == 0 ? groups * 8 : packed.count * 8 / width
        let wanted = min(groups * 8, count - result.count)
        guard available >= wanted, groups > 0 else { return nil }
        unpack(packed, width: width, count: wanted, into: &result)
        bytes = bytes.dropFirst(groups * width)
      }
    }
    return result
  }

  private static func unpack(
    _ bytes: ArraySlice<UInt8>, width: Int, count: Int, into result: inout [Int]
  ) {
    var buffer: UInt64 = 0
    var bits = 0
    var position = bytes.startIndex
    for _ in 0..<count {
      while bits < width, position < bytes.endIndex {
        buffer |= UInt64(bytes[position]) << UInt64(bits)
        bits += 8
        position += 1
      }
      result.append(Int(buffer & (1 << UInt64(width) - 1)))
      buffer >>= UInt64(width)
      bits -= width
    }
  }

  /// DELTA_BINARY_PACKED: numbers as differences in bit-packed blocks; `bytes` moves behind them.
  static func deltas(_ bytes: inout ArraySlice<UInt8>, atMost limit: Int) -> [Int64]? {
    guard let blockSize = varint(&bytes), let miniblocks = varint(&bytes),
      let total = varint(&bytes), var value = zigzag(&bytes), miniblocks > 0,
      blockSize <= 1 << 20, miniblocks <= blockSize, blockSize % miniblocks == 0,
      total <= UInt64(limit)
    else { return nil }
    let size = Int(blockSize / miniblocks)
    guard size % 8 == 0 else { return nil }
    var result = [Int64]()
    if total > 0 { result.append(value) }
    while result.count < total {
      guard let least = zigzag(&bytes), bytes.count >= miniblocks else { return nil }
      let widths = Array(bytes.prefix(Int(miniblocks)))
      bytes = bytes.dropFirst(Int(miniblocks))
      for width in widths where result.count < total {
        guard width <= 64 else { return nil }
        let length = size / 8 * Int(width)
        guard bytes.count >= length else { return nil }
        var bit = 0
        for _ in 0..<min(size, Int(total) - result.count) {
          value = value &+ least &+ Int64(bitPattern: self.bits(bytes, at: bit, Int(width)))
          bit += Int(width)
          result.append(value)
        }
        bytes = bytes.dropFirst(length)
      }
    }
    return result
  }

  private static func bits(_ bytes: ArraySlice<UInt8>, at start: Int, _ width: Int) -> UInt64 {
    var result: UInt64 = 0
    for index in 0..<width {
      let bit = start + index
      let byte = bytes[bytes.startIndex + bit / 8]
      result |= UInt64(byte >> UInt8(bit % 8) & 1) << UInt64(index)
    }
    return result
  }
}
