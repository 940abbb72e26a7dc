/// SentencePiece's compiled character map (a Darts double array and the texts it points to), with
/// the reading that HF tokenizers gives it: a cluster shorter than 6 bytes first, else each scalar,
/// and of all keys that begin there the shortest.
struct PrecompiledMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]

  /// Reads the blob; nil where it is damaged.
  init?(_ blob: [UInt8]) {
    guard blob.count >= 4 else { return nil }
    let size = Self.number(blob, 0)
    guard size.isMultiple(of: 4), 4 + Int(size) <= blob.count, size > 0 else { return nil }
    units = stride(from: 4, to: 4 + Int(size), by: 4).map { Self.number(blob, $0) }
    texts = Array(blob[(4 + Int(size))...])
  }

  private static func number(_ bytes: [UInt8], _ index: Int) -> UInt32 {
    UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
      | UInt32(bytes[index + 3]) << 24
  }

  func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    for cluster in String(scalars: text[...]) {
      let scalars = Array(cluster.unicodeScalars)
      let bytes = Array(String(cluster).utf8)
      if bytes.count < 6, let replacement = replacement(of: bytes) {
        result += replacement
        continue
      }
      for scalar in scalars {
        if let replacement = replacement(of: Array(String(scalar).utf8)) {
          result += replacement
        } else {
          result.append(scalar)
        }
      }
    }
    return result
  }

  private func replacement(of key: [UInt8]) -> String.UnicodeScalarView? {
    guard let place = shortestPrefix(of: key), place < texts.count else { return nil }
    let end = texts[place...].firstIndex(of: 0) ?? texts.count
    return String(decoding: texts[place..<end], as: UTF8.self).unicodeScalars
  }

  /// Walks the double array down to the first key that `bytes` begins with.
  private func shortestPrefix(of bytes: [UInt8]) -> Int? {
    var position = Self.offset(units[0])
    for byte in bytes {
      if byte == 0 { return nil }
      position ^= Int(byte)
      guard position < units.count else { return nil }
      let unit = units[position]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      position ^= Self.offset(unit)
      guard position < units.count else { return nil }
      if unit >> 8 & 1 == 1 { return Int(units[position] & (1 << 31 - 1)) }
    }
    return nil
  }

  private static func offset(_ unit: UInt32) -> Int {
    Int(unit >> 10) << Int((unit & 1 << 9) >> 6)
  }
}
