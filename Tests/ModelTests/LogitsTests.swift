import Compute
import Foundation
import Model
import TestSupport
import Testing

/// What make_golden.py wrote: transformers' float32 logits.
struct LogitsGolden: Decodable {
  var inputIDs: [Int32]
  var positions: [Int]
  var stride: Int
  var logits: [[Double]]
  var logSumExp: [Double]

  enum CodingKeys: String, CodingKey {
    case inputIDs = "input_ids"
    case positions, stride, logits
    case logSumExp = "log_sum_exp"
  }

  init(_ url: URL) throws {
    self = try JSONDecoder().decode(LogitsGolden.self, from: Data(contentsOf: url))
  }
}

@Suite("Logits against transformers in float32 (remake: Tests/ModelTests/make_golden.py)")
struct LogitsTests {
  /// Relative to the largest logit of the position; float32 sums in another order stay below it.
  static let tolerance = 1e-4

  @Test("single file, tied embeddings, grouped heads: the demo model")
  func demoModel() throws {
    try check(
      Repository.demoModel, LogitsGolden(fixture("demo-logits.json")))
  }

  @Test("sharded, untied embeddings, explicit head_dim: a tiny Llama")
  func tinyLlama() throws {
    let folder = try fixture("tiny-llama")
    try check(folder, LogitsGolden(folder.appendingPathComponent("logits.json")))
  }

  @Test("windows do not see each other")
  func windowsAreIndependent() throws {
    let golden = try LogitsGolden(fixture("tiny-llama").appendingPathComponent("logits.json"))
    let decoder = try Decoder(directory: fixture("tiny-llama"), engine: CPUEngine())
    let window = Array(golden.inputIDs[..<40])
    let other = Array(golden.inputIDs[100..<131])
    let together = try decoder.logits([other, window])
    let alone = try decoder.logits([window])
    for row in 0..<40 {
      let difference = zip(together.row(31 + row), alone.row(row)).map { abs($0 - $1) }.max() ?? 1
      #expect(difference < 1e-4)
    }
  }

  private func fixture(_ name: String) throws -> URL {
    try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
      .appendingPathComponent(name)
  }

  private func check(_ folder: URL, _ golden: LogitsGolden) throws {
    let decoder = try Decoder(directory: folder, engine: CPUEngine())
    let logits = try decoder.logits([golden.inputIDs])
    #expect(logits.rows == golden.inputIDs.count)
    for (position, expected) in zip(golden.positions, golden.logits) {
      let row = Array(logits.row(position))
      let scale = expected.map(abs).max() ?? 1
      for (index, value) in expected.enumerated() {
        let difference = abs(Double(row[index * golden.stride]) - value) / scale
        #expect(difference < Self.tolerance, "position \(position), entry \(index * golden.stride)")
      }
    }
    for (position, expected) in golden.logSumExp.enumerated() {
      let row = logits.row(position).map(Double.init)
      let maximum = row.max() ?? 0
      let lse = maximum + log(row.reduce(0) { $0 + exp($1 - maximum) })
      #expect(abs(lse - expected) < Self.tolerance * max(1, abs(expected)))
    }
  }
}
