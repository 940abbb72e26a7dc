import Basics
import Compute
import Foundation

/// How positions rotate queries and keys (RoFormer, arXiv 2104.09864).
public struct RopeParameters: Sendable, Equatable {
  /// The base θ of the frequencies θ^(−2i/d).
  public var theta: Double

  /// Reads `rope_parameters` (transformers 5) or `rope_theta` and `rope_scaling` (before it).
  init(_ reader: ConfigReader) throws(InputError) {
    let parameters = reader.object("rope_parameters") ?? reader.object("rope_scaling")
    let type =
      try parameters?.string("rope_type", default: parameters?.string("type", default: "default"))
      ?? "default"
    guard type == "default" else {
      throw reader.unsupported("rope_type", type, allowed: "default")
    }
    let outer = try reader.number("rope_theta", default: 10_000)
    theta = try parameters?.number("rope_theta", default: outer) ?? outer
    guard theta > 0 else {
      throw reader.unsupported("rope_theta", "\(theta)", allowed: "a positive number")
    }
  }

  /// The table for windows of up to `positions` tokens.
  public func table(headDimension: Int, positions: Int) -> RotaryTable {
    let frequencies = (0..<headDimension / 2).map { index in
      pow(theta, -2 * Double(index) / Double(headDimension))
    }
    return RotaryTable(frequencies: frequencies, positions: positions)
  }
}
