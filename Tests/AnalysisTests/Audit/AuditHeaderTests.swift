import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Tensor
import TestSupport
import Testing

@Suite("What an audit says of settings, names and loaders")
struct AuditHeaderTests {
  /// A sound 4-bit checkpoint, whose settings `change` may edit in both files; the report on it.
  private func audit(
    bits: Int = 4, sym: Bool = true, groupSize: Int = 64, format: CheckpointFormat? = nil,
    layout: MadeCheckpoint.Layout = .single,
    _ change: (inout [String: Any]) -> Void = { _ in }, folder edit: (URL) throws -> Void = { _ in }
  ) throws -> AuditReport {
    var config = QuantizeConfig()
    (config.bits, config.sym, config.groupSize, config.algorithm) = (bits, sym, groupSize, .rtn)
    let model = try MadeModel(.plain, .oneLayer)
    var checkpoint = try MadeCheckpoint(model.solve(config), model, config)
    checkpoint.layout = layout
    if let format { checkpoint.format = format }
    return try withTemporaryDirectory { folder in
      let url = folder.appendingPathComponent("checkpoint")
      try checkpoint.write(to: url)
      for name in ["quantize_config.json", "config.json"] {
        let file = url.appendingPathComponent(name)
        var root =
          try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
        if name == "config.json" {
          var settings = root["quantization_config"] as? [String: Any] ?? [:]
          change(&settings)
          root["quantization_config"] = settings
        } else {
          change(&root)
        }
        try JSONSerialization.data(withJSONObject: root).write(to: file)
      }
      try edit(url)
      return try CheckpointAudit(url, engine: CPUEngine()).run()
    }
  }

  private func refusing(_ report: AuditReport) -> [String] {
    report.header?.loaders.filter { !$0.loads }.map(\.loader) ?? []
  }

  @Test("every loader takes a symmetric 4-bit checkpoint, however its files are named")
  func accepted() throws {
    for layout in MadeCheckpoint.Layout.allCases {
      let report = try audit(layout: layout)
      #expect(report.verdict == .healthy)
      #expect(refusing(report) == [])
      #expect(report.header?.files == (layout == .shards ? 3 : 1))
    }
  }

  @Test("what each loader refuses, by its own rules")
  func refused() throws {
    #expect(try refusing(audit(sym: false, format: .v1)) == ["GPTQModel", "vLLM (Marlin)"])
    #expect(try refusing(audit(sym: false)) == ["vLLM (Marlin)"])
    let byGPTQModel = try audit(sym: false, format: .v1) {
      $0["meta"] = ["quantizer": ["gptqmodel:4.0.0"]]
    }
    #expect(refusing(byGPTQModel) == ["vLLM (Marlin)"])
    #expect(try refusing(audit(bits: 3)) == ["vLLM (Marlin)"])
    #expect(
      try refusing(audit(groupSize: 96)) == [
        "transformers", "GPTQModel", "vLLM (Marlin)", "vLLM (gptq)",
      ])
    let undamped = try audit { $0["damp_percent"] = 0 }
    #expect(refusing(undamped) == ["transformers", "GPTQModel"])
    #expect(undamped.findings.contains { $0.defect == .loaderRefusal })
    let silent = try audit { $0["sym"] = nil }
    #expect(refusing(silent) == ["vLLM (Marlin)"])
    #expect(try refusing(audit { $0["dataset"] = "wiki-ja" }) == ["transformers"])
  }

  @Test("a checkpoint without quantization_config in config.json is not seen by transformers")
  func ownFileOnly() throws {
    let report = try audit(folder: { url in
      let file = url.appendingPathComponent("config.json")
      var root =
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
      root["quantization_config"] = nil
      try JSONSerialization.data(withJSONObject: root).write(to: file)
    })
    #expect(refusing(report) == ["transformers"])
  }

  /// What a loader says of the checkpoint, config.json having `keys`, and modules being called as `rename`
  /// says.
  private func said(
    of loader: String, keys: [String: Any], _ rename: (String) -> String = { $0 }
  ) throws -> LoaderReport? {
    try audit(folder: { url in
      let file = url.appendingPathComponent("config.json")
      var root =
        try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
      root.merge(keys) { $1 }
      try JSONSerialization.data(withJSONObject: root).write(to: file)
      try rewrite(url) { rename($0) }
    }).header?.loaders.first { $0.loader == loader }
  }

  @Test(
    "a family that a loader does not have is refused, unless the model brings its code",
    arguments: ["transformers", "GPTQModel"])
  func families(_ loader: String) throws {
    let alone = try said(of: loader, keys: ["model_type": "plamo3"])
    #expect(
      alone?.refusals.map(\.english) == [
        """
        model_type plamo3 is not among its models, and config.json names no code of the model's own \
        (auto_map)
        """
      ])
    let own = try said(
      of: loader, keys: ["model_type": "plamo3", "auto_map": ["AutoConfig": "modeling.Config"]])
    #expect(own?.refusals == [])
    #expect(
      own?.remarks.map(\.english) == [
        """
        model_type plamo3 is not among its models: it runs the code that auto_map of config.json \
        names, where that is trusted
        """
      ])
  }

  @Test("experts in codes have no place in transformers")
  func experts() throws {
    func rename(_ name: String) -> String {
      name.replacingOccurrences(of: ".mlp.", with: ".mlp.experts.0.")
    }
    let words = """
      experts in codes: its models hold all experts of a layer as one parameter and fill it with \
      random weights, unless defuser takes it apart first
      """
    #expect(
      try said(of: "transformers", keys: [:], rename)?.refusals.map(\.english) == [words])
    #expect(try said(of: "GPTQModel", keys: [:], rename)?.refusals == [])
  }

  /// Writes the tensors of `url` again, those that `keep` names, under the names that it gives.
  private func rewrite(_ url: URL, _ keep: (String) -> String?) throws {
    let file = url.appendingPathComponent("model.safetensors")
    let old = try SafetensorsFile(file)
    let kept = old.entries.sorted { $0.key < $1.key }.compactMap { entry in
      keep(entry.key).map { (old: entry.key, new: $0, entry: entry.value) }
    }
    let copy = url.appendingPathComponent("copy")
    var writer = try SafetensorsWriter(
      copy,
      entries: kept.map {
        .init(
          name: $0.new, dtype: $0.entry.dtype, shape: $0.entry.shape,
          byteCount: $0.entry.range.count)
      }, metadata: [:])
    for tensor in kept { try writer.append(old.bytes(tensor.old)) }
    try writer.finish()
    try FileManager.default.removeItem(at: file)
    try FileManager.default.moveItem(at: copy, to: file)
  }

  @Test("tensors that are missing, double or foreign are named")
  func tensors() throws {
    let norm = try audit(folder: { url in
      try rewrite(url) { $0.hasSuffix("input_layernorm.weight") ? nil : $0 }
    })
    let missing = try #require(norm.findings.first { $0.defect == .missingTensor })
    #expect(missing.level == .defective)
    #expect(missing.modules == ["model.layers.0.input_layernorm.weight"])
    let foreign = try audit(folder: { url in
      try rewrite(url) { $0 == "model.norm.weight" ? "model.strange.weight" : $0 }
    })
    #expect(foreign.findings.contains { $0.defect == .extraTensor && $0.level == .note })
    #expect(foreign.findings.contains { $0.defect == .missingTensor })
    let scales = try audit(folder: { url in
      try rewrite(url) { $0.hasSuffix("q_proj.scales") ? nil : $0 }
    })
    #expect(scales.verdict == .defective)
  }

  @Test("asymmetric zero points of 0 in v1 are named: loaders carry them into their neighbours")
  func vanishingZeros() throws {
    let report = try audit(folder: { url in
      let file = url.appendingPathComponent("model.safetensors")
      let entry = try SafetensorsFile(file).entry("model.layers.0.mlp.up_proj.qzeros")
      let handle = try FileHandle(forUpdating: file)
      try handle.seek(toOffset: UInt64(entry.range.lowerBound))
      try handle.write(contentsOf: Data([0xFF]))
      try handle.close()
    })
    // Symmetric: the zeros are not the middle code.
    #expect(report.findings.contains { $0.defect == .zeroPoint && $0.level == .defective })
    let asymmetric = try audit(
      sym: false, format: .v1,
      folder: { url in
        let file = url.appendingPathComponent("model.safetensors")
        let entry = try SafetensorsFile(file).entry("model.layers.0.mlp.up_proj.qzeros")
        let handle = try FileHandle(forUpdating: file)
        try handle.seek(toOffset: UInt64(entry.range.lowerBound))
        try handle.write(contentsOf: Data([0xFF]))
        try handle.close()
      })
    let finding = try #require(asymmetric.findings.first { $0.defect == .zeroPoint })
    #expect(finding.evidence.english.hasPrefix("2 of "))
    #expect(finding.modules == ["model.layers.0.mlp.up_proj"])
  }
}
