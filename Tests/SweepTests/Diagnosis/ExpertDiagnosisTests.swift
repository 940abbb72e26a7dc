import Analysis
import Foundation
import Report
import Sweep
import TestSupport
import Testing

@Suite("Diagnoses of models with experts")
struct ExpertDiagnosisTests {
  @Test("two experts of one layer: every swap that has them finds all of it, every other nothing")
  func planted() throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try RandomModel(
        #"{"model_type": "qwen3_moe", "hidden_size": 64, "intermediate_size": 32, "#
          + #""moe_intermediate_size": 32, "num_experts": 12, "num_experts_per_tok": 6, "#
          + #""num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "#
          + #""head_dim": 16, "vocab_size": 8192}"#
      ).write(to: model)
      let inputs = try PlantedCauseTests.quick.inputs(model: model)
      var options = DiagnosisOptions()
      options.swapTokens = 256
      let diagnosis = try DiagnosisRun(
        inputs,
        suspect: DiagnosisSource(
          text: """
            {bits: 8, group_size: 32, dynamic: {'+:.*layers\\.1\\.mlp\\.experts\\.[45]\\.': {bits: 2}}}
            """, name: "suspect.yaml"),
        baseline: DiagnosisSource(text: "{bits: 8, group_size: 32}", name: "baseline.yaml"),
        options: options
      ).run()
      #expect(
        [.regression, .improvement, .fartherFromBase].contains(diagnosis.verdict),
        "\(diagnosis.verdict) \(diagnosis.nll.value) \(diagnosis.kld.value)")
      let places = (0..<2).map { "layers.\($0)" }
      let kinds = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"]
      let experts = ["gate", "up", "down"].map { "mlp.experts.*.\($0)_proj" }
      #expect(
        diagnosis.groups.map(\.name) == places + kinds + experts + places.map { "\($0), experts" }
          + places.flatMap { place in
            stride(from: 0, to: 12, by: 2).map { "\(place), experts \($0) to \($0 + 1)" }
          })
      #expect(
        diagnosis.groups.map(\.modules)
          == [40, 40, 2, 2, 2, 2, 24, 24, 24, 36, 36] + Array(repeating: 6, count: 12))
      let whole = try #require(diagnosis.groups.first { $0.name == "layers.1" }).kld.value
      #expect(whole > 1e-5)
      for group in diagnosis.groups {
        switch group.name {
        case "layers.1", "layers.1, experts", "layers.1, experts 4 to 5":
          #expect(group.kld.value == whole, "\(group.name)")
          #expect(group.repairKLD?.value == whole, "\(group.name)")
        case let name where experts.contains(name):
          #expect(group.kld.value != 0 && group.kld.value < whole, "\(name)")
        default: #expect(group.kld.value == 0 && group.nll.value == 0, "\(group.name)")
        }
        #expect(group.noiseKLD?.value.isFinite == true)
      }
      // Of more than eight experts, linears are swapped in groups only.
      let swapped = diagnosis.modules.filter { $0.swap != nil }
      #expect(swapped.count == 8 && swapped.allSatisfy { $0.module.hasPrefix("self_attn") })
      #expect(swapped.allSatisfy { $0.swap?.kld.value == 0 })
      #expect(diagnosis.modules.count == 80)
      let page = DiagnosisPage.text(diagnosis)
      #expect(page.contains("layers.1, experts 4 to 5") && page.contains("id=\"groups\""))
    }
  }
}
