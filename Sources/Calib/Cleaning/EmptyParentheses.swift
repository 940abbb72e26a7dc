/// Repairs what dropped markup leaves in a line: `（、1909年）`, `（）`, doubled and outer spaces.
enum EmptyParentheses {
  private static let pairs: [Unicode.Scalar: Unicode.Scalar] = ["（": "）", "(": ")", "〔": "〕"]
  private static let separators: Set<Unicode.Scalar> = [
    " ", "\t", "\u{3000}", "\u{A0}", ",", "，", "、", ";", "；", ":", "：", "・", "/", "-",
  ]

  /// `line` with separators at the ends of its brackets removed, and empty brackets too.
  static func close(_ line: String) -> String {
    var output = [Unicode.Scalar]()
    /// For each open bracket: where it stands, and whether it is still empty.
    var open: [Int] = []
    for scalar in line.unicodeScalars {
      if let start = open.last, output.count == start + 1, separators.contains(scalar) {
        continue
      }
      if pairs[scalar] != nil {
        open.append(output.count)
        output.append(scalar)
      } else if let start = open.last, scalar == pairs[output[start]] {
        open.removeLast()
        while output.count > start + 1, let last = output.last, isSeparator(last) {
          output.removeLast()
        }
        if output.count == start + 1 { output.removeLast() } else { output.append(scalar) }
      } else if scalar == " " || scalar == "\t" || scalar == "\u{A0}" {
        if let last = output.last, last != " " { output.append(" ") }
      } else {
        output.append(scalar)
      }
    }
    while let last = output.last, last == " " || last == "\u{3000}" { output.removeLast() }
    let start = output.firstIndex { $0 != " " && $0 != "\u{3000}" } ?? output.endIndex
    return String(String.UnicodeScalarView(output[start...]))
  }

  /// Colons, dots and dashes may end a remark; the others may not.
  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    separators.contains(scalar) && !"・-:：/".unicodeScalars.contains(scalar)
  }
}
