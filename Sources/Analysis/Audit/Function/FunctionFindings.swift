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
      better.count > 1 ? " (and, less, in \(better.count - 1) other readings)" : ""
    let isPart = best.defect == .differentFunction
    return [
      AuditFinding(
        best.defect, best.level,
        evidence:
          """
          plain text is scored \(Self.shown(best.gain)) nats per token better \
          \(best.reading), t = \(String(format: "%.1f", best.t))\(more)
          """, modules: best.parts,
        cost: isPart
          ? "this part adds noise: it is not what the model was trained with"
          : "loaders compute another function than the model was trained for",
        remedy: isPart
          ? "give --base to find the cause; quantize or convert this part again"
          : "compare with the base's files, or give --base; convert the checkpoint again")
    ]
  }

  private func implausible(_ bits: Int, _ parameters: Int) -> [AuditFinding] {
    guard let bounds = Self.bounds(bits: bits, parameters: parameters) else { return [] }
    let cost: AuditSentence = "text that the checkpoint writes is garbage, whatever the cause"
    let remedy: AuditSentence = "give --base to find the cause; try the checkpoint in a loader"
    guard !(perplexity <= bounds.implausible) else { return [] }
    return [
      AuditFinding(
        .differentFunction, perplexity <= bounds.garbage ? .suspect : .defective,
        evidence: """
          perplexity \(Self.shown(perplexity)) on plain text of everyday life, the best of \
          \(texts.joined(separator: ", ")): a model that knows one of them is far below \
          \(Int(bounds.implausible))
          """, cost: cost, remedy: remedy)
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
      firstBadLayer.map { " The stream leaves the base's in layer \($0)." } ?? ""
    return [
      AuditFinding(
        .differentFunction, level,
        evidence: """
          KL divergence \(Self.shown(divergence)) nats per token from the base on \(tokens) \
          tokens of plain text, where round-to-nearest on such grids has \
          \(Self.shown(rtnDivergence)); perplexity \(Self.shown(perplexity)), the base's \
          \(Self.shown(basePerplexity)).\(place)
          """,
        modules: firstBadLayer.map { ["model.layers.\($0)"] } ?? [],
        cost: "the checkpoint behaves far worse than plain rounding of its base would",
        remedy: "see the other findings for the cause; if there is none, look at that layer")
    ]
  }

  /// Four significant digits.
  static func shown(_ value: Double) -> String { String(format: "%.4g", value) }
}
