import Basics

/// A place at which bytes are not JSON (RFC 8259).
public struct JSONSyntaxError: Error, Sendable {
  /// The byte at which reading stopped, from 0.
  public let offset: Int
  /// What is wrong there.
  public let reason: String
}

extension JSONValue {
  /// Parses exactly one JSON value, surrounded by white space at most, behind a byte order mark if
  /// there is one.
  ///
  /// Nesting deeper than 256 levels, broken UTF-8 and escaped lone surrogates are errors.
  public init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
    self = try bytes.withUnsafeBufferPointer { buffer throws(JSONSyntaxError) in
      var parser = JSONParser(bytes: buffer)
      return try parser.document()
    }
  }
}

private struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  var position = 0
  var depth = 0

  init(bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
  }

  mutating func document() throws(JSONSyntaxError) -> JSONValue {
    if bytes.starts(with: TextDecoding.byteOrderMark) {
      position = TextDecoding.byteOrderMark.count
    }
    let value = try self.value()
    skipSpace()
    guard position == bytes.count else { throw error("text after the value") }
    return value
  }

  private func error(_ reason: String) -> JSONSyntaxError {
    JSONSyntaxError(offset: position, reason: reason)
  }

  private mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func value() throws(JSONSyntaxError) -> JSONValue {
    skipSpace()
    guard position < bytes.count else { throw error("the text ends where a value should be") }
    switch bytes[position] {
    case UInt8(ascii: "{"):
      return try nested { parser throws(JSONSyntaxError) in
        .object(try parser.members())
      }
    case UInt8(ascii: "["):
      return try nested { parser throws(JSONSyntaxError) in
        .array(try parser.elements())
      }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONSyntaxError) -> JSONValue
  ) throws(JSONSyntaxError) -> JSONValue {
    depth += 1
    guard depth <= 256 else { throw error("nested deeper than 256 levels") }
    defer { depth -= 1 }
    return try body(&self)
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  private mutating func members() throws(JSONSyntaxError) -> [JSONMember] {
    position += 1
    var members = [JSONMember]()
    if take(UInt8(ascii: "}")) { return members }
    repeat {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
        throw error(closes("}", after: members.count) ?? "a member's name should be here")
      }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw error("':' should be here") }
      members.append(JSONMember(key: key, value: try value()))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("',' or '}' should be here") }
    return members
  }

  private mutating func elements() throws(JSONSyntaxError) -> [JSONValue] {
    position += 1
    var elements = [JSONValue]()
    if take(UInt8(ascii: "]")) { return elements }
    repeat {
      skipSpace()
      if let reason = closes("]", after: elements.count) { throw error(reason) }
      elements.append(try value())
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("',' or ']' should be here") }
    return elements
  }

  /// What is wrong where `bracket` stands behind a comma.
  private func closes(_ bracket: Unicode.Scalar, after count: Int) -> String? {
    guard count > 0, position < bytes.count, bytes[position] == UInt8(ascii: bracket) else {
      return nil
    }
    return "a comma stands before this '\(bracket)'"
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError)
    -> JSONValue
  {
    guard bytes[position...].starts(with: word.utf8) else { throw error("not a JSON value") }
    position += word.utf8.count
    return value
  }

  private mutating func digits() -> Int {
    let start = position
    while position < bytes.count, bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  private mutating func number() throws(JSONSyntaxError) -> JSONValue {
    let start = position
    var isInteger = true
    if bytes[position] == UInt8(ascii: "-") { position += 1 }
    let leading = position
    let count = digits()
    guard count > 0 else {
      position = start
      throw error("not a JSON value")
    }
    guard count == 1 || bytes[leading] != UInt8(ascii: "0") else {
      throw error("a number with a leading zero")
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
      isInteger = false
      position += 1
      guard digits() > 0 else { throw error("a digit should be here") }
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      if position < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[position]) {
        position += 1
      }
      guard digits() > 0 else { throw error("a digit should be here") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("a number out of range") }
    return .number(value)
  }
}

// MARK: Strings

extension JSONParser {
  private mutating func string() throws(JSONSyntaxError) -> String {
    position += 1
    let start = position
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"),
      bytes[end] >= 0x20
    {
      end += 1
    }
    position = end
    guard end < bytes.count else { throw error("the text ends inside a string") }
    if bytes[end] == UInt8(ascii: "\"") {
      position = end + 1
      return try validated(bytes[start..<end], at: start)
    }
    var unescaped = Array(bytes[start..<end])
    while true {
      guard position < bytes.count else { throw error("the text ends inside a string") }
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return try validated(unescaped, at: start)
      case UInt8(ascii: "\\"):
        position += 1
        try escape(into: &unescaped)
      case 0..<0x20: throw error("a control character inside a string")
      default:
        unescaped.append(byte)
        position += 1
      }
    }
  }

  private func validated(_ utf8: some Sequence<UInt8>, at start: Int) throws(JSONSyntaxError)
    -> String
  {
    guard let text = String(validating: utf8, as: UTF8.self) else {
      throw JSONSyntaxError(offset: start, reason: "a string that is not UTF-8")
    }
    return text
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
    guard position < bytes.count else { throw error("the text ends inside a string") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var value = try hexQuad()
      if value >> 10 == 0x36, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
        bytes[position + 1] == UInt8(ascii: "u")
      {
        position += 2
        let low = try hexQuad()
        guard low >> 10 == 0x37 else { throw error("half of a surrogate pair") }
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      }
      guard let scalar = Unicode.Scalar(value) else { throw error("half of a surrogate pair") }
      text.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    default: throw error("an unknown escape in a string")
    }
  }

  private mutating func hexQuad() throws(JSONSyntaxError) -> UInt32 {
    guard position + 4 <= bytes.count,
      let value = UInt32(
        String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
      bytes[position] != UInt8(ascii: "+"), bytes[position] != UInt8(ascii: "-")
    else { throw error("four hexadecimal digits should be here") }
    position += 4
    return value
  }
}
