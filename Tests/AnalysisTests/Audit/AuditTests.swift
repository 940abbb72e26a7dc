import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Report
import Tensor
import TestSupport
import Testing

@Suite("Audits")
struct AuditTests {
  /// How a damaged checkpoint is written: its files, its zero points, and the modules that overflow.
  struct Form: Sendable {
    var layout = MadeCheckpoint.Layout.single
    var format = CheckpointFormat.v1
    var damaged: @Sendable (String) -> Bool = { _ in true }
  }

  /// An 8-bit checkpoint whose packer overflowed, the sound one of the same scales, and the base.
  private func withOverflow(
    _ form: Form = Form(),
    _ body: (_ bad: URL, _ base: URL, _ sound: [String: QuantizedLinear], _ folder: URL) throws ->
      Void
  ) throws {
    var config = QuantizeConfig()
    (config.bits, config.groupSize, config.descAct, config.scalesDtype) = (8, 64, true, .f32)
    let model = try MadeModel(.plain, .oneLayer)
    var random = SplitMix(5)
    let solved = try model.solve(config)
    let names = solved.keys.sorted()
    let bad = Dictionary(
      uniqueKeysWithValues: names.compactMap { name in
        solved[name].map {
          let severity = form.damaged(name) ? 1.0 : 0
          return (
            name, Damage.pack($0, in: .bf16, severity: severity, random: &random).linear
          )
        }
      })
    let sound = solved.mapValues {
      Damage.pack($0, in: .bf16, severity: 0, random: &random).linear
    }
    try withTemporaryDirectory { folder in
      let (url, base) = (
        folder.appendingPathComponent("bad"), folder.appendingPathComponent("base")
      )
      var checkpoint = MadeCheckpoint(bad, model, config)
      (checkpoint.layout, checkpoint.format) = (form.layout, form.format)
      try checkpoint.write(to: url)
      try model.writeBase(to: base)
      try body(url, base, sound, folder)
    }
  }

  static let forms = [
    Form(), Form(layout: .shards, format: .v2, damaged: { $0.contains("mlp") }),
    Form(layout: .autoGPTQ, damaged: { $0.hasSuffix("q_proj") }),
  ]

  @Test(
    "a repair gives back the codes of a packer that clamps, but for some carried bits",
    arguments: forms.indices)
  func repair(_ form: Int) throws {
    try withOverflow(Self.forms[form]) { bad, base, sound, folder in
      let engine = CPUEngine()
      let report = try CheckpointAudit(bad, base: base, engine: engine).run()
      let finding = try #require(report.findings.first { $0.defect == .packingOverflow })
      let output = folder.appendingPathComponent("repaired")
      let summary = try OverflowRepair(bad, base: base, engine: engine)
        .write(to: output, modules: finding.modules)
      #expect(summary.repairedCodes == report.modules.reduce(0) { $0 + ($1.wrappedCodes ?? 0) })
      let names = try FileManager.default.contentsOfDirectory(atPath: bad.path).sorted()
      #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).sorted() == names)
      #expect(finding.modules.allSatisfy(Self.forms[form].damaged))
      let again = try CheckpointAudit(output, base: base, engine: engine).run()
      #expect(again.verdict == .healthy)
      let alone = try CheckpointAudit(output, engine: engine).run()
      #expect(alone.verdict == .healthy)
      let reader = try GPTQCheckpointReader(output)
      var different = 0
      for (name, expected) in sound {
        let found = try reader.linear(name)
        #expect(found.grids == expected.grids)
        let steps = zip(found.codes.elements, expected.codes.elements).map {
          abs(Int($0) - Int($1))
        }
        // GPTQ moves weights by about a step, so that a carry can look nearer to the base than none.
        #expect(steps.allSatisfy { $0 <= 1 })
        different += steps.count { $0 != 0 }
      }
      #expect(different * 10 < summary.repairedCodes)
      #expect(throws: InputError.self) {
        try OverflowRepair(bad, base: base, engine: engine).write(to: output, modules: [])
      }
    }
  }

  @Test("a base of other shapes, or none, is an error and not a finding")
  func wrongBase() throws {
    try withOverflow() { bad, _, _, folder in
      let first = try CheckpointAudit(bad, engine: CPUEngine()).run().modules[0]
      let demo = Repository.demoModel
      #expect(
        throws: InputError(
          .badData, asked: "compare the checkpoint with its base",
          found: "no \(first.name).weight of \(first.shape[0]) x \(first.shape[1]) in \(demo.path)",
          hint: "give the folder of the model that was quantized as --base")
      ) { try CheckpointAudit(bad, base: demo, engine: CPUEngine()).run() }
      #expect(throws: InputError.self) {
        let absent = folder.appendingPathComponent("absent")
        _ = try CheckpointAudit(bad, base: absent, engine: CPUEngine()).run()
      }
      #expect(throws: InputError.self) {
        try CheckpointAudit(folder.appendingPathComponent("absent"), engine: CPUEngine()).run()
      }
    }
  }

  @Test("JSON has the documented keys, and reads back as the same report")
  func json() throws {
    try withOverflow() { bad, base, _, _ in
      let report = try CheckpointAudit(bad, base: base, engine: CPUEngine()).run()
      let text = report.json()
      for key in [
        "verdict", "findings", "defect", "level", "evidence", "log10_bayes_factor", "cost",
        "remedy", "header", "group_size", "scales_dtypes", "modules", "weight_error",
        "rtn_weight_error", "wrapped_codes", "scale_coupling", "code_entropy", "loaders",
        "refusals", "drift_steps", "clip_rate",
      ] {
        #expect(text.contains("\"\(key)\" :"), "\(key)")
      }
      let read = try JSONDecoder().decode(AuditReport.self, from: Data(text.utf8))
      #expect(read.json() == text)
    }
  }

  @Test("settings and tensors that contradict each other are findings")
  func contradictions() throws {
    try withOverflow() { bad, _, _, _ in
      func change(
        _ key: String, _ value: Any, in names: [String] = ["quantize_config.json", "config.json"]
      ) throws -> Set<AuditDefect> {
        let files = names.map { bad.appendingPathComponent($0) }
        let originals = try files.map { try Data(contentsOf: $0) }
        defer { for (file, data) in zip(files, originals) { try? data.write(to: file) } }
        for (file, data) in zip(files, originals) {
          var root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
          if var settings = root["quantization_config"] as? [String: Any] {
            settings[key] = value
            root["quantization_config"] = settings
          } else {
            root[key] = value
          }
          try JSONSerialization.data(withJSONObject: root).write(to: file)
        }
        let report = try CheckpointAudit(bad, engine: CPUEngine()).run()
        #expect(report.verdict != .healthy)
        return Set(report.findings.map(\.defect))
      }
      #expect(try change("bits", 4).contains(.wrongShape))
      #expect(try change("group_size", 128).contains(.wrongShape))
      #expect(try change("checkpoint_format", "gptq_v2").contains(.zeroPoint))
      // In one file alone: the tensors settle it, and it is a contradiction all the same.
      for (key, value, name) in [
        ("bits", 4, "quantize_config.json"), ("checkpoint_format", "gptq_v2", "config.json"),
        ("sym", false, "quantize_config.json"),
      ] as [(String, Any, String)] {
        let defects = try change(key, value, in: [name])
        #expect(defects.contains(.contradictoryConfig), "\(key) in \(name)")
        #expect(defects.isDisjoint(with: [.wrongShape, .zeroPoint]), "\(key) in \(name)")
      }
      let sym = try change("sym", false)
      #expect(sym.contains(.loaderRefusal))
    }
  }
}
