/// A value of Thrift's compact protocol, in which Parquet writes its metadata.
enum ThriftValue {
  case bool(Bool)
  case integer(Int64)
  case double(UInt64)
  case bytes([UInt8])
  case list([ThriftValue])
  case fields([Int: ThriftValue])

  subscript(field: Int) -> ThriftValue? {
    if case .fields(let fields) = self { fields[field] } else { nil }
  }

  var integer: Int? {
    if case .integer(let value) = self { Int(exactly: value) } else { nil }
  }

  var bool: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  var list: [ThriftValue]? {
    if case .list(let values) = self { values } else { nil }
  }

  var string: String? {
    if case .bytes(let bytes) = self { String(validating: bytes, as: UTF8.self) } else { nil }
  }
}

/// Reads structures of Thrift's compact protocol; nil where the bytes are damaged or cut short.
struct ThriftReader {
  private let bytes: [UInt8]
  private(set) var position: Int
  private var depth = 0

  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// A structure, field by field up to its stop byte.
  mutating func structure() -> ThriftValue? {
    depth += 1
    defer { depth -= 1 }
    guard depth <= 32 else { return nil }
    var fields = [Int: ThriftValue]()
    var id = 0
    while let header = byte() {
      if header == 0 { return .fields(fields) }
      if header >> 4 == 0 {
        guard let next = zigzag().flatMap(Int.init(exactly:)) else { return nil }
        id = next
      } else {
        id &+= Int(header >> 4)
      }
      let type = header & 15
      guard let value = type <= 2 ? .bool(type == 1) : value(type) else { return nil }
      fields[id] = value
    }
    return nil
  }

  private mutating func byte() -> UInt8? {
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func varint() -> UInt64? {
    var result: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let next = byte() else { return nil }
      result |= UInt64(next & 127) << shift
      if next < 128 { return result }
    }
    return nil
  }

  private mutating func zigzag() -> Int64? {
    varint().map { Int64(bitPattern: $0 >> 1) ^ -Int64(bitPattern: $0 & 1) }
  }

  private mutating func value(_ type: UInt8) -> ThriftValue? {
    switch type {
    case 1, 2: return byte().map { .bool($0 == 1) }
    case 3: return byte().map { .integer(Int64(Int8(bitPattern: $0))) }
    case 4, 5, 6: return zigzag().map { .integer($0) }
    case 7:
      guard position + 8 <= bytes.count else { return nil }
      defer { position += 8 }
      return .double(bytes[position..<position + 8].reversed().reduce(0) { $0 << 8 | UInt64($1) })
    case 8:
      guard let count = varint(), count <= UInt64(bytes.count - position) else { return nil }
      defer { position += Int(count) }
      return .bytes(Array(bytes[position..<position + Int(count)]))
    case 9, 10: return list()
    case 12: return structure()
    default: return nil
    }
  }

  private mutating func list() -> ThriftValue? {
    guard let header = byte() else { return nil }
    var count = UInt64(header >> 4)
    if count == 15 {
      guard let long = varint() else { return nil }
      count = long
    }
    // Every element takes a byte at least.
    guard count <= UInt64(bytes.count - position) else { return nil }
    depth += 1
    defer { depth -= 1 }
    guard depth <= 32 else { return nil }
    var values = [ThriftValue]()
    for _ in 0..<count {
      guard let value = value(header & 15) else { return nil }
      values.append(value)
    }
    return .list(values)
  }
}
