import Foundation
import TestSupport
import Testing

@Suite("quantize, by its command")
struct QuantizeTests {
  private struct Summary: Decodable {
    struct Module: Decodable {
      var name: String
      var solver_path: String
      var rescue_reason: String?
      var damp_percent_used: Double?
    }
    var modules: [Module]
    var modules_rescued: Int
    var tensors_verified: Int
  }
  private struct Row: Decodable { var perplexity: Double }

  @Test("a preset with modules of their own: what is said of it, and what evaluate reads")
  func presetAndModules() throws {
    try withTemporaryDirectory { folder in
      try FileManager.default.createSymbolicLink(
        at: folder.appendingPathComponent("notebooks-data"),
        withDestinationURL: Repository.root.appendingPathComponent("notebooks-data"))
      try run(
        [
          "calib", "build", "--source", "notebooks-data/corpus/jawiki-sample.xml", "--tokenizer",
          "notebooks-data/demo-model", "--take", "first:1", "--max-seq-length", "300", "--output",
          "set.sqlite",
        ], in: folder)
      let quantized = try run(
        [
          "quantize", "notebooks-data/demo-model", "--calibration", "set.sqlite", "--preset",
          "nejumi-int8", "--dynamic", #"-:model\.layers\.0\.self_attn={}"#, "--dynamic",
          #"+:.*down_proj={"bits":4,"group_size":128,"damp_percent":0.01}"#, "--format", "json",
          "--output", "out",
        ], in: folder)
      let summary = try JSONDecoder().decode(Summary.self, from: Data(quantized.output.utf8))
      #expect(summary.modules.count == 6 * 7 - 4)
      #expect(!summary.modules.contains { $0.name.hasPrefix("model.layers.0.self_attn") })
      // 300 calibration tokens and 384 or 1024 inputs: at damp 0 no Hessian has a usable factor.
      let rescued = summary.modules.filter { $0.solver_path != "direct" }
      #expect(rescued.count == summary.modules_rescued && rescued.count > 20)
      #expect(rescued.allSatisfy { $0.rescue_reason != nil })
      #expect(quantized.errors.contains("model.layers.1.self_attn.q_proj: "))
      let down = summary.modules.filter { $0.name.hasSuffix("down_proj") }
      #expect(down.allSatisfy { $0.solver_path == "direct" && $0.damp_percent_used == 0.01 })
      #expect(summary.tensors_verified > 4 * 38)
      let config = try String(
        contentsOf: folder.appendingPathComponent("out/quantize_config.json"), encoding: .utf8)
      #expect(config.contains(#""damp_percent": 0.01"#), "that of the modules in dynamic")
      for zero in [#""damp_percent": 0,"#, #""damp_percent": 0.0,"#] {
        #expect(!config.contains(zero))
      }

      var perplexities: [Double] = []
      for model in ["notebooks-data/demo-model", "out"] {
        let evaluated = try run(
          [
            "evaluate", "perplexity", model, "--data", "notebooks-data/corpus/heldout-wiki.jsonl",
            "--context", "128", "--max-tokens", "512", "--format", "json",
          ], in: folder)
        let rows = try JSONDecoder().decode([Row].self, from: Data(evaluated.output.utf8))
        perplexities += rows.map(\.perplexity)
      }
      // down_proj has 4 bits, on a calibration set far too small: 2.4 % measured.
      #expect(abs(perplexities[1] / perplexities[0] - 1) < 0.05)
    }
  }

  @discardableResult
  private func run(_ arguments: [String], in folder: URL) throws -> TenbinProcess {
    let process = try TenbinProcess(arguments, in: folder)
    try #require(process.status == 0, "\(arguments): \(process.errors)")
    return process
  }
}
