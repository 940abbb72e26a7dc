import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Sweep
import Tensor
import TestSupport
import Testing

@Suite("Diagnoses of checkpoints that differ outside their linears")
struct WholeDiagnosisTests {
  /// A change of a checkpoint's folder, and the cause that it is.
  struct Change: Sendable, CustomTestStringConvertible {
    let name: String
    let cause: CauseKind
    let make: @Sendable (URL) throws -> Void
    var testDescription: String { name }
  }

  private static func editConfig(_ folder: URL, _ change: (inout [String: Any]) -> Void) throws {
    let file = folder.appendingPathComponent("config.json")
    var keys =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    change(&keys)
    try JSONSerialization.data(withJSONObject: keys).write(to: file)
  }

  /// Writes the checkpoint's one file again with the values of a bfloat16 or float16 tensor changed, or
  /// with another tensor beside it that holds the changed values.
  private static func editTensor(
    _ folder: URL, _ name: String, as copy: String? = nil, _ change: (inout [Float]) -> Void
  ) throws {
    let directory = try SafetensorsDirectory(folder)
    let names = directory.tensorNames.sorted()
    let file = try #require(directory.file(of: name))
    var items: [(entry: SafetensorsWriter.Entry, bytes: [UInt8])] = []
    for other in names {
      let entry = try file.entry(other)
      var bytes = try file.bytes(other)
      if other == name {
        var values = try file.floats(other)
        change(&values)
        let changed =
          entry.dtype == "BF16" ? FloatFormat.bf16.encode(values) : FloatFormat.f16.encode(values)
        if let copy {
          items.append(
            (
              .init(
                name: copy, dtype: entry.dtype, shape: entry.shape, byteCount: changed.count),
              changed
            ))
        } else {
          bytes = changed
        }
      }
      items.append(
        (
          .init(name: other, dtype: entry.dtype, shape: entry.shape, byteCount: bytes.count), bytes
        ))
    }
    let url = folder.appendingPathComponent("changed.safetensors")
    var writer = try SafetensorsWriter(url, entries: items.map(\.entry), metadata: ["format": "pt"])
    for item in items { try writer.append(item.bytes) }
    try writer.finish()
    let place = folder.appendingPathComponent("model.safetensors")
    try FileManager.default.removeItem(at: place)
    try FileManager.default.moveItem(at: url, to: place)
  }

  static let changes = [
    Change(name: "rms_norm_eps", cause: .config) {
      try editConfig($0) { $0["rms_norm_eps"] = 0.1 }
    },
    Change(name: "gains", cause: .norms) {
      try editTensor($0, "model.norm.weight") { for place in $0.indices { $0[place] -= 1 } }
    },
    Change(name: "embeddings a row further on", cause: .embeddings) {
      try editTensor($0, "model.embed_tokens.weight") { $0 = Array($0[384...] + $0[..<384]) }
    },
    Change(name: "a head of its own", cause: .head) {
      try editConfig($0) { $0["tie_word_embeddings"] = false }
      try editTensor($0, "model.embed_tokens.weight", as: "lm_head.weight") { values in
        for place in values.indices where place % 3 > 0 { values[place] = 0 }
      }
    },
    Change(name: "ids", cause: .tokenizer) {
      let file = $0.appendingPathComponent("tokenizer.json")
      var root =
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
      var model = root["model"] as? [String: Any] ?? [:]
      var vocabulary = model["vocab"] as? [String: Int] ?? [:]
      for (token, id) in vocabulary where id > 1 { vocabulary[token] = 2 + (id - 2) * 37 % 8190 }
      model["vocab"] = vocabulary
      root["model"] = model
      try JSONSerialization.data(withJSONObject: root).write(to: file)
    },
  ]

  /// A suspect made from the stored baseline by `change`, diagnosed against it.
  private func diagnose(
    draws: Int = 3, algorithm: String = "rtn", _ change: (URL) throws -> Void
  ) throws -> Diagnosis {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try PlantedModel(variant: .plain, layers: 1).write(to: model)
      let inputs = try PlantedCauseTests.quick.inputs(model: model)
      let (sound, changed) = (
        folder.appendingPathComponent("sound"), folder.appendingPathComponent("changed")
      )
      let settings = try DiagnosisSource(
        text: "bits: 4\ngroup_size: 64\nalgorithm: \(algorithm)\n", name: "int4")
      _ = try inputs.quantize(
        settings.config, options: .init(output: sound), observers: [])
      try FileManager.default.copyItem(at: sound, to: changed)
      try change(changed)
      var options = DiagnosisOptions()
      (options.draws, options.swapTokens) = (draws, 128)
      return try DiagnosisRun(
        inputs, suspect: DiagnosisSource(changed.path), baseline: DiagnosisSource(sound.path),
        options: options
      ).run()
    }
  }

  @Test("what a checkpoint holds beside its linears has its share", arguments: changes)
  func share(_ change: Change) throws {
    let diagnosis = try diagnose(change.make)
    #expect(diagnosis.verdict == .regression)
    #expect(diagnosis.leadingCause?.kind == change.cause, "\(diagnosis.causes)")
    #expect(diagnosis.causes.first.map { $0.share > 0.95 } == true)
    let sum = diagnosis.causes.reduce(0) { $0 + $1.nll.value }
    #expect(abs(sum - diagnosis.nll.value) < 1e-6, "the parts add up to the difference")
    let scores = try #require(diagnosis.suspect.main)
    #expect(abs(log(scores.perplexity) - log(scores.basePerplexity) - scores.nllDelta) < 1e-6)
    if change.cause == .tokenizer {
      let theirs = try #require(diagnosis.baseline.main)
      #expect(scores.bitsPerCharacter > 1.2 * theirs.bitsPerCharacter)
    }
  }

  @Test("one draw is enough where files differ by far more than quantization costs")
  func oneDraw() throws {
    let diagnosis = try diagnose(draws: 1, algorithm: "gptq") {
      try Self.editConfig($0) { $0["rms_norm_eps"] = 0.1 }
    }
    #expect(diagnosis.verdict == .regression)
    #expect(diagnosis.draws == 1 && diagnosis.nll.drawSpread == nil)
    #expect(diagnosis.leadingCause?.kind == .config)
    #expect(diagnosis.leadingCause?.isBeyondNoise == true)
  }

  @Test("equal files are the same model; files that score alike and differ are not")
  func identical() throws {
    let same = try diagnose { _ in }
    #expect(same.verdict == .identical && same.unequalFiles.isEmpty)
    let other = try diagnose {
      // A key that this family does not read.
      try Self.editConfig($0) { $0["attention_dropout"] = 0.5 }
    }
    #expect(other.verdict == .sameScores)
    #expect(other.unequalFiles == ["config.json: attention_dropout"])
    let settings = try diagnose {
      try Self.editConfig($0) {
        var settings = $0["quantization_config"] as? [String: Any] ?? [:]
        settings["true_sequential"] = "other"
        $0["quantization_config"] = settings
      }
    }
    #expect(settings.verdict == .sameScores)
    #expect(settings.unequalFiles == ["config.json: quantization_config.true_sequential"])
  }
}
