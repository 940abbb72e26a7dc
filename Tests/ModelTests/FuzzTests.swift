import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing

@Suite("Damaged model folders")
struct FuzzTests {
  /// Damaged folders a family (5,000 of each were run once).
  private static let cases: UInt64 = 500

  @Test(
    "open, or are refused with an InputError; nothing crashes or allocates without bound",
    arguments: ["llama3", "llama-dynamic", "qwen2-sliding", "qwen3-mixed"])
  func damaged(name: String) throws {
    let original = try fixture("tiny-\(name)")
    let engine = CPUEngine(threads: 1)
    let peak = try peakKilobytes()
    var opened = 0
    try withTemporaryDirectory { folder in
      for seed in 0..<Self.cases {
        try MutatedModel(original, seed: seed).write(to: folder)
        do throws(InputError) {
          let decoder = try Decoder(directory: folder, engine: engine)
          // A mutation may have left fewer tokens or another window: 9 tokens reach both.
          let tokens = (0..<9).map { Int32($0 % decoder.config.vocabularySize) }
          var states = try decoder.embed([tokens])
          try decoder.layer(0, positions: tokens.count).advance(&states)
          let logits = try decoder.head().logits(states.residual)
          #expect(logits.rows == 9 && logits.columns == decoder.config.vocabularySize)
          opened += 1
        } catch {
          #expect([.badData, .missing, .io].contains(error.kind), "seed \(seed): \(error)")
        }
      }
    }
    // Some mutations are harmless; if none or all were, the test would be blind.
    #expect(opened > Self.cases / 20 && opened < Self.cases * 3 / 4, "\(opened) opened")
    #expect(try peakKilobytes() - peak < 500_000)
  }

  /// The most memory this process has had resident, in kB.
  private func peakKilobytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
  }
}
