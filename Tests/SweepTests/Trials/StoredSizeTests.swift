import Foundation
import GPTQ
import Model
import Results
import TestSupport
import Testing

@Suite("What a checkpoint will take")
struct StoredSizeTests {
  /// The demo model's shapes, its embedding table tied to lm_head or not.
  static func config(tied: Bool = true) throws -> ModelConfig {
    let url = Repository.demoModel.appendingPathComponent("config.json")
    let text = try String(contentsOf: url, encoding: .utf8)
      .replacing("\"tie_word_embeddings\": true", with: "\"tie_word_embeddings\": \(tied)")
    return try ModelConfig(json: Data(text.utf8), name: "config.json")
  }

  @Test(
    "counted bits are those of the tensors that are written",
    arguments: 2...8, [-1, 48, 64, 128])
  func linear(bits: Int, groupSize: Int) {
    for scales in [QuantizeConfig().scalesDtype, .f32] {
      var config = QuantizeConfig()
      (config.bits, config.groupSize, config.scalesDtype) = (bits, groupSize, scales)
      let plan = CheckpointPlan([.linear(name: "m", outFeatures: 96, inFeatures: 256, config)])
      #expect(config.storedBits(outFeatures: 96, inFeatures: 256) == 8 * plan.totalSize)
    }
  }

  @Test("an estimate takes dynamic, the list of linears, the packer and lm_head into account")
  func estimate() throws {
    let model = try Self.config(tied: false)
    let table = model.vocabularySize * model.hiddenSize
    var trial = TrialConfig()
    trial.modules = []
    #expect(model.checkpointBytes(of: trial) == 2 * (model.linearParameters + 2 * table))
    trial.quantizesHead = true
    let head = trial.quantize.storedBits(
      outFeatures: model.vocabularySize, inFeatures: model.hiddenSize)
    #expect(model.checkpointBytes(of: trial) == 2 * (model.linearParameters + table) + head / 8)

    var whole = TrialConfig()
    let usual = model.checkpointBytes(of: whole)
    whole.dynamic = try DynamicRules(["-:model\\.layers\\.0\\.": [:]], strict: true)
    let first = model.linears.filter { $0.layer == 0 }.reduce(0) { sum, place in
      let (rows, columns) = (place.linear.rows, place.linear.columns)
      return sum + 16 * rows * columns
        - whole.quantize.storedBits(outFeatures: rows, inFeatures: columns)
    }
    #expect(model.checkpointBytes(of: whole) == usual + first / 8)
    let tied = try Self.config()
    #expect(tied.checkpointBytes(of: TrialConfig()) == usual - 2 * table)

    var packed = TrialConfig()
    packed.quantize.scalesDtype = .f32
    let wide = model.bitsPerWeight(of: packed)
    packed.packer = .autogptqBF16
    #expect(model.bitsPerWeight(of: packed) < wide, "AutoGPTQ's packer stores BF16 scales")
  }
}
