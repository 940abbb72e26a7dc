import Analysis
import Basics
import Compute
import Foundation
import Model
import Results
import Sweep
import TestSupport
import Testing

@Suite("Sides of a diagnosis: settings and checkpoints")
struct DiagnosisSourceTests {
  @Test("a preset, changed by the keys beside it")
  func preset() throws {
    let side = try DiagnosisSource(
      text: "preset: nejumi-int8\npacker: autogptq-bf16\ngroup_size: 32\n", name: "a.yaml")
    #expect(side.config.quantize.bits == 8 && side.config.quantize.groupSize == 32)
    #expect(side.config.quantize.descAct && side.config.packer == .autogptqBF16)
    #expect(try DiagnosisSource("nejumi-int4").config.quantize.bits == 4)
    #expect(!side.isCheckpoint)
  }

  @Test(
    "what is wrong is named",
    arguments: [
      ("bit: 4\n", "bits"), ("bits: 9\n", "bits"), ("preset: nejumi-int3\n", "preset"),
      ("calibration_samples: 0\n", "calibration_samples"), ("- a\n", "mapping"),
      ("damp_percent: -1\n", "damp_percent"),
    ])
  func wrong(text: String, mentioned: String) throws {
    let error = #expect(throws: InputError.self) {
      try DiagnosisSource(text: text, name: "a.yaml")
    }
    #expect(error?.description.contains(mentioned) == true)
  }

  @Test("where neither side names propagation, both share the base's activations")
  func propagation() throws {
    func sides(_ suspect: String, _ baseline: String) throws -> [TrialConfig.Propagation] {
      let (one, other) = try DiagnosisSource.alike(
        DiagnosisSource(text: suspect, name: "a.yaml"),
        DiagnosisSource(text: baseline, name: "b.yaml"))
      return [one.config.propagation, other.config.propagation]
    }
    #expect(try sides("bits: 4", "bits: 8") == [.shared, .shared])
    #expect(try sides("bits: 4", "propagation: shared") == [.quantized, .shared])
    #expect(try sides("bits: 4", "algorithm: gptaq") == [.quantized, .quantized])
    #expect(try sides("error_propagation: 0.5", "bits: 4") == [.quantized, .quantized])
  }

  @Test("a missing file, and more windows than the set has")
  func missing() throws {
    let error = #expect(throws: InputError.self) { try DiagnosisSource("/no/such/side.yaml") }
    #expect(error?.kind == .missing)
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: 1).write(to: model)
      let inputs = try PlantedCauseTests.quick.inputs(model: model)
      let side = try DiagnosisSource(text: "calibration_samples: 1000\n", name: "a.yaml")
      let refused = #expect(throws: InputError.self) {
        try DiagnosisRun(inputs, suspect: side, baseline: DiagnosisSource("nejumi-int4"))
      }
      #expect(refused?.kind == .usage)
    }
  }

  @Test("stored checkpoints: the overflow is named, with the repair that needs no quantizing")
  func checkpoints() throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: 1).write(to: model)
      let inputs = try PlantedCauseTests.quick.inputs(model: model)
      func store(_ text: String, _ name: String) throws -> DiagnosisSource {
        let output = folder.appendingPathComponent(name)
        _ = try inputs.quantize(
          DiagnosisSource(text: text, name: name).config, options: .init(output: output))
        return try DiagnosisSource(output.path)
      }
      let suspect = try store("preset: nejumi-int8\npacker: autogptq-bf16\n", "int8")
      let baseline = try store("preset: nejumi-int8\n", "sound")
      #expect(suspect.isCheckpoint && suspect.config.quantize.bits == 8)
      var options = DiagnosisOptions()
      options.draws = 2
      options.swapTokens = 256
      let diagnosis = try DiagnosisRun(
        inputs, suspect: suspect, baseline: baseline, options: options
      ).run()
      #expect(diagnosis.leadingCause?.kind == .packing, "\(diagnosis.causes)")
      let overflow = try #require(diagnosis.hypotheses.first)
      #expect(overflow.status == .confirmed && overflow.next == .repairCheckpoint)
      #expect(diagnosis.hypotheses.first { $0.hypothesis == .moduleSets }?.status == .refuted)
      #expect(diagnosis.audit.contains { $0.defect == .packingOverflow })
      #expect(diagnosis.modules.allSatisfy { $0.suspect.packerChangedCodes > 0 })
      let sum = diagnosis.causes.reduce(0) { $0 + $1.nll.value }
      #expect(abs(sum - diagnosis.nll.value) < 1e-9, "the parts add up to the difference")
    }
  }
}
