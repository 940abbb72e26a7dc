import Foundation

/// Evidence for one defect from module after module, as natural logarithms of Bayes factors against
/// health, and what it adds up to for the checkpoint.
///
/// For any threshold t, a healthy checkpoint reaches a Bayes factor of t with probability at most
/// 1/t (Markov's inequality on a likelihood ratio), whatever its size: the two levels are odds, not
/// tuned cut-offs. Formulas: docs/audit.md.
struct ModuleEvidence: Sendable {
  /// ln 10³: one healthy checkpoint in a thousand.
  static let suspectThreshold = 3 * log(10.0)
  /// ln 10⁶: one in a million.
  static let defectiveThreshold = 6 * log(10.0)

  private(set) var modules: [(name: String, logBayesFactor: Double)] = []

  mutating func append(_ name: String, _ logBayesFactor: Double) {
    modules.append((name, logBayesFactor))
  }

  /// ln of the checkpoint's Bayes factor: each module is affected with probability w, w unknown
  /// among one module, a tenth, half, and all: mean over w of Π (1 − w + w·BF).
  var logBayesFactor: Double {
    guard !modules.isEmpty else { return 0 }
    let shares = [1 / Double(modules.count), 0.1, 0.5, 1]
    let terms = shares.map { share in
      modules.reduce(0) { sum, module in
        sum + logAdd(share < 1 ? log(1 - share) : -.infinity, log(share) + module.logBayesFactor)
      }
    }
    return logMean(terms)
  }

  /// The level that the odds support; nil for none.
  var level: AuditLevel? {
    switch logBayesFactor {
    case Self.defectiveThreshold...: .defective
    case Self.suspectThreshold...: .suspect
    default: nil
    }
  }

  /// The modules whose own evidence speaks for the defect, strongest first; the strongest one in
  /// any case.
  var affected: [String] {
    let sorted = modules.sorted { $0.logBayesFactor > $1.logBayesFactor }
    let clear = sorted.filter { $0.logBayesFactor > log(Double(modules.count)) }
    return (clear.isEmpty ? Array(sorted.prefix(1)) : clear).map(\.name)
  }

  /// log₁₀ of the checkpoint's Bayes factor.
  var log10BayesFactor: Double { logBayesFactor / log(10) }
}

/// ln(eᵃ + eᵇ).
func logAdd(_ a: Double, _ b: Double) -> Double {
  let (low, high) = (min(a, b), max(a, b))
  return high == -.infinity ? high : high + log1p(exp(low - high))
}

/// ln of the mean of exp.
func logMean(_ values: [Double]) -> Double {
  values.reduce(-.infinity, logAdd) - log(Double(max(values.count, 1)))
}
