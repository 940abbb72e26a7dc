import Foundation
import Results

/// What was measured of one part of a model: the divergence of the model in which it alone is
/// quantized.
struct Sensitivity: Sendable, Codable, Equatable {
  /// KL divergence from the base, nats per token: the mean over the domains.
  var divergence: Double
  /// Its standard error over the held-out windows.
  var divergenceStderr: Double
  /// The mean relative error of the part's outputs on held-out tokens.
  var error: Double

  /// ΔKL per relative error, nats per token.
  var slope: Double { error > 0 ? divergence / error : 0 }
  /// Its standard error; nil where a single window tells of none.
  var slopeStderr: Double? {
    guard divergenceStderr.isFinite else { return nil }
    return error > 0 ? divergenceStderr / error : 0
  }
}

extension [Int: Sensitivity] {
  /// The slope at `layer`: that measured there, or between the nearest layers on both sides on a
  /// straight line of its logarithm, or the nearest one's at the ends; nil of none.
  func slope(at layer: Int) -> Double? {
    if let known = self[layer] { return known.slope }
    let below = keys.filter { $0 < layer }.max().flatMap { place in
      self[place].map { (place, $0.slope) }
    }
    let above = keys.filter { $0 > layer }.min().flatMap { place in
      self[place].map { (place, $0.slope) }
    }
    guard let below, let above else { return (below ?? above)?.1 }
    guard below.1 > 0, above.1 > 0 else { return (below.1 + above.1) / 2 }
    let share = Double(layer - below.0) / Double(above.0 - below.0)
    return exp(log(below.1) + share * (log(above.1) - log(below.1)))
  }
}

/// A part of a model.
struct SensitivityPlace: Sendable, Hashable, CustomStringConvertible {
  var layer: Int
  var part: String

  var description: String { "\(layer) \(part)" }
}

/// What sensitivities were measured with: they are comparable only among themselves.
struct SensitivityKey: Sendable {
  /// What the part was quantized with.
  var config: TrialConfig
  /// SHA-256 over the token ids that they were measured on.
  var text: String
}
