/// A map from pairs of numbers to values, by open addressing: merges, and the edges of a trie.
struct PairTable<Value: Sendable>: Sendable {
  private struct Slot {
    var key: UInt64
    var value: Value?
  }

  /// Key and value side by side: one cache line a look-up.
  private var slots: [Slot]
  private var count = 0
  private var mask: Int
  private static var empty: UInt64 { .max }

  /// An empty table with room for `capacity` pairs; it grows when it must.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: Slot(key: Self.empty, value: nil), count: size)
    mask = size - 1
  }

  /// The value of a pair of numbers, neither of them negative.
  subscript(left: Int32, right: Int32) -> Value? {
    get {
      let key = Self.key(left, right)
      var place = start(of: key)
      while true {
        let slot = slots[place]
        if slot.key == key { return slot.value }
        if slot.key == Self.empty { return nil }
        place = (place + 1) & mask
      }
    }
    set {
      if count * 2 >= slots.count { grow() }
      let key = Self.key(left, right)
      var place = start(of: key)
      while slots[place].key != Self.empty, slots[place].key != key { place = (place + 1) & mask }
      if slots[place].key == Self.empty { count += 1 }
      slots[place] = Slot(key: key, value: newValue)
    }
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  private func start(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
  }

  private mutating func grow() {
    let old = slots
    self = PairTable(capacity: slots.count)
    for slot in old where slot.key != Self.empty {
      self[Int32(truncatingIfNeeded: slot.key >> 32), Int32(truncatingIfNeeded: slot.key)] =
        slot.value
    }
  }
}

/// What a merge of two tokens makes, and when it is due.
struct Merge: Sendable {
  var rank: Int32
  var token: Int32
}
