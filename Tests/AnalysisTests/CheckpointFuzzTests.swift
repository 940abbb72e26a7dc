import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import TestSupport
import Testing

@Suite("Damaged GPTQ checkpoints")
struct CheckpointFuzzTests {
  /// Damaged folders a checkpoint: 10,000 in all, with those of ModelTests, in the long tests. Run
  /// these alone (--filter Fuzz): they look at the address space of the whole process.
  private static let isLong = ProcessInfo.processInfo.environment["TENBIN_LONG_TESTS"] != nil
  private static let cases: UInt64 = isLong ? 1250 : 120

  @Test(
    "are read and audited, or refused with an InputError; nothing crashes or allocates much",
    arguments: ["autogptq-4bit", "v2-2bit-asym", "sharded-8bit", "mixed"])
  func damaged(name: String) throws {
    let original = ForeignCheckpointTests.fixtures.appendingPathComponent(name)
    let engine = CPUEngine()
    let sound = try Decoder.open(original, engine: engine) { _ in }
    _ = try sound.logits([[1, 2, 3]])
    let resident = ProcessMemory.peakResident()
    let virtual = ProcessMemory.peakVirtual()
    var opened = 0
    var audited = 0
    try withTemporaryDirectory { folder in
      for seed in 0..<Self.cases {
        try MutatedFolder(original, seed: seed).write(to: folder)
        do throws(InputError) {
          let decoder = try Decoder.open(folder, engine: engine) { _ in }
          let tokens = (0..<9).map { Int32($0 % decoder.config.vocabularySize) }
          let logits = try decoder.logits([tokens])
          #expect(logits.rows == 9 && logits.columns == decoder.config.vocabularySize)
          opened += 1
        } catch {
          #expect([.badData, .missing, .io].contains(error.kind), "seed \(seed): \(error)")
        }
        do throws(InputError) {
          _ = try CheckpointAudit(folder, engine: engine).run()
          audited += 1
        } catch {
          #expect([.badData, .missing, .io].contains(error.kind), "seed \(seed): \(error)")
        }
      }
    }
    // Some mutations are harmless; if none or all were, the test would be blind.
    #expect(opened > Self.cases / 20 && opened < Self.cases * 3 / 4, "\(opened) opened")
    #expect(audited > opened)
    #expect(ProcessMemory.peakResident() - resident < 500_000)
    if Self.isLong {
      #expect(ProcessMemory.peakVirtual() - virtual < 200_000)
      print(
        "\(name): \(opened) of \(Self.cases) opened, \(audited) audited; peak"
          + " +\(ProcessMemory.peakResident() - resident) kB resident,"
          + " +\(ProcessMemory.peakVirtual() - virtual) kB virtual")
    }
  }
}
