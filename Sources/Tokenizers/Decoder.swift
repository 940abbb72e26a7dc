/// The `decoder` of a tokenizer.json: turns the byte strings of tokens back into text.
indirect enum Decoder: Sendable {
  case sequence([Decoder])
  case byteLevel
  case fuse
  /// `<0xE3>` to the byte; a run of bytes that is no UTF-8 becomes one U+FFFD a byte.
  case byteFallback
  case replace(TextPattern, with: [Unicode.Scalar])
  /// Cuts at most so many of a scalar from both ends of each token.
  case strip(Unicode.Scalar, start: Int, stop: Int)
  case metaspace(Unicode.Scalar, dropsFirst: Bool)
  /// A mark of the end of words becomes a space, and nothing at the end of the text.
  case suffix([Unicode.Scalar])

  /// The tokens' texts after this step.
  func decode(_ tokens: [[UInt8]]) -> [[UInt8]] {
    switch self {
    case .sequence(let steps): steps.reduce(tokens) { tokens, step in step.decode(tokens) }
    case .byteLevel: [tokens.flatMap { ByteLevelAlphabet.decode($0) ?? $0 }]
    case .fuse: [Array(tokens.joined())]
    case .byteFallback: Self.joinBytes(tokens)
    case .replace(let pattern, let content):
      tokens.map { token in
        Self.edit(token) { pattern.replace(in: $0[...], with: content) }
      }
    case .strip(let scalar, let start, let stop):
      tokens.map { token in
        Self.edit(token) { text in
          let head = text.prefix(start).prefix { $0 == scalar }.count
          let rest = text.dropFirst(head)
          let tail = rest.reversed().prefix(stop).prefix { $0 == scalar }.count
          return Array(rest.dropLast(tail))
        }
      }
    case .metaspace(let mark, let dropsFirst):
      tokens.enumerated().map { index, token in
        Self.edit(token) { text in
          text.compactMap { $0 == mark ? (index == 0 && dropsFirst ? nil : " ") : $0 }
        }
      }
    case .suffix(let suffix):
      tokens.enumerated().map { index, token in
        Self.edit(token) { text in
          TextPattern.literal(suffix).replace(
            in: text[...], with: index == tokens.count - 1 ? [] : [" "])
        }
      }
    }
  }

  private static func edit(_ token: [UInt8], _ body: ([Unicode.Scalar]) -> [Unicode.Scalar])
    -> [UInt8]
  {
    let scalars = body(Array(String(decoding: token, as: UTF8.self).unicodeScalars))
    return Array(String(scalars: scalars[...]).utf8)
  }

  private static func joinBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var result = [[UInt8]]()
    var run = [UInt8]()
    func endRun() {
      if run.isEmpty { return }
      if String(validating: run, as: UTF8.self) != nil {
        result.append(run)
      } else {
        result += Array(repeating: Array("\u{FFFD}".utf8), count: run.count)
      }
      run = []
    }
    for token in tokens {
      if let byte = UnknownBytes.byte(of: token) {
        run.append(byte)
      } else {
        endRun()
        result.append(token)
      }
    }
    endRun()
    return result
  }
}

/// How byte-fallback vocabularies name their bytes.
enum UnknownBytes {
  /// `<0xE3>` for 0xE3.
  static func tokenName(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return "<0x" + (digits.count == 1 ? "0" : "") + digits + ">"
  }

  /// The byte that a token such as `<0xE3>` names.
  static func byte(of token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else {
      return nil
    }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }
}
