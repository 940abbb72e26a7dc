/// A map from pairs of numbers to values, by open addressing: merges, and the edges of a trie.
struct PairTable<Value: Sendable>: Sendable {
  private var keys: [UInt64]
  private var values: [Value?]
  private var count = 0
  private var mask: Int
  private static var empty: UInt64 { .max }

  /// An empty table with room for `capacity` pairs; it grows when it must.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    keys = Array(repeating: Self.empty, count: size)
    values = Array(repeating: nil, count: size)
    mask = size - 1
  }

  /// The value of a pair of numbers, neither of them negative.
  subscript(left: Int32, right: Int32) -> Value? {
    get { values[slot(of: Self.key(left, right))] }
    set {
      if count * 2 >= keys.count { grow() }
      let slot = slot(of: Self.key(left, right))
      if keys[slot] == Self.empty { count += 1 }
      keys[slot] = Self.key(left, right)
      values[slot] = newValue
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
    while keys[slot] != Self.empty, keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  private mutating func grow() {
    let old = self
    self = PairTable(capacity: keys.count)
    count = old.count
    for (key, value) in zip(old.keys, old.values) where key != Self.empty {
      let slot = slot(of: key)
      keys[slot] = key
      values[slot] = value
    }
  }
}

/// What a merge of two tokens makes, and when it is due.
struct Merge: Sendable {
  var rank: Int32
  var token: Int32
}
