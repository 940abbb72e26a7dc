import Analysis
import Basics
import Compute
import Foundation
import GPTQ
import Model
import Report
import Results
import Sweep
import Tensor
import Tokenizers

/// Runs a checkpoint for its card: on held-out text, beside its base, and through the audit.
struct CardMeasurement {
  private let folder: URL
  private let reader: GPTQCheckpointReader
  private let base: URL?
  private let engine: any Engine
  /// The files that the calibration set was made from, as far as that is proved.
  private let sources: [CalibrationOrigin.Source]

  /// Refuses a `base` that is not the model which the checkpoint's record names.
  init(_ proof: CheckpointProof, base: String?, engine: any Engine) throws(InputError) {
    reader = proof.reader
    folder = proof.reader.tensors.url
    self.engine = engine
    sources = proof.record?.making?.calibrationOrigin?.sources ?? []
    self.base = try base.map { (text) throws(InputError) in try HubCache().model(text) }
    guard let url = self.base, let recorded = proof.record?.making?.modelHash else { return }
    let hash = try SweepInputs.hash(of: SafetensorsDirectory(url))
    guard hash == recorded else {
      throw InputError(
        .usage, asked: "measure \(folder.relativePath) against \(base ?? "")",
        found: "a model of SHA-256 \(hash.prefix(16)), where tenbin.json records"
          + " \(recorded.prefix(16))",
        hint: "give the model that was quantized (\(proof.record?.making?.model ?? ""))")
    }
  }

  /// The scores on `texts` in windows of `context` tokens; with a base also its own, the differences,
  /// and those of round-to-nearest.
  func scores(_ texts: [String], context: Int, maxTokens: Int) throws -> CardScores {
    let config = try ModelConfig(directory: folder)
    let domains = try [HeldoutDomain](
      reading: texts, tokenizer: Tokenizer(directory: folder), model: config, context: context,
      maxTokens: maxTokens
    ) { Terminal.say("note: \($0)") }
    let model = try Decoder.open(folder, engine: engine) { _ in }
    let original = try base.map { (url) throws(InputError) in
      try Decoder(directory: url, engine: engine)
    }
    try check([model] + (original.map { [$0] } ?? []), domains)
    let own = try Scoring(model, base: original).evaluate(domains)
    let theirs = try original.map { try Scoring($0).evaluate(domains) }
    let rounded = try base.flatMap { (url) throws(InputError) in
      try Decoder.roundedToNearest(url, like: reader, engine: engine)
    }
    let nearest = try rounded.map { try Scoring($0).evaluate(domains) }
    return CardScores(
      .measured, context: context, tool: "tenbin \(ToolVersion.current), \(engine.summary)",
      textHash: SweepInputs.hash(of: domains), overlaps: overlaps(texts, domains),
      rows: own.indices.map { index in
        CardScores.Row(
          domain: own[index].domain, own: own[index], base: theirs?[index], rtn: nearest?[index])
      })
  }

  /// The domains whose files the calibration set was made from.
  private func overlaps(_ texts: [String], _ domains: [HeldoutDomain]) -> [HeldoutOverlap] {
    zip(texts, domains).compactMap { text, domain in
      let data = try? InputFile.data(URL(fileURLWithPath: text), asked: "", missing: "")
      guard let hash = data.map({ SHA256.hexDigest(of: $0) }),
        sources.contains(where: { $0.isWhole && $0.sha256 == hash })
      else { return nil }
      return HeldoutOverlap(domain: domain.name, share: nil, isSource: true)
    }
  }

  /// Refuses to score more than there is memory for.
  private func check(_ models: [Decoder], _ domains: [HeldoutDomain]) throws(InputError) {
    let counts = domains.map { $0.windows.map(\.count) }
    let plans = models.map {
      MemoryPlan(config: $0.config, calibration: [], evaluation: counts, trials: [])
    }
    let states = plans.reduce(0) { $0 + $1.states }
    let fixed = plans.map(\.fixed).max() ?? 0
    try MemoryLimits.current.check(
      plan: states + fixed, for: "score \(folder.relativePath)",
      smaller: ("give fewer --heldout-tokens", fixed))
  }

  /// The audit of the checkpoint, against the base where that is given.
  func audit() throws(InputError) -> AuditReport {
    try CheckpointAudit(folder, base: base, engine: engine).run()
  }
}
