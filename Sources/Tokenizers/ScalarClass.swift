/// Unicode's general categories, in the order of `scalarClassRuns`.
enum GeneralCategory: UInt8, CaseIterable {
  case lu, ll, lt, lm, lo, mn, mc, me, nd, nl, no, pc, pd, ps, pe, pi, pf, po, sm, sc, sk, so
  case zs, zl, zp, cc, cf, cs, co, cn

  /// The two letters of its name.
  var name: String {
    let name = "\(self)"
    return name.prefix(1).uppercased() + name.dropFirst()
  }
}

/// What HF tokenizers takes each scalar for, from the generated table.
enum ScalarClass {
  private static let table: [UInt8] = {
    var table = [UInt8]()
    table.reserveCapacity(0x110000)
    var numbers = scalarClassRuns.split(whereSeparator: \.isWhitespace).makeIterator()
    while let length = numbers.next(), let value = numbers.next() {
      table.append(
        contentsOf: repeatElement(UInt8(value, radix: 16) ?? 0, count: Int(length, radix: 16) ?? 0))
    }
    return table
  }()

  static func category(_ scalar: Unicode.Scalar) -> UInt8 { table[Int(scalar.value)] & 31 }

  /// The scalars whose general category is in `categories`.
  static func scalars(in categories: [GeneralCategory]) -> ScalarSet {
    var isWanted = [Bool](repeating: false, count: 32)
    for category in categories { isWanted[Int(category.rawValue)] = true }
    return ScalarSet { isWanted[Int(table[Int($0)] & 31)] }
  }

  /// Oniguruma's `\w`.
  static let word = ScalarSet { table[Int($0)] & 32 != 0 }
  /// Unicode's White_Space: `\s` of every engine in HF tokenizers.
  static let space = ScalarSet { value in
    switch value {
    case 0x09...0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }
  /// What the `Punctuation` and `BertPreTokenizer` components take for punctuation.
  static let punctuation = ScalarSet { table[Int($0)] & 64 != 0 }
  /// What the `Digits` component takes for a digit.
  static let digit = ScalarSet { table[Int($0)] & 128 != 0 }
  /// `\w` of Rust's regex crate, which the `Whitespace` component and `single_word` use.
  static let rustWord: ScalarSet = {
    var set = word
    for value: UInt32 in [0xB2, 0xB3, 0xB9, 0xBC, 0xBD, 0xBE] { set.remove(value) }
    for value: UInt32 in [0x200C, 0x200D] { set.insert(value) }
    return set
  }()
}
