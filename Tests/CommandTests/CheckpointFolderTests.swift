import Basics
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Folders that are not what they call themselves, as a person meets them")
struct CheckpointFolderTests {
  /// A small Llama in `folder`/model, one layer of 32 x 64, with a tokenizer of its own.
  private func withModel(_ body: (URL) throws -> Void) throws {
    try withTemporaryDirectory { folder in
      let model = folder.appendingPathComponent("model")
      try FileManager.default.copyItem(at: Repository.demoModel, to: model)
      try #"{"text": "日本の首都は東京である。"}"#.write(
        to: folder.appendingPathComponent("text.jsonl"), atomically: true, encoding: .utf8)
      try body(folder)
    }
  }

  private func edit(_ file: URL, _ change: (inout [String: Any]) -> Void) throws {
    var keys =
      try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
    change(&keys)
    try JSONSerialization.data(withJSONObject: keys).write(to: file)
  }

  private let evaluate = [
    "evaluate", "perplexity", "model", "--context", "4", "--data", "text.jsonl",
  ]

  @Test("settings of GPTQ over plain weights, in either file")
  func plainWeights() throws {
    try withModel { folder in
      let config = folder.appendingPathComponent("model/config.json")
      try edit(config) {
        $0["quantization_config"] = ["quant_method": "gptq", "bits": 4, "group_size": 128]
      }
      let process = try TenbinProcess(evaluate, in: folder)
      #expect(process.status == 65)
      #expect(process.output.isEmpty)
      #expect(process.errors.contains("settings of a quantized model in config.json, and no codes"))
      try edit(config) { $0["quantization_config"] = nil }
      let own = folder.appendingPathComponent("model/quantize_config.json")
      try #"{"bits": 4, "group_size": 128}"#.write(to: own, atomically: true, encoding: .utf8)
      let beside = try TenbinProcess(evaluate, in: folder)
      #expect(beside.status == 65)
      #expect(beside.errors.contains("no codes"))
    }
  }

  @Test("model.safetensors goes before an index of other tensors, and that is said")
  func staleIndex() throws {
    try withModel { folder in
      let plain = try TenbinProcess(evaluate + ["--format", "json"], in: folder)
      #expect(plain.status == 0, "\(plain.errors)")
      let index = folder.appendingPathComponent("model/model.safetensors.index.json")
      for text in [
        #"{"weight_map": {"model.norm.weight": "other.safetensors"}}"#, "{\"weight_map\": ",
      ] {
        try text.write(to: index, atomically: true, encoding: .utf8)
        let process = try TenbinProcess(evaluate + ["--format", "json"], in: folder)
        #expect(process.output == plain.output)
        #expect(process.errors.contains("warning: "))
        #expect(process.errors.contains("model.safetensors is read, as transformers does"))
      }
      try #"{"weight_map": {"model.norm.weight": "model.safetensors"}}"#.write(
        to: index, atomically: true, encoding: .utf8)
      let same = try TenbinProcess(evaluate + ["--format", "json"], in: folder)
      // Lines of progress go by the clock.
      #expect(same.output == plain.output && !same.errors.contains("warning: "))
    }
  }

  @Test("a model whose activations overflow has no perplexity")
  func overflow() throws {
    try withModel { folder in
      let weights = folder.appendingPathComponent("model/model.safetensors")
      let entry = try SafetensorsFile(weights).entry("model.norm.weight")
      let handle = try FileHandle(forUpdating: weights)
      try handle.seek(toOffset: UInt64(entry.range.lowerBound))
      // 3.4e38 in bfloat16.
      try handle.write(
        contentsOf: Data((0..<entry.range.count).map { $0 % 2 == 0 ? 0x7F : 0x7F }))
      try handle.close()
      let process = try TenbinProcess(evaluate, in: folder)
      #expect(process.status == 65, "\(process.output) \(process.errors)")
      #expect(process.output.isEmpty)
      #expect(process.errors.contains("overflow float32"))
    }
  }

  @Test("two held-out files of one stem, and a text shorter than a window")
  func heldout() throws {
    try withModel { folder in
      let other = folder.appendingPathComponent("other")
      try FileManager.default.createDirectory(at: other, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent("text.jsonl"),
        to: other.appendingPathComponent("text.jsonl"))
      let twins = try TenbinProcess(evaluate + ["other/text.jsonl"], in: folder)
      #expect(twins.status == 64)
      #expect(twins.errors.contains("two held-out files named text"))
      let short = try TenbinProcess(
        evaluate.filter { $0 != "--context" && $0 != "4" }, in: folder)
      #expect(short.status == 65 && short.output.isEmpty)
      #expect(
        short.errors == """
          error: score text.jsonl in windows of 512 tokens
            found: a text of 7 tokens
            hint: give a longer text, or --context 7 or less

          """)
    }
  }

  @Test(
    "nothing to quantize is refused before the pass; a pattern without a match is said",
    arguments: [
      (["--modules-in-block-to-quantize", ""], "an empty list: nothing is quantized"),
      (["--dynamic", "-:.*={}"], "nothing is left to quantize"),
      (
        ["--dynamic", "-:.*_proj={}", "--dynamic", "+:.*q_proj={\"bits\":8}"],
        "nothing is left to quantize"
      ),
    ])
  func nothing(flags: [String], found: String) throws {
    try withModel { folder in
      let quantize = ["quantize", "model", "--calibration", "text.jsonl", "--output", "out"]
      let process = try TenbinProcess(quantize + flags, in: folder)
      #expect(process.status == 64, "\(process.errors)")
      #expect(process.errors.contains(found))
      #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("out").path))
    }
  }

  @Test("config.json with a byte order mark is written again; what is no JSON ends before the pass")
  func lateFailure() throws {
    try withModel { folder in
      let config = folder.appendingPathComponent("model/config.json")
      let text = try String(contentsOf: config, encoding: .utf8)
      let quantize = [
        "quantize", "model", "--calibration", "text.jsonl", "--algorithm", "rtn", "--output", "out",
      ]
      for (data, found) in [
        (Data(text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }), "UTF-16"),
        (
          Data((text.trimmingCharacters(in: .whitespacesAndNewlines).dropLast() + ",}").utf8),
          "comma"
        ),
      ] {
        try data.write(to: config)
        let process = try TenbinProcess(quantize, in: folder)
        #expect(process.status == 65)
        #expect(process.errors.contains(found) && !process.errors.contains("ETA"))
      }
      try Data("\u{FEFF}\(text)".utf8).write(to: config)
      let pattern = ["--dynamic", "-:model.layer.0={}"]
      let process = try TenbinProcess(quantize + pattern, in: folder)
      #expect(process.status == 0, "\(process.errors)")
      #expect(
        process.errors.contains("dynamic -:model.layer.0 matches no linear of this model"))
      let written = try Data(contentsOf: folder.appendingPathComponent("out/config.json"))
      #expect(written.first == UInt8(ascii: "{"))
    }
  }
}
