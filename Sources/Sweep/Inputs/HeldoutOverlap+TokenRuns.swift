import Analysis
import Basics
import Calib
import Foundation
import Results

extension HeldoutOverlap {
  /// A share of common runs above this is no accident: other articles of one encyclopedia have 0.02 %.
  private static let accident = 0.01

  /// What `calibration` holds of the text of `domain`, read from `file`; nil where that is no more than
  /// chance.
  init?(_ domain: HeldoutDomain, file: String, calibration: CalibrationSet) {
    let share = TokenRuns(domain.windows).share(in: calibration.windows)
    let isSource = calibration.sources.contains { $0.isFile(at: URL(fileURLWithPath: file)) }
    guard isSource || share > Self.accident else { return nil }
    self.init(domain: domain.name, share: share, isSource: isSource)
  }
}

extension SourceRecord {
  /// Whether this source is the file at `url`: the same path, or the same bytes.
  fileprivate func isFile(at url: URL) -> Bool {
    let own = HubCache().url(of: name)
    if own.resolvingSymlinksInPath().path == url.resolvingSymlinksInPath().path { return true }
    let size = (try? FileManager.default.attributesOfItem(atPath: url.path))?[.size] as? Int
    // As much as the set's build read at most.
    guard isWhole, size == bytesRead, bytesRead < 1 << 30,
      let data = try? InputFile.data(url, asked: "", missing: "")
    else { return false }
    return SHA256.hexDigest(of: data) == sha256
  }
}

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
