import Basics
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
  }

  /// The base θ.
  public let theta: Double
  /// What is done to the frequencies.
  public let scaling: Scaling
  /// The rotated width of a head: all of it, or its first part.
  public let headDimension: Int

  /// Rotations with the base `theta` of the first `headDimension` numbers of each head.
  public init(theta: Double, headDimension: Int, scaling: Scaling = .none) {
    self.theta = theta
    self.headDimension = headDimension
    self.scaling = scaling
  }

  /// Reads `rope_scaling` with `rope_theta`, or `rope_parameters` (transformers 5).
  init(_ reader: ConfigReader, _ sizes: ModelSizes) throws(InputError) {
    let (headDimension, maxPositions) = (sizes.headDimension, sizes.maxPositions)
    self.headDimension = headDimension
    let older = try reader.object("rope_scaling")
    let newer = try reader.object("rope_parameters")
    // As in transformers, rope_scaling goes first where both say something.
    let parameters = older?.isEmpty == false ? older : newer
    let outer = try reader.positive("rope_theta", default: 10_000)
    guard let parameters else {
      theta = outer
      scaling = .none
      return
    }
    theta = try parameters.positive("rope_theta", default: outer)
    for key in ["full_attention", "sliding_attention"] where !parameters.isUnset(key) {
      throw reader.unsupported(
        "rope_parameters", "one set for \(key)", allowed: "one set for all layers")
    }
    let partial = try parameters.number("partial_rotary_factor", default: 1)
    guard partial == 1 else {
      throw parameters.unsupported("partial_rotary_factor", "\(partial)", allowed: "1")
    }
    let type = try parameters.string(
      "rope_type", default: parameters.string("type", default: "default"))
    switch type {
    case "default": scaling = .none
    case "linear": scaling = .linear(factor: try parameters.positive("factor"))
    case "dynamic":
      guard headDimension > 2 else {
        throw parameters.unsupported("rope_type", "dynamic with head_dim 2", allowed: "default")
      }
      scaling = .dynamic(
        factor: try Self.factor(parameters), maxPositions: Double(maxPositions))
    case "llama3":
      let (low, high) = (
        try parameters.positive("low_freq_factor"), try parameters.positive("high_freq_factor")
      )
      guard low < high else {
        throw parameters.unsupported(
          "low_freq_factor", "\(low)", allowed: "less than high_freq_factor \(high)")
      }
      let positions = try parameters.positive(
        "original_max_position_embeddings", default: Double(maxPositions))
      scaling = .llama3(
        factor: try parameters.positive("factor"), low: low, high: high,
        originalPositions: try reader.positive(
          "original_max_position_embeddings", default: positions))
    default:
      throw parameters.unsupported(
        "rope_type", type, allowed: "default, linear, dynamic, llama3")
    }
  }

  /// A factor of at least 1, below which the NTK base could turn negative.
  private static func factor(_ parameters: ConfigReader) throws(InputError) -> Double {
    let factor = try parameters.positive("factor")
    guard factor >= 1 else {
      throw parameters.unsupported("factor", "\(factor)", allowed: "1 or more")
    }
    return factor
  }

  /// The length from which on a sequence's frequencies depend on its own length.
  var longestFixedLength: Int? {
    if case .dynamic(_, let maxPositions) = scaling { Int(maxPositions) } else { nil }
  }

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
    }
  }

  /// The table of a sequence of `length` tokens.
  func table(length: Int, engine: any Engine) -> RotaryTable {
    RotaryTable(frequencies: frequencies(length: length), positions: length, engine: engine)
  }
}
