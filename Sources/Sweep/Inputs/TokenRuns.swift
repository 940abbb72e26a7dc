/// The runs of 13 tokens that occur in some windows: texts that share one hardly do so by chance.
struct TokenRuns {
  private static let length = 13
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// How often each run occurs, by its hash.
  private var counts: [UInt64: Int] = [:]
  private var total = 0

  /// The runs inside each of `windows`.
  init(_ windows: [[Int32]]) {
    for window in windows {
      Self.forEachHash(in: window) { hash in
        counts[hash, default: 0] += 1
        total += 1
      }
    }
  }

  /// The share of the runs that occur in `windows` too, 0 to 1; 0 where there are no runs.
  func share(in windows: [[Int32]]) -> Double {
    guard total > 0 else { return 0 }
    var left = counts
    var found = 0
    for window in windows where !left.isEmpty {
      Self.forEachHash(in: window) { hash in
        found += left.removeValue(forKey: hash) ?? 0
      }
    }
    return Double(found) / Double(total)
  }

  /// A rolling polynomial modulo 2^64 over every run of `tokens`.
  private static func forEachHash(in tokens: [Int32], _ body: (UInt64) -> Void) {
    var oldest: UInt64 = 1
    for _ in 0..<length { oldest = oldest &* factor }
    var hash: UInt64 = 0
    for (index, token) in tokens.enumerated() {
      hash = hash &* factor &+ value(token)
      if index >= length { hash = hash &- oldest &* value(tokens[index - length]) }
      if index >= length - 1 { body(hash ^ hash >> 29) }
    }
  }

  /// A token's value in the polynomial: never 0, and spread over all bits.
  private static func value(_ token: Int32) -> UInt64 {
    let mixed = (UInt64(UInt32(bitPattern: token)) &+ 1) &* 0xBF58_476D_1CE4_E5B9
    return mixed ^ mixed >> 31
  }
}
