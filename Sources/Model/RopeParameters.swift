import Compute
import Foundation

/// How positions rotate queries and keys (RoFormer, arXiv 2104.09864), with the scalings that
/// stretch them beyond the length a model was trained on (after transformers 5.23,
/// modeling_rope_utils.py).
public struct RopeParameters: Sendable, Hashable {
  /// What is done to the frequencies θ^(−2i/d).
  public enum Scaling: Sendable, Hashable {
    /// Nothing: `default`.
    case none
    /// All are divided by `factor`.
    case linear(factor: Double)
    /// θ grows with the length of a sequence that is longer than `maxPositions`
    /// (NTK-aware scaling).
    case dynamic(factor: Double, maxPositions: Double)
    /// Llama 3.1: long wavelengths are divided by `factor`, short ones kept, those between blended.
    case llama3(factor: Double, low: Double, high: Double, originalPositions: Double)
    /// YaRN: the frequencies from place `high` on are divided by `factor`, those up to `low` kept, those
    /// between blended by place.
    case yarn(factor: Double, low: Double, high: Double)
    /// LongRoPE: the i-th frequency is divided by `short[i]` in sequences of up to `originalPositions`
    /// tokens, by `long[i]` in longer ones.
    case longrope(short: [Double], long: [Double], originalPositions: Double)
  }

  /// The base θ.
  public let theta: Double
  /// What is done to the frequencies.
  public let scaling: Scaling
  /// The rotated width of a head: all of it, or its first part.
  public let headDimension: Int
  /// What cosines and sines are multiplied with.
  public let magnitude: Double

  /// Rotations with the base `theta` of the first `headDimension` numbers of each head.
  public init(
    theta: Double, headDimension: Int, scaling: Scaling = .none, magnitude: Double = 1
  ) {
    self.theta = theta
    self.headDimension = headDimension
    self.scaling = scaling
    self.magnitude = magnitude
  }

  /// The length from which on a sequence's frequencies depend on its own length.
  package var longestFixedLength: Int? {
    switch scaling {
    case .dynamic(_, let positions), .longrope(_, _, let positions): Int(positions)
    case .none, .linear, .llama3, .yarn: nil
    }
  }

  /// Whether all sequences longer than that have the same frequencies.
  package var isFixedBeyond: Bool { if case .longrope = scaling { true } else { false } }

  /// The angular frequencies of a sequence of `length` tokens, half a head of them.
  func frequencies(length: Int) -> [Double] {
    let width = Double(headDimension)
    func powers(_ theta: Double) -> [Double] {
      (0..<headDimension / 2).map { pow(theta, -2 * Double($0) / width) }
    }
    switch scaling {
    case .none: return powers(theta)
    case .linear(let factor): return powers(theta).map { $0 / factor }
    case .dynamic(let factor, let maxPositions):
      let stretch = factor * max(Double(length), maxPositions) / maxPositions - (factor - 1)
      return powers(theta * pow(stretch, width / (width - 2)))
    case .llama3(let factor, let low, let high, let originalPositions):
      return powers(theta).map { frequency in
        // Between the two bounds, `kept` runs from 0 (divided) to 1 (as it is).
        let turns = originalPositions * frequency / (2 * .pi)
        let kept = min(1, max(0, (turns - low) / (high - low)))
        return (1 - kept) * frequency / factor + kept * frequency
      }
    case .yarn(let factor, let low, let high):
      return powers(theta).enumerated().map { place, frequency in
        let divided = min(1, max(0, (Double(place) - low) / (high - low)))
        return divided * frequency / factor + (1 - divided) * frequency
      }
    case .longrope(let short, let long, let originalPositions):
      let divisors = Double(length) > originalPositions ? long : short
      return zip(powers(theta), divisors).map { $0 / $1 }
    }
  }

  /// The table of a sequence of `length` tokens.
  func table(length: Int, engine: any Engine) -> RotaryTable {
    RotaryTable(
      frequencies: frequencies(length: length), positions: length, magnitude: magnitude,
      engine: engine)
  }
}
