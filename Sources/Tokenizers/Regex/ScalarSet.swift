/// A set of Unicode scalars as a bitmap that ends with the last word that differs from the rest: one
/// comparison, one load and one shift a look-up, and a class such as `[0-9]` is one word.
struct ScalarSet: Sendable {
  private var words: [UInt64] = []
  /// The bits of every word beyond `words`, and what those of `words` are flipped by.
  private var rest: UInt64 = 0

  private static let wordCount = 0x110000 / 64

  /// The empty set.
  init() {}

  /// The scalars whose value `isMember` accepts.
  init(_ isMember: (UInt32) -> Bool) {
    words = (0..<Self.wordCount).map { index in
      var word: UInt64 = 0
      for bit in 0..<64 where isMember(UInt32(index * 64 + bit)) { word |= 1 << UInt64(bit) }
      return word
    }
    trim()
  }

  /// The scalars of `ranges`.
  init(_ ranges: ClosedRange<UInt32>...) {
    for range in ranges { insert(range) }
  }

  /// Every scalar.
  static var all: ScalarSet { ScalarSet().inverted() }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    let index = Int(scalar.value >> 6)
    let word = index < words.count ? words[index] ^ rest : rest
    return word >> UInt64(scalar.value & 63) & 1 != 0
  }

  mutating func insert(_ value: UInt32) { put(value, true) }

  mutating func remove(_ value: UInt32) { put(value, false) }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    for value in range { insert(value) }
  }

  mutating func formUnion(_ other: ScalarSet) { combine(with: other, |) }

  mutating func formIntersection(_ other: ScalarSet) { combine(with: other, &) }

  /// Every scalar that is not in the set.
  func inverted() -> ScalarSet {
    var result = self
    result.rest = ~rest
    return result
  }

  /// The values in the set, ascending.
  var values: [UInt32] {
    (0..<Self.wordCount).flatMap { index in
      let word = self[index]
      return word == 0
        ? [] : (0..<64).filter { word >> UInt64($0) & 1 != 0 }.map { UInt32(index * 64 + $0) }
    }
  }

  private subscript(index: Int) -> UInt64 { index < words.count ? words[index] ^ rest : rest }

  private mutating func put(_ value: UInt32, _ isMember: Bool) {
    let index = Int(value >> 6)
    let bit: UInt64 = 1 << UInt64(value & 63)
    if index >= words.count { words += repeatElement(0, count: index + 1 - words.count) }
    let word = words[index] ^ rest
    words[index] = (isMember ? word | bit : word & ~bit) ^ rest
  }

  private mutating func combine(with other: ScalarSet, _ join: (UInt64, UInt64) -> UInt64) {
    let rest = join(rest, other.rest)
    words = (0..<max(words.count, other.words.count)).map { join(self[$0], other[$0]) ^ rest }
    self.rest = rest
    trim()
  }

  /// Lets go of the words at the end that are as the rest.
  private mutating func trim() {
    while words.last == 0 { words.removeLast() }
  }
}
