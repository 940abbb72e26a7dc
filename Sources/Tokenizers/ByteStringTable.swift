/// A map from byte strings to numbers: the vocabulary. Keys are bytes, never `String`, whose
/// equality is canonical equivalence and would merge tokens.
struct ByteStringTable: Sendable {
  private var bytes: [UInt8] = []
  /// Key i stands at `starts[i]..<starts[i + 1]` of `bytes`.
  private var starts: [Int32] = [0]
  private var values: [Int32] = []
  /// Open addressing: an index into `values`, or -1.
  private var slots: [Int32]
  private let mask: Int

  /// A table with room for `capacity` keys.
  init(capacity: Int) {
    var size = 16
    while size < capacity * 2 { size *= 2 }
    slots = Array(repeating: -1, count: size)
    mask = size - 1
  }

  /// The value of `key`.
  subscript(key: ArraySlice<UInt8>) -> Int32? {
    let slot = slot(of: key)
    return slots[slot] < 0 ? nil : values[Int(slots[slot])]
  }

  /// Adds `key`, or replaces its value. The table never grows past the capacity it was made for.
  mutating func insert(_ key: ArraySlice<UInt8>, _ value: Int32) {
    let slot = slot(of: key)
    if slots[slot] >= 0 {
      values[Int(slots[slot])] = value
      return
    }
    precondition(values.count < slots.count / 2, "the table is full")
    slots[slot] = Int32(values.count)
    values.append(value)
    bytes.append(contentsOf: key)
    starts.append(Int32(bytes.count))
  }

  private func slot(of key: ArraySlice<UInt8>) -> Int {
    // FNV-1a, and its upper half mixed into the lower.
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var slot = Int(truncatingIfNeeded: hash ^ (hash >> 32)) & mask
    while slots[slot] >= 0, !matches(Int(slots[slot]), key) { slot = (slot + 1) & mask }
    return slot
  }

  private func matches(_ index: Int, _ key: ArraySlice<UInt8>) -> Bool {
    let start = Int(starts[index])
    guard Int(starts[index + 1]) - start == key.count else { return false }
    var position = start
    for byte in key {
      if bytes[position] != byte { return false }
      position += 1
    }
    return true
  }
}
