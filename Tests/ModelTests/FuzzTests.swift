import Basics
import Compute
import Foundation
import Model
import TestSupport
import Testing

@Suite("Damaged model folders")
struct FuzzTests {
  /// Damaged folders a family: 10,000 in all, with those of AnalysisTests, in the long tests. Run
  /// these alone (--filter Fuzz): they look at the address space of the whole process.
  private static let isLong = ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil
  private static let cases: UInt64 = isLong ? 1250 : 120

  @Test(
    "open, or are refused with an InputError; nothing crashes or allocates without bound",
    arguments: [
      "llama3", "llama-dynamic", "qwen2-sliding", "qwen3-mixed", "mixtral", "qwen2_moe",
      "qwen3_moe-sparse", "gemma2-older", "gemma3_text", "phi3-longrope", "gpt_oss",
      "gpt_oss-mxfp4", "plamo3",
    ])
  func damaged(name: String) throws {
    let original = try fixture("tiny-\(name)")
    let engine = CPUEngine()
    _ = try Decoder(directory: original, engine: engine).logits([[1, 2, 3]])
    let resident = ProcessMemory.peakResident()
    let virtual = ProcessMemory.peakVirtual()
    var opened = 0
    try withTemporaryDirectory { folder in
      for seed in 0..<Self.cases {
        try MutatedFolder(original, seed: seed).write(to: folder)
        do throws(InputError) {
          let decoder = try Decoder(directory: folder, engine: engine)
          // A mutation may have left fewer tokens or another window: 9 tokens reach both.
          let tokens = (0..<9).map { Int32($0 % decoder.config.vocabularySize) }
          var states = try decoder.embed([tokens])
          try decoder.layer(0, positions: tokens.count).advance(&states)
          let logits = try decoder.head().logits(states)
          #expect(logits.rows == 9 && logits.columns == decoder.config.vocabularySize)
          opened += 1
        } catch {
          #expect([.badData, .missing, .io].contains(error.kind), "seed \(seed): \(error)")
        }
      }
    }
    // Some mutations are harmless; if none or all were, the test would be blind.
    #expect(opened > Self.cases / 20 && opened < Self.cases * 3 / 4, "\(opened) opened")
    #expect(ProcessMemory.peakResident() - resident < 500_000)
    if Self.isLong {
      #expect(ProcessMemory.peakVirtual() - virtual < 200_000)
      print(
        "\(name): \(opened) of \(Self.cases) opened; peak +\(ProcessMemory.peakResident() - resident)"
          + " kB resident, +\(ProcessMemory.peakVirtual() - virtual) kB virtual")
    }
  }
}
