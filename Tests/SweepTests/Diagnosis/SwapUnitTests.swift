import Foundation
import Model
import Sweep
import Testing

@Suite("What a diagnosis swaps")
struct SwapUnitTests {
  private func model(_ kind: String) throws -> ModelConfig {
    let text = """
      {\(kind), "hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 48,
       "num_attention_heads": 32, "num_key_value_heads": 4, "head_dim": 128, "vocab_size": 151936}
      """
    return try ModelConfig(json: Data(text.utf8), name: "config.json")
  }

  @Test("128 experts in 48 layers: layers, kinds, experts of a layer, and groups of 16 of them")
  func experts() throws {
    let model = try model(
      #""model_type": "qwen3_moe", "num_experts": 128, "moe_intermediate_size": 768"#)
    #expect(SwapUnit.layers(of: model).map { $0.size(model) } == Array(repeating: 388, count: 48))
    let kinds = SwapUnit.kinds(of: model)
    #expect(kinds.count == 7 + 48)
    #expect(kinds[4].name == "mlp.experts.*.gate_proj" && kinds[4].size(model) == 48 * 128)
    #expect(kinds[7].name == "layers.0, experts" && kinds[7].size(model) == 3 * 128)
    let detail = SwapUnit.detail(of: model, layer: 3)
    #expect(
      detail.map(\.name) == [
        "layers.3.self_attn.q_proj", "layers.3.self_attn.k_proj", "layers.3.self_attn.v_proj",
        "layers.3.self_attn.o_proj", "layers.3, experts 0 to 15", "layers.3, experts 16 to 31",
        "layers.3, experts 32 to 47", "layers.3, experts 48 to 63", "layers.3, experts 64 to 79",
        "layers.3, experts 80 to 95", "layers.3, experts 96 to 111", "layers.3, experts 112 to 127",
      ])
    #expect(detail.map(\.isGroup) == (0..<12).map { $0 >= 4 })
    // Every linear of the layer is in one of them.
    for linear in model.layer(3).linears {
      #expect(detail.count { $0.contains(3, linear.name) } == 1, "\(linear.name.rawValue)")
    }
    #expect(!detail.contains { $0.contains(4, "mlp.experts.17.up_proj") })
  }

  @Test(
    "few experts and dense layers: every linear by itself",
    arguments: [
      #""model_type": "mixtral", "num_local_experts": 8"#, #""model_type": "qwen3""#,
    ])
  func single(kind: String) throws {
    let model = try model(kind)
    let detail = SwapUnit.detail(of: model, layer: 0)
    #expect(detail.count == model.layer(0).linears.count && !detail.contains(where: \.isGroup))
    #expect(detail.map(\.name) == SwapUnit.linears(of: model, layer: 0).map(\.name))
    #expect(SwapUnit.kinds(of: model).count == 7 + (kind.contains("mixtral") ? 48 : 0))
  }
}
