/// What neologdn 0.5.6 does with its default settings, scalar by scalar in one pass.
enum NeologdnNormalizer {
  static func normalize(_ text: String) -> String {
    var output = [Unicode.Scalar]()
    /// The last scalar that was kept.
    var previous: Unicode.Scalar = " "
    /// A kept space behind a Latin letter, which a Japanese letter takes away again.
    var hasLatinSpace = false
    for original in text.unicodeScalars {
      var scalar = original
      switch scalar.value {
      case 0x20, 0x3000:
        guard previous != " ", previous != "*", previous.value < 0x80 else { continue }
        hasLatinSpace = true
        output.append(" ")
        previous = " "
        continue
      case 0x02D7, 0x058A, 0x2010...0x2013, 0x2043, 0x207B, 0x208B, 0x2212:
        if previous == "-" { continue }
        scalar = "-"
      case 0xFE63, 0xFF0D, 0xFF70, 0x2014, 0x2015, 0x2500, 0x2501, 0x30FC:
        if previous == "ー" { continue }
        scalar = "ー"
      case 0x7E, 0x223C, 0x223E, 0x301C, 0x3030, 0xFF5E: continue
      default:
        scalar = map[scalar] ?? scalar
        // Hyphens and long vowel marks above leave a space before them alone.
        if scalar == "ﾞ", let voiced = voiced[previous], !output.isEmpty {
          output.removeLast()
          scalar = voiced
        } else if scalar == "ﾟ", let voiced = semiVoiced[previous], !output.isEmpty {
          output.removeLast()
          scalar = voiced
        }
        if hasLatinSpace, isBlock(scalar) { output.removeLast() }
      }
      hasLatinSpace = false
      output.append(scalar)
      previous = scalar
    }
    if output.last == " " { output.removeLast() }
    return String(String.UnicodeScalarView(output))
  }

  /// Kanji, kana, CJK and full-width marks: no space is kept beside them.
  private static func isBlock(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x4E00...0x9FFF, 0x3040...0x30FF, 0x3001...0x303F, 0xFF00...0xFFEF: true
    default: false
    }
  }

  private static func pairs(_ from: String, _ to: String) -> [Unicode.Scalar: Unicode.Scalar] {
    Dictionary(zip(from.unicodeScalars, to.unicodeScalars)) { first, _ in first }
  }

  private static let map: [Unicode.Scalar: Unicode.Scalar] = {
    var map = pairs(
      "！＃＄％＆（）＊＋，．／：；＜＝＞？＠［］＾＿｛｜｝｡､･｢｣゛゜”“’‘¥",
      "!#$%&()*+,./:;<=>?@[]^_{|}。、・「」ﾞﾟ\"\"'`\\")
    for (first, count, target) in [(0xFF10, 10, 0x30), (0xFF21, 26, 0x41), (0xFF41, 26, 0x61)] {
      for offset in 0..<count {
        if let from = Unicode.Scalar(UInt32(first + offset)) {
          map[from] = Unicode.Scalar(UInt32(target + offset))
        }
      }
    }
    map.merge(
      pairs(
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｯｬｭｮ",
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンァィゥェォッャュョ")
    ) { first, _ in first }
    return map
  }()

  private static let voiced = pairs(
    "カキクケコサシスセソタチツテトハヒフヘホウう", "ガギグゲゴザジズゼゾダヂヅデドバビブベボヴゔ")
  private static let semiVoiced = pairs("ハヒフヘホはひふへほ", "パピプペポぱぴぷぺぽ")
}
