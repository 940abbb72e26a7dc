import Codecs

/// The `normalizer` of a tokenizer.json: rewrites each piece of text between added tokens.
indirect enum Normalizer: Sendable {
  case sequence([Normalizer])
  case form(UnicodeForm)
  case replace(TextPattern, with: [Unicode.Scalar])
  case prepend([Unicode.Scalar])
  case lowercase
  case strip(left: Bool, right: Bool)
  case stripAccents
  case nmt
  case byteLevel
  case precompiled(PrecompiledMap)

  func normalize(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .sequence(let normalizers):
      normalizers.reduce(text) { text, normalizer in normalizer.normalize(text) }
    case .form(let form): Array(form.normalize(String(scalars: text[...])).unicodeScalars)
    case .replace(let pattern, let content): pattern.replace(in: text[...], with: content)
    case .prepend(let prefix): text.isEmpty ? text : prefix + text
    case .lowercase:
      text.flatMap { Array($0.properties.lowercaseMapping.unicodeScalars) }
    case .strip(let left, let right): Array(Self.strip(text[...], left, right))
    case .stripAccents: text.filter { !ScalarClass.accents.contains($0) }
    case .nmt: text.compactMap(Self.nmt)
    case .byteLevel: ByteLevelAlphabet.encode(text[...])
    case .precompiled(let map): map.normalize(text)
    }
  }

  private static func strip(
    _ text: ArraySlice<Unicode.Scalar>, _ left: Bool, _ right: Bool
  ) -> ArraySlice<Unicode.Scalar> {
    var text = text
    if left { text = text.drop(while: ScalarClass.space.contains) }
    while right, let last = text.last, ScalarClass.space.contains(last) { text.removeLast() }
    return text
  }

  /// SentencePiece's NMT rule: nil deletes the scalar.
  private static func nmt(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      " "
    default: scalar
    }
  }
}

extension String {
  /// The text of `scalars`, one by one.
  init(scalars: ArraySlice<Unicode.Scalar>) {
    var text = String.UnicodeScalarView()
    text.append(contentsOf: scalars)
    self.init(text)
  }
}
