import Foundation

/// The table of llama-perplexity's `--kl-divergence`, line by line, and what tenbin adds to it: how far
/// a model q is from its base p on a text. Formulas: docs/metrics.md.
public struct DivergenceStatistics: Sendable, Equatable {
  /// A line.
  public struct Line: Sendable, Equatable {
    /// What it is called, in snake_case.
    public let name: String
    /// The value: nats for divergences, a share of 1 for probabilities.
    public let value: Double
    /// The error as if tokens were independent, which llama-perplexity prints; nil where it prints none.
    public let naiveStderr: Double?
    /// The error over windows of text; nil where it is not known.
    public let stderr: Double?
  }

  /// Tokens.
  public let count: Int
  /// The lines, in llama-perplexity's order.
  public let lines: [Line]

  /// The statistics of `scores`, with `windows[w]` of them in window w.
  public init(_ scores: DivergenceScores, windows: [Int]) {
    self.init(scores.tokens, detail: scores, windows: windows)
  }

  /// The same of what a sweep has: without reverse KL and top-5 agreement.
  public init(_ scores: TokenScores, windows: [Int]) {
    self.init(scores, detail: nil, windows: windows)
  }

  private init(_ scores: TokenScores, detail: DivergenceScores?, windows: [Int]) {
    count = scores.count
    var lines: [Line] = []
    func add(_ name: String, _ value: Double, _ naive: Double? = nil, _ stderr: Double? = nil) {
      func known(_ error: Double?) -> Double? { error.flatMap { $0.isFinite ? $0 : nil } }
      lines.append(
        Line(name: name, value: value, naiveStderr: known(naive), stderr: known(stderr)))
    }
    func overWindows(_ values: [Double]) -> Double {
      WindowedMean(values, counts: windows).stderr
    }

    // Perplexities: exp of means, whose errors follow by the delta method.
    let (mine, base) = (NaiveMean(scores.nll), NaiveMean(scores.baseNLL))
    let covariance = NaiveMean.covariance(scores.nll, scores.baseNLL)
    let (ppl, basePPL) = (exp(mine.value), exp(base.value))
    let (error, baseError) = (ppl * mine.stderr, basePPL * base.stderr)
    let delta = scores.delta
    let ratio = mine.value - base.value
    // A model against itself: the rest of two equal numbers may be below 0.
    func root(_ variance: Double) -> Double { variance < 0 ? 0 : variance.squareRoot() }
    let ratioError = root(
      mine.stderr * mine.stderr + base.stderr * base.stderr - 2 * covariance)
    let deltaStderr = overWindows(delta)
    add("ppl", ppl, error, ppl * overWindows(scores.nll))
    add("ppl_base", basePPL, baseError, basePPL * overWindows(scores.baseNLL))
    let spread = mine.stderr * base.stderr
    add("ln_ppl_correlation", spread > 0 ? covariance / spread : .nan)
    add("ln_ppl_ratio", ratio, ratioError, deltaStderr)
    add("ppl_ratio", exp(ratio), exp(ratio) * ratioError, exp(ratio) * deltaStderr)
    add(
      "ppl_difference", ppl - basePPL,
      root(error * error + baseError * baseError - 2 * ppl * basePPL * covariance),
      overWindows(zip(scores.nll, scores.baseNLL).map { ppl * $0 - basePPL * $1 }))

    let kld = NaiveMean(scores.kld)
    add("kld_mean", kld.value, kld.stderr, overWindows(scores.kld))
    let klds = scores.kld.sorted()
    for (name, share) in Self.kldPercentiles { add("kld_\(name)", quantile(share, of: klds)) }
    if let detail {
      let reverse = NaiveMean(detail.reverseKLD)
      add("reverse_kld_mean", reverse.value, reverse.stderr, overWindows(detail.reverseKLD))
    }

    let deltaP = NaiveMean(scores.deltaP)
    add("delta_p_mean", deltaP.value, deltaP.stderr, overWindows(scores.deltaP))
    let deltas = scores.deltaP.sorted()
    for (name, share) in Self.deltaPercentiles {
      add("delta_p_\(name)", quantile(share, of: deltas))
    }
    let squares = scores.deltaP.map { $0 * $0 }
    let square = NaiveMean(squares)
    let rms = square.value.squareRoot()
    let slope = rms > 0 ? 0.5 / rms : 0
    add("delta_p_rms", rms, slope * square.stderr, slope * overWindows(squares))

    let same = scores.agreement
    let share = NaiveMean(same).value
    add(
      "same_top_p", share, (share * (1 - share) / Double(max(1, count - 1))).squareRoot(),
      overWindows(same))
    if let detail {
      let five = detail.sharedTopFive.map { Double($0) / 5 }
      let agreement = NaiveMean(five)
      add("top5_agreement", agreement.value, agreement.stderr, overWindows(five))
    }
    self.lines = lines
  }

  /// The line called `name`.
  public subscript(name: String) -> Line? { lines.first { $0.name == name } }

  private static let kldPercentiles: [(String, Double)] = [
    ("max", 1), ("p99_9", 0.999), ("p99", 0.99), ("p95", 0.95), ("p90", 0.9), ("median", 0.5),
    ("p10", 0.1), ("p5", 0.05), ("p1", 0.01), ("p0_1", 0.001), ("min", 0),
  ]

  private static let deltaPercentiles: [(String, Double)] = [
    ("max", 1), ("p99_9", 0.999), ("p99", 0.99), ("p95", 0.95), ("p90", 0.9), ("p75", 0.75),
    ("median", 0.5), ("p25", 0.25), ("p10", 0.1), ("p5", 0.05), ("p1", 0.01), ("p0_1", 0.001),
    ("min", 0),
  ]
}
