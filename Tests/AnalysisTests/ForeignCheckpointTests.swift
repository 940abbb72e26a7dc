import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Tensor
import TestSupport
import Testing

@Suite("GPTQ checkpoints of other tools (remake: Tests/Interop/make_foreign.py)")
struct ForeignCheckpointTests {
  /// What numpy and transformers made of a checkpoint.
  struct Golden: Decodable {
    var weights: [String: String]
    var inputIDs: [Int32]
    var positions: [Int]
    var logits: [[Double]]
    var perplexity: Double

    enum CodingKeys: String, CodingKey {
      case weights, positions, logits, perplexity
      case inputIDs = "input_ids"
    }
  }

  static let fixtures = Repository.root.appendingPathComponent("Tests/Interop/Fixtures/foreign")
  static let names = [
    "autogptq-4bit",  // its own file name, settings in quantize_config.json alone, zero biases
    "autogptq-3bit-asym", "v2-2bit-asym",  // groups of any size in any order
    "sharded-8bit", "row-8bit",  // no g_idx
    "mixed",  // 3, 4 and 8 bits, and one linear left alone
    "lm-head",
    "ragged-4bit",  // no multiples of 32
    "gptqmodel-4bit", "gptqmodel-8bit-asym",
  ]

  @Test("every weight to the bit, logits and perplexity", arguments: names)
  func reads(name: String) throws {
    let folder = Self.fixtures.appendingPathComponent(name)
    let golden = try JSONDecoder().decode(
      Golden.self, from: Data(contentsOf: folder.appendingPathComponent("golden.json")))
    let reader = try GPTQCheckpointReader(folder)
    #expect(reader.quantizedModules == golden.weights.keys.sorted())
    for (module, digest) in golden.weights {
      let bytes = FloatFormat.f32.encode(try reader.weight(module).elements)
      #expect(SHA256.hexDigest(of: bytes) == digest, "\(module)")
    }

    let engine = CPUEngine()
    var warnings: [String] = []
    let decoder = try Decoder.open(folder, engine: engine) { warnings.append($0) }
    // Its groups were drawn at random: an audit calls it defective.
    #expect(warnings.isEmpty == (name != "v2-2bit-asym"), "\(warnings)")
    let logits = try decoder.logits([golden.inputIDs])
    for (position, expected) in zip(golden.positions, golden.logits) {
      let largest = expected.map(abs).max() ?? 1
      for (found, value) in zip(logits.row(position), expected) {
        #expect(abs(Double(found) - value) < 1e-4 * largest)
      }
    }
    let domain = HeldoutDomain(name: "window", windows: [golden.inputIDs], characters: 1)
    let scored = try Scoring(decoder).evaluate([domain])
    let perplexity = try #require(scored.first).perplexity
    #expect(abs(perplexity / golden.perplexity - 1) < 1e-4)
    #expect(throws: InputError.self) { try Decoder(directory: folder, engine: engine) }
  }

  @Test("an audit finds no damage in them", arguments: names)
  func audits(name: String) throws {
    let folder = Self.fixtures.appendingPathComponent(name)
    let report = try CheckpointAudit(folder, engine: CPUEngine()).run()
    let damage: Set<AuditDefect> = [.damagedFile, .missingTensor, .wrongShape]
    let found = report.findings.filter { damage.contains($0.defect) }
    #expect(found.isEmpty, "\(found.map(\.evidence))")
    let reader = try GPTQCheckpointReader(folder)
    #expect(report.modules.map(\.name).sorted() == reader.quantizedModules)
  }
}
