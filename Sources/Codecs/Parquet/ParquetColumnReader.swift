import Basics
import CSnappy
import CZlib
import CZstd

/// The values of one column in one row group, page by page.
struct ParquetColumnReader {
  private let file: ParquetFile
  private let chunk: ParquetFile.Chunk
  private var position: Int
  private var remaining: Int
  private var dictionary: [[UInt8]] = []
  private var values: [[UInt8]?] = []
  private var index = 0

  init(_ file: ParquetFile, _ chunk: ParquetFile.Chunk) {
    self.file = file
    self.chunk = chunk
    position = chunk.start
    remaining = chunk.valueCount
  }

  private func damaged(_ found: String) -> InputError {
    InputError(
      .badData, asked: "read the column \"\(chunk.column)\" of \(file.name)", found: found,
      hint: "fetch the file again, or rewrite it with pyarrow's defaults")
  }

  /// The next value; nil at the end, .some(nil) for null.
  mutating func next() throws(InputError) -> [UInt8]?? {
    while index == values.count {
      guard remaining > 0 else { return nil }
      try readPage()
    }
    defer { index += 1 }
    return .some(values[index])
  }

  private mutating func readPage() throws(InputError) {
    let end = chunk.start + chunk.byteCount
    var header: ThriftValue?
    var headerLength = 0
    var window = 1 << 12
    while header == nil {
      let bytes = try file.read(position, min(window, end - position))
      var reader = ThriftReader(bytes)
      header = reader.structure()
      headerLength = reader.position
      if header == nil, bytes.count < window { throw damaged("a damaged page header") }
      window *= 16
    }
    guard let header, let type = header[1]?.integer, let size = header[2]?.integer,
      let compressed = header[3]?.integer, size >= 0, compressed >= 0,
      position + headerLength + compressed <= end, size <= 1 << 30
    else { throw damaged("a damaged page header") }
    let body = try file.read(position + headerLength, compressed)
    guard body.count == compressed else { throw damaged("a page that is cut short") }
    position += headerLength + compressed
    switch type {
    case 0: try readDataPage(header, body, size)
    case 2:
      let page = try decompress(body[...], size)
      guard let count = header[7]?[1]?.integer, count >= 0, count <= page.count + 1,
        let values = plain(page[...], count)
      else { throw damaged("a damaged dictionary page") }
      dictionary = values
    case 3: try readDataPageV2(header, body, size)
    default: break
    }
  }

  private mutating func readDataPage(_ header: ThriftValue, _ body: [UInt8], _ size: Int)
    throws(InputError)
  {
    guard let count = header[5]?[1]?.integer, let encoding = header[5]?[2]?.integer, count >= 0,
      count <= remaining
    else { throw damaged("a damaged page header") }
    var page = try decompress(body[...], size)[...]
    var levels: [Int]?
    if chunk.isOptional {
      guard header[5]?[3]?.integer == 3, let length = ParquetBits.number(page, 4),
        length <= page.count - 4,
        let decoded = ParquetBits.hybrid(page.dropFirst(4).prefix(length), width: 1, count: count)
      else { throw damaged("damaged definition levels") }
      levels = decoded
      page = page.dropFirst(4 + length)
    }
    try take(page, levels, count, encoding)
  }

  private mutating func readDataPageV2(_ header: ThriftValue, _ body: [UInt8], _ size: Int)
    throws(InputError)
  {
    guard let count = header[8]?[1]?.integer, let encoding = header[8]?[4]?.integer,
      let definitions = header[8]?[5]?.integer, let repetitions = header[8]?[6]?.integer,
      count >= 0, count <= remaining, definitions >= 0, repetitions >= 0,
      definitions + repetitions <= min(body.count, size)
    else { throw damaged("a damaged page header") }
    let levelBytes = body[repetitions..<repetitions + definitions]
    var levels: [Int]?
    if chunk.isOptional {
      guard let decoded = ParquetBits.hybrid(levelBytes, width: 1, count: count) else {
        throw damaged("damaged definition levels")
      }
      levels = decoded
    }
    let rest = body[(repetitions + definitions)...]
    let isCompressed = header[8]?[7]?.bool ?? true
    let page =
      isCompressed ? try decompress(rest, size - repetitions - definitions)[...] : rest
    try take(page, levels, count, encoding)
  }

  /// Decodes the values of a page and puts nulls where the levels say so.
  private mutating func take(
    _ page: ArraySlice<UInt8>, _ levels: [Int]?, _ count: Int, _ encoding: Int
  ) throws(InputError) {
    let present = levels?.reduce(0, +) ?? count
    guard let decoded = decode(page, present, encoding) else {
      throw damaged(
        [0, 2, 5, 6, 7, 8].contains(encoding)
          ? "a damaged page" : "the encoding number \(encoding), which tenbin does not know")
    }
    remaining -= count
    index = 0
    guard let levels else {
      values = decoded
      return
    }
    var iterator = decoded.makeIterator()
    values = levels.map { $0 == 1 ? iterator.next() : nil }
  }

  // MARK: Encodings

  private func decode(_ page: ArraySlice<UInt8>, _ count: Int, _ encoding: Int) -> [[UInt8]]? {
    if count == 0 { return [] }
    var page = page
    switch encoding {
    case 0: return plain(page, count)
    case 2, 8:
      guard let width = page.popFirst(),
        let indices = ParquetBits.hybrid(page, width: Int(width), count: count),
        indices.allSatisfy(dictionary.indices.contains)
      else { return nil }
      return indices.map { dictionary[$0] }
    case 5:
      guard let numbers = ParquetBits.deltas(&page, atMost: count), numbers.count == count else {
        return nil
      }
      return numbers.map { Array(String($0).utf8) }
    case 6: return lengthsThenBytes(&page, count)
    case 7:
      guard let prefixes = ParquetBits.deltas(&page, atMost: count), prefixes.count == count,
        let suffixes = lengthsThenBytes(&page, count)
      else { return nil }
      var result = [[UInt8]]()
      var last = [UInt8]()
      for (prefix, suffix) in zip(prefixes, suffixes) {
        guard prefix >= 0, prefix <= last.count else { return nil }
        last = last.prefix(Int(prefix)) + suffix
        result.append(last)
      }
      return result
    default: return nil
    }
  }

  private func lengthsThenBytes(_ page: inout ArraySlice<UInt8>, _ count: Int) -> [[UInt8]]? {
    guard let lengths = ParquetBits.deltas(&page, atMost: count), lengths.count == count else {
      return nil
    }
    var result = [[UInt8]]()
    for length in lengths {
      guard length >= 0, length <= page.count else { return nil }
      result.append(Array(page.prefix(Int(length))))
      page = page.dropFirst(Int(length))
    }
    return result
  }

  private func plain(_ page: ArraySlice<UInt8>, _ count: Int) -> [[UInt8]]? {
    var page = page
    var result = [[UInt8]]()
    for _ in 0..<count {
      switch chunk.type {
      case 1, 2:
        let width = chunk.type == 1 ? 4 : 8
        guard page.count >= width else { return nil }
        let bits = page.prefix(width).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let value =
          width == 4
          ? Int64(Int32(truncatingIfNeeded: bits)) : Int64(bitPattern: bits)
        result.append(Array(String(value).utf8))
        page = page.dropFirst(width)
      case 6:
        guard let length = ParquetBits.number(page, 4), length <= page.count - 4 else {
          return nil
        }
        result.append(Array(page.dropFirst(4).prefix(length)))
        page = page.dropFirst(4 + length)
      default: return nil
      }
    }
    return result
  }

  // MARK: Compression

  private func decompress(_ bytes: ArraySlice<UInt8>, _ size: Int) throws(InputError) -> [UInt8] {
    switch chunk.codec {
    case 0: return Array(bytes)
    case 1, 2, 6: break
    default:
      let names = [3: "LZO", 4: "Brotli", 5: "LZ4", 7: "LZ4_RAW"]
      throw damaged(
        "\(names[chunk.codec] ?? "unknown") compression; known are snappy, gzip and zstd")
    }
    var output = [UInt8](repeating: 0, count: size)
    var written = 0
    let isWhole = bytes.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { output -> Bool in
        switch chunk.codec {
        case 1:
          var length = output.count
          let source = input.bindMemory(to: CChar.self).baseAddress
          let target = output.bindMemory(to: CChar.self).baseAddress
          let status = snappy_uncompress(source, input.count, target, &length)
          written = length
          return status == SNAPPY_OK
        case 2: return inflateAll(input, output, &written)
        default:
          written = ZSTD_decompress(
            output.baseAddress, output.count, input.baseAddress, input.count)
          return ZSTD_isError(written) == 0
        }
      }
    }
    guard isWhole, written == size else { throw damaged("a page that does not decompress") }
    return output
  }

  private func inflateAll(
    _ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer, _ written: inout Int
  ) -> Bool {
    var stream = z_stream()
    stream.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress)
    stream.avail_in = UInt32(input.count)
    stream.next_out = output.bindMemory(to: UInt8.self).baseAddress
    stream.avail_out = UInt32(output.count)
    let status = withUnsafeMutablePointer(to: &stream) { stream in
      guard tenbin_inflateInit2(stream, 47) == Z_OK else { return Z_MEM_ERROR }
      defer { inflateEnd(stream) }
      return inflate(stream, Z_FINISH)
    }
    written = output.count - Int(stream.avail_out)
    return status == Z_STREAM_END
  }
}
