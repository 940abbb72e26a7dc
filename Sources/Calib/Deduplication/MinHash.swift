import Basics

/// MinHash with banding over character 5-grams (Broder 1997): finds texts whose Jaccard similarity
/// is likely to reach a threshold; the caller verifies it exactly.
struct MinHash: Sendable {
  static let gramLength = 5
  static let hashCount = 200

  /// Rows of a band, and bands.
  let rows: Int
  let bands: Int
  private let seeds: [UInt64]

  /// The narrowest bands of 200 hashes that still find a pair at `threshold` with 99.9 %.
  init(threshold: Double) {
    let rows = (1...20).last {
      Self.detection(threshold, rows: $0, bands: Self.hashCount / $0) >= 0.999
    }
    self.rows = rows ?? 1
    bands = Self.hashCount / self.rows
    var generator = SplitMix64(seed: 42)
    seeds = (0..<self.rows * bands).map { _ in generator.next() }
  }

  /// 1 − (1 − s^rows)^bands: the probability that a pair of similarity `s` is found.
  static func detection(_ similarity: Double, rows: Int, bands: Int) -> Double {
    var band = 1.0
    for _ in 0..<rows { band *= similarity }
    var miss = 1.0
    for _ in 0..<bands { miss *= 1 - band }
    return 1 - miss
  }

  /// One key a band: texts that share a key are candidates.
  func bandKeys(_ grams: Set<UInt64>) -> [UInt64] {
    var least = [UInt64](repeating: .max, count: seeds.count)
    for gram in grams {
      for index in seeds.indices {
        var hash = gram ^ seeds[index]
        hash = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
        hash ^= hash >> 32
        if hash < least[index] { least[index] = hash }
      }
    }
    return (0..<bands).map { band in
      least[band * rows..<(band + 1) * rows].reduce(UInt64(band) &+ 0x51_7C) {
        ($0 ^ $1) &* 0x9E37_79B9_7F4A_7C15
      }
    }
  }
}
