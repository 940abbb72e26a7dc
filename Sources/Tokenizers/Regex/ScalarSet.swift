/// A set of Unicode scalars as a bitmap of 136 kB: one load and one shift a look-up.
struct ScalarSet: Sendable {
  private var words: [UInt64]

  /// The empty set.
  init() {
    words = Array(repeating: 0, count: 0x110000 / 64)
  }

  /// The scalars whose value `isMember` accepts.
  init(_ isMember: (UInt32) -> Bool) {
    self.init()
    for index in words.indices {
      var word: UInt64 = 0
      for bit in 0..<64 where isMember(UInt32(index * 64 + bit)) { word |= 1 << UInt64(bit) }
      words[index] = word
    }
  }

  /// The scalars of `ranges`.
  init(_ ranges: ClosedRange<UInt32>...) {
    self.init()
    for range in ranges { insert(range) }
  }

  func contains(_ scalar: Unicode.Scalar) -> Bool {
    words[Int(scalar.value >> 6)] >> UInt64(scalar.value & 63) & 1 != 0
  }

  mutating func insert(_ value: UInt32) {
    words[Int(value >> 6)] |= 1 << UInt64(value & 63)
  }

  mutating func remove(_ value: UInt32) {
    words[Int(value >> 6)] &= ~(1 << UInt64(value & 63))
  }

  mutating func insert(_ range: ClosedRange<UInt32>) {
    for value in range { insert(value) }
  }

  mutating func formUnion(_ other: ScalarSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  mutating func formIntersection(_ other: ScalarSet) {
    for index in words.indices { words[index] &= other.words[index] }
  }

  /// Every scalar that is not in the set.
  func inverted() -> ScalarSet {
    var result = self
    for index in words.indices { result.words[index] = ~words[index] }
    return result
  }

  /// The values in the set, ascending.
  var values: [UInt32] {
    words.indices.flatMap { index in
      words[index] == 0
        ? []
        : (0..<64).filter { words[index] >> UInt64($0) & 1 != 0 }.map { UInt32(index * 64 + $0) }
    }
  }
}
