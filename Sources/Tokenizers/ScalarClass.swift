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

  /// What `StripAccents` removes: the marks of Unicode 9, in place of those that came later.
  static let accents: ScalarSet = {
    var set = scalars(in: [.mn, .mc, .me])
    for range in laterMarks {
      for value in range { set.remove(value) }
    }
    set.insert(0x1CF2...0x1CF3)
    return set
  }()

  private static let laterMarks: [ClosedRange<UInt32>] = [
    0x7FD...0x7FD, 0x897...0x89F, 0x8CA...0x8D3, 0x9FE...0x9FE, 0xAFA...0xAFF, 0xB55...0xB55,
    0xC04...0xC04, 0xC3C...0xC3C, 0xCF3...0xCF3, 0xD00...0xD00, 0xD3B...0xD3C, 0xD81...0xD81,
    0xEBA...0xEBA, 0xECE...0xECE, 0x1715...0x1715, 0x180F...0x180F, 0x1ABF...0x1ACE,
    0x1CF7...0x1CF7, 0x1DF6...0x1DFA, 0xA82C...0xA82C, 0xA8FF...0xA8FF, 0x10D24...0x10D27,
    0x10D69...0x10D6D, 0x10EAB...0x10EAC, 0x10EFC...0x10EFF, 0x10F46...0x10F50, 0x10F82...0x10F85,
    0x11070...0x11070, 0x11073...0x11074, 0x110C2...0x110C2, 0x11145...0x11146, 0x111C9...0x111C9,
    0x111CE...0x111CF, 0x11241...0x11241, 0x1133B...0x1133B, 0x113B8...0x113C0, 0x113C2...0x113C2,
    0x113C5...0x113C5, 0x113C7...0x113CA, 0x113CC...0x113D0, 0x113D2...0x113D2, 0x113E1...0x113E2,
    0x1145E...0x1145E, 0x1182C...0x1183A, 0x11930...0x11935, 0x11937...0x11938, 0x1193B...0x1193E,
    0x11940...0x11940, 0x11942...0x11943, 0x119D1...0x119D7, 0x119DA...0x119E0, 0x119E4...0x119E4,
    0x11A01...0x11A0A, 0x11A33...0x11A39, 0x11A3B...0x11A3E, 0x11A47...0x11A47, 0x11A51...0x11A5B,
    0x11A8A...0x11A99, 0x11D31...0x11D36, 0x11D3A...0x11D3A, 0x11D3C...0x11D3D, 0x11D3F...0x11D45,
    0x11D47...0x11D47, 0x11D8A...0x11D8E, 0x11D90...0x11D91, 0x11D93...0x11D97, 0x11EF3...0x11EF6,
    0x11F00...0x11F01, 0x11F03...0x11F03, 0x11F34...0x11F3A, 0x11F3E...0x11F42, 0x11F5A...0x11F5A,
    0x13440...0x13440, 0x13447...0x13455, 0x1611E...0x1612F, 0x16F4F...0x16F4F, 0x16F7F...0x16F87,
    0x16FE4...0x16FE4, 0x16FF0...0x16FF1, 0x1CF00...0x1CF2D, 0x1CF30...0x1CF46, 0x1E08F...0x1E08F,
    0x1E130...0x1E136, 0x1E2AE...0x1E2AE, 0x1E2EC...0x1E2EF, 0x1E4EC...0x1E4EF, 0x1E5EE...0x1E5EF,
  ]
}
