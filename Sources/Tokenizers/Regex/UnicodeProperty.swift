import Codecs

/// The sets behind `\p{…}` and `[:…:]`.
enum UnicodeProperty {
  /// The set named `name`: a general category, a group of them, a POSIX class or one of the scripts
  /// of Japanese, Chinese and Korean text; nil where the name is unknown.
  static func scalars(named name: String) -> ScalarSet? {
    let plain = name.lowercased().filter { $0 != "_" && $0 != " " && $0 != "-" }
    if let script = scripts[plain] {
      var set = ScalarSet()
      for range in script { set.insert(range) }
      return set
    }
    switch plain {
    case "any": return ScalarSet(0...0x10FFFF)
    case "ascii": return ScalarSet(0...0x7F)
    case "alpha", "alphabetic":
      return ScalarSet { value in
        Unicode.Scalar(value)?.properties.isAlphabetic ?? false
      }
    case "digit": return ScalarClass.scalars(in: [.nd])
    case "alnum":
      var set = ScalarClass.scalars(in: [.nd])
      set.formUnion(scalars(named: "alpha") ?? ScalarSet())
      return set
    case "upper", "uppercase":
      return ScalarSet { Unicode.Scalar($0)?.properties.isUppercase ?? false }
    case "lower", "lowercase":
      return ScalarSet { Unicode.Scalar($0)?.properties.isLowercase ?? false }
    case "space", "whitespace": return ScalarClass.space
    case "blank":
      var set = ScalarClass.scalars(in: [.zs])
      set.insert(0x09)
      return set
    case "cntrl": return ScalarClass.scalars(in: [.cc])
    case "word": return ScalarClass.word
    case "xdigit": return ScalarSet(0x30...0x39, 0x41...0x46, 0x61...0x66)
    case "punct":
      var set = scalars(named: "P") ?? ScalarSet()
      for scalar in "$+<=>^`|~".unicodeScalars { set.insert(scalar.value) }
      return set
    default:
      let key = longNames[plain] ?? plain
      let categories = GeneralCategory.allCases.filter { category in
        let name = category.name.lowercased()
        return name == key || key.count == 1 && name.hasPrefix(key)
          || key == "lc" && ["lu", "ll", "lt"].contains(name)
      }
      return categories.isEmpty ? nil : ScalarClass.scalars(in: categories)
    }
  }

  private static let longNames = [
    "letter": "l", "mark": "m", "number": "n", "punctuation": "p", "symbol": "s", "separator": "z",
    "other": "c", "uppercaseletter": "lu", "lowercaseletter": "ll", "titlecaseletter": "lt",
    "modifierletter": "lm", "otherletter": "lo", "nonspacingmark": "mn", "decimalnumber": "nd",
    "spaceseparator": "zs", "control": "cc", "format": "cf",
  ]

  /// Scripts.txt of Unicode 16.
  private static let scripts: [String: [ClosedRange<UInt32>]] = [
    "han": [
      0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007,
      0x3021...0x3029, 0x3038...0x303B, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFA6D,
      0xFA70...0xFAD9, 0x16FE2...0x16FE3, 0x16FF0...0x16FF1, 0x20000...0x2A6DF, 0x2A700...0x2B739,
      0x2B740...0x2B81D, 0x2B820...0x2CEA1, 0x2CEB0...0x2EBE0, 0x2EBF0...0x2EE5D,
      0x2F800...0x2FA1D, 0x30000...0x3134A, 0x31350...0x323AF,
    ],
    "hiragana": [
      0x3041...0x3096, 0x309D...0x309F, 0x1B001...0x1B11F, 0x1B132...0x1B132, 0x1B150...0x1B152,
      0x1F200...0x1F200,
    ],
    "katakana": [
      0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0x32D0...0x32FE, 0x3300...0x3357,
      0xFF66...0xFF6F, 0xFF71...0xFF9D, 0x1AFF0...0x1AFF3, 0x1AFF5...0x1AFFB, 0x1AFFD...0x1AFFE,
      0x1B000...0x1B000, 0x1B120...0x1B122, 0x1B155...0x1B155, 0x1B164...0x1B167,
    ],
    "hangul": [
      0x1100...0x11FF, 0x302E...0x302F, 0x3131...0x318E, 0x3200...0x321E, 0x3260...0x327E,
      0xA960...0xA97C, 0xAC00...0xD7A3, 0xD7B0...0xD7C6, 0xD7CB...0xD7FB, 0xFFA0...0xFFBE,
      0xFFC2...0xFFC7, 0xFFCA...0xFFCF, 0xFFD2...0xFFD7, 0xFFDA...0xFFDC,
    ],
  ]
}

/// Which scalars are the same but for their case.
struct CaseClosure: Sendable {
  static let shared = CaseClosure()

  private var folding: [UInt32: UInt32] = [:]
  private var families: [UInt32: [UInt32]] = [:]

  private init() {
    for value in UInt32(0)..<0x1_F000 {
      guard let scalar = Unicode.Scalar(value), let folded = CaseFolding.simple(scalar),
        folded != scalar
      else { continue }
      folding[value] = folded.value
      families[folded.value, default: [folded.value]].append(value)
    }
  }

  /// `set` and every scalar that folds as one of its members does.
  func closure(of set: ScalarSet) -> ScalarSet {
    var result = set
    for (folded, members) in families
    where members.contains(where: { Unicode.Scalar($0).map(set.contains) ?? false }) {
      result.insert(folded)
      for member in members { result.insert(member) }
    }
    return result
  }
}
