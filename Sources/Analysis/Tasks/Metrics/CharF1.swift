/// How alike two texts are, from 0 to 100: fuzzywuzzy 0.18's `token_sort_ratio` with python-Levenshtein,
/// which llm-jp-eval and Nejumi call `char_f1`.
///
/// A text loses U+0080 to U+00FF, each scalar that is no letter, number or `_` becomes a space, the rest
/// is put in lower case, and the words between spaces are sorted by code point and joined. Of two such
/// texts of a and b scalars, L of which stand in the longest common subsequence, the ratio is
/// 100·(1 − (a + b − 2L)/(a + b)), rounded with halves to the even number; 100 where both are the same
/// (also where nothing is left of either), 0 where nothing is left of one.
enum CharF1 {
  /// The ratio of `answer` and `gold`.
  static func ratio(_ answer: String, _ gold: String) -> Int {
    let (a, b) = (processed(answer), processed(gold))
    if a == b { return 100 }
    if a.isEmpty || b.isEmpty { return 0 }
    let total = a.count + b.count
    let distance = total - 2 * commonSubsequence(a, b)
    let similarity = 1 - Double(distance) / Double(total)
    return Int((100 * similarity).rounded(.toNearestOrEven))
  }

  private static func processed(_ text: String) -> [Unicode.Scalar] {
    var kept = String.UnicodeScalarView()
    for scalar in text.unicodeScalars where !(0x80...0xFF).contains(scalar.value) {
      kept.append(PythonText.isWord(scalar) ? scalar : " ")
    }
    let words = PythonText.lower(String(kept)).unicodeScalars.split(separator: " ")
      .sorted { $0.lexicographicallyPrecedes($1) }
    return Array(words.joined(separator: CollectionOfOne<Unicode.Scalar>(" ")))
  }

  /// The length of the longest common subsequence.
  private static func commonSubsequence(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var lengths = [Int](repeating: 0, count: b.count + 1)
    for scalar in a {
      var diagonal = 0
      for place in b.indices {
        let above = lengths[place + 1]
        lengths[place + 1] =
          scalar == b[place] ? diagonal + 1 : max(above, lengths[place])
        diagonal = above
      }
    }
    return lengths[b.count]
  }
}
