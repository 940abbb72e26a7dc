import Foundation

extension FunctionReport {
  /// What the numbers say of a checkpoint of at least `bits` bits per weight whose linears have so many
  /// `parameters`.
  func findings(bits: Int, parameters: Int) -> [AuditFinding] {
    if divergence != nil { return besideBase() }
    return implausible(bits, parameters) + readOtherwise(bits)
  }

  /// The reading that gains most, where it gains more than any healthy checkpoint does.
  private func readOtherwise(_ bits: Int) -> [AuditFinding] {
    let better = readings.filter { $0.isSignificant(bits: bits) }
    guard let best = better.first else { return [] }
    let more: AuditSentence =
      better.count > 1 ? .function(.moreReadings, better.count - 1) : .empty
    let isPart = best.defect == .differentFunction
    return [
      AuditFinding(
        best.defect, best.level,
        evidence:
          .function(
            .readingGains, Self.shown(best.gain), best.reading, String(format: "%.1f", best.t), more
          ), modules: best.parts,
        cost: isPart
          ? .function(.partGainsCost)
          : .function(.readingGainsCost),
        remedy: isPart
          ? .function(.partGainsRemedy)
          : .function(.readingGainsRemedy))
    ]
  }

  private func implausible(_ bits: Int, _ parameters: Int) -> [AuditFinding] {
    guard let bounds = Self.bounds(bits: bits, parameters: parameters) else { return [] }
    let cost: AuditSentence = .function(.implausibleCost)
    let remedy: AuditSentence = .function(.implausibleRemedy)
    guard !(perplexity <= bounds.implausible) else { return [] }
    return [
      AuditFinding(
        .differentFunction, perplexity <= bounds.garbage ? .suspect : .defective,
        evidence: .function(
          .implausible, Self.shown(perplexity), texts.joined(separator: ", "),
          Int(bounds.implausible)), cost: cost, remedy: remedy)
    ]
  }

  /// Perplexities a token on plain text that no model reaches that knows its language, and those that
  /// say it outright; nil where rounding alone ruins a model as much, as it does with two bits. A model
  /// of 10 million parameters in 4 bits has about 40, one of 135 million below 20.
  private static func bounds(
    bits: Int, parameters: Int
  ) -> (implausible: Double, garbage: Double)? {
    switch (bits, parameters) {
    case (4..., 5_000_000...): (150, 1500)
    case (4..., _): (500, 5000)
    case (3, _): (5000, .infinity)
    default: nil
    }
  }

  private func besideBase() -> [AuditFinding] {
    guard let level, let divergence, let rtnDivergence, let basePerplexity else { return [] }
    let place: AuditSentence =
      firstBadLayer.map { .function(.leavesBase, $0) } ?? .empty
    return [
      AuditFinding(
        .differentFunction, level,
        evidence: .function(
          .farFromBase, Self.shown(divergence), tokens, Self.shown(rtnDivergence),
          Self.shown(perplexity), Self.shown(basePerplexity), place),
        modules: firstBadLayer.map { ["model.layers.\($0)"] } ?? [],
        cost: .function(.farFromBaseCost),
        remedy: .function(.farFromBaseRemedy))
    ]
  }

  /// Four significant digits.
  static func shown(_ value: Double) -> String { String(format: "%.4g", value) }
}
