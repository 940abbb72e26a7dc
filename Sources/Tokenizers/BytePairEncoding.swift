/// Byte-pair encoding (Sennrich et al. 2016) with HF's options: merges by rank, leftmost first.
struct BytePairEncoding: Sendable {
  /// How a pre-token becomes the first symbols.
  enum Symbols: Sendable {
    /// One symbol a byte; the vocabulary's keys were decoded from GPT-2's alphabet.
    case bytes
    /// One symbol a scalar.
    case scalars
  }

  struct Options: Sendable {
    var ignoreMerges = false
    var byteFallback = false
    var fuseUnknown = false
    var continuingSubwordPrefix = ""
    var endOfWordSuffix = ""
  }

  let symbols: Symbols
  let options: Options
  let vocabulary: ByteStringTable
  let merges: PairTable<Merge>
  let unknown: Int32?
  /// The token of each byte: the byte itself, or `<0xXX>` where bytes are the fallback.
  let byteTokens: [Int32?]

  /// Scratch memory of one run over many pre-tokens.
  struct Scratch {
    var bytes: [UInt8] = []
    var tokens: [Int32] = []
    var previous: [Int32] = []
    var next: [Int32] = []
    var heap = MergeHeap()
  }

  /// Appends the tokens of one pre-token.
  func encode(
    _ piece: ArraySlice<Unicode.Scalar>, _ scratch: inout Scratch, into result: inout [Int32]
  ) {
    scratch.bytes.removeAll(keepingCapacity: true)
    for scalar in piece { scratch.bytes.appendUTF8(scalar) }
    if options.ignoreMerges, let token = vocabulary[scratch.bytes[...]] {
      result.append(token)
      return
    }
    scratch.tokens.removeAll(keepingCapacity: true)
    switch symbols {
    case .bytes:
      for byte in scratch.bytes {
        if let token = byteTokens[Int(byte)] { scratch.tokens.append(token) }
      }
    case .scalars: appendScalars(of: piece, &scratch)
    }
    merge(&scratch, into: &result)
  }

  private func appendScalars(of piece: ArraySlice<Unicode.Scalar>, _ scratch: inout Scratch) {
    // As in HF, an unknown token waits until a known one follows; byte tokens overtake it.
    var waiting: Int32?
    for index in piece.indices {
      scratch.bytes.removeAll(keepingCapacity: true)
      if index > piece.startIndex { scratch.bytes += options.continuingSubwordPrefix.utf8 }
      scratch.bytes.appendUTF8(piece[index])
      if index == piece.endIndex - 1 { scratch.bytes += options.endOfWordSuffix.utf8 }
      if let token = vocabulary[scratch.bytes[...]] {
        if let unknown = waiting.take() { scratch.tokens.append(unknown) }
        scratch.tokens.append(token)
      } else if options.byteFallback, let tokens = fallback(scratch.bytes[...]) {
        scratch.tokens += tokens
      } else if let unknown {
        if waiting != nil, !options.fuseUnknown { scratch.tokens.append(unknown) }
        waiting = unknown
      }
    }
    if let unknown = waiting { scratch.tokens.append(unknown) }
  }

  private func fallback(_ bytes: ArraySlice<UInt8>) -> [Int32]? {
    var tokens = [Int32]()
    for byte in bytes {
      guard let token = byteTokens[Int(byte)] else { return nil }
      tokens.append(token)
    }
    return tokens
  }

  /// Merges `scratch.tokens` until no pair of neighbours has a merge: a doubly linked list and a heap.
  private func merge(_ scratch: inout Scratch, into result: inout [Int32]) {
    let count = scratch.tokens.count
    guard count > 1 else {
      result += scratch.tokens
      return
    }
    scratch.previous.removeAll(keepingCapacity: true)
    scratch.next.removeAll(keepingCapacity: true)
    scratch.heap.removeAll()
    for index in 0..<Int32(count) {
      scratch.previous.append(index - 1)
      scratch.next.append(index + 1)
      if index + 1 < count { push(index, index + 1, &scratch) }
    }
    while let (rank, position) = scratch.heap.pop() {
      let left = Int(position)
      let right = Int(scratch.next[left])
      // A position is dead (-1), or its neighbour has changed, since the entry was pushed.
      guard scratch.tokens[left] >= 0, right < count,
        let merge = merges[scratch.tokens[left], scratch.tokens[right]], merge.rank == rank
      else { continue }
      scratch.tokens[left] = merge.token
      scratch.tokens[right] = -1
      let after = scratch.next[right]
      scratch.next[left] = after
      if after < count {
        scratch.previous[Int(after)] = position
        push(position, after, &scratch)
      }
      if scratch.previous[left] >= 0 { push(scratch.previous[left], position, &scratch) }
    }
    for token in scratch.tokens where token >= 0 { result.append(token) }
  }

  private func push(_ left: Int32, _ right: Int32, _ scratch: inout Scratch) {
    if let merge = merges[scratch.tokens[Int(left)], scratch.tokens[Int(right)]] {
      scratch.heap.push(rank: merge.rank, position: left)
    }
  }
}

/// A binary min-heap of (rank, position).
struct MergeHeap {
  private var keys: [UInt64] = []

  mutating func removeAll() {
    keys.removeAll(keepingCapacity: true)
  }

  mutating func push(rank: Int32, position: Int32) {
    let key = UInt64(UInt32(rank)) << 32 | UInt64(UInt32(position))
    var index = keys.count
    keys.append(key)
    while index > 0, keys[(index - 1) / 2] > key {
      keys[index] = keys[(index - 1) / 2]
      index = (index - 1) / 2
    }
    keys[index] = key
  }

  mutating func pop() -> (rank: Int32, position: Int32)? {
    guard let least = keys.first, let key = keys.popLast() else { return nil }
    if !keys.isEmpty {
      var index = 0
      while true {
        var child = 2 * index + 1
        guard child < keys.count else { break }
        if child + 1 < keys.count, keys[child + 1] < keys[child] { child += 1 }
        guard keys[child] < key else { break }
        keys[index] = keys[child]
        index = child
      }
      keys[index] = key
    }
    return (Int32(least >> 32), Int32(least & 0xFFFF_FFFF))
  }
}

extension [UInt8] {
  /// Appends the UTF-8 of `scalar`.
  mutating func appendUTF8(_ scalar: Unicode.Scalar) {
    let value = scalar.value
    switch value {
    case 0..<0x80: append(UInt8(value))
    case 0x80..<0x800:
      append(UInt8(0xC0 | value >> 6))
      append(UInt8(0x80 | value & 0x3F))
    case 0x800..<0x10000:
      append(UInt8(0xE0 | value >> 12))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    default:
      append(UInt8(0xF0 | value >> 18))
      append(UInt8(0x80 | value >> 12 & 0x3F))
      append(UInt8(0x80 | value >> 6 & 0x3F))
      append(UInt8(0x80 | value & 0x3F))
    }
  }
}
