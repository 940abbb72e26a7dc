/// GPT-2's alphabet: a printable scalar for each byte. `!` to `~`, `¡` to `¬` and `®` to `ÿ` stand
/// for themselves, the other 68 bytes take U+0100 onwards in their order.
enum ByteLevelAlphabet {
  /// The scalar of each byte.
  static let scalars: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? " "
      }
    }
  }()

  private static let bytes: [UInt8?] = {
    var bytes = [UInt8?](repeating: nil, count: 0x144)
    for (byte, scalar) in scalars.enumerated() { bytes[Int(scalar.value)] = UInt8(byte) }
    return bytes
  }()

  /// The bytes that `token`, UTF-8 of this alphabet, stands for; nil where it holds other scalars.
  static func decode(_ token: some Collection<UInt8>) -> [UInt8]? {
    var result = [UInt8]()
    result.reserveCapacity(token.count)
    for scalar in String(decoding: token, as: UTF8.self).unicodeScalars {
      guard scalar.value < 0x144, let byte = bytes[Int(scalar.value)] else { return nil }
      result.append(byte)
    }
    return result
  }

  /// `text` written in this alphabet.
  static func encode(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result = [Unicode.Scalar]()
    for scalar in text {
      for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
        result.append(scalars[Int(byte)])
      }
    }
    return result
  }
}
