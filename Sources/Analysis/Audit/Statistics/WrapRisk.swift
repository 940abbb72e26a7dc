import Foundation
import Tensor

/// How likely a packer that divides by rounded scales, and does not clamp, takes the largest code of
/// a group beyond the last one.
///
/// The packer computes round((W + zero·s)/s'), where s' = s(1 + δ) is the stored scale and W, the
/// weight (maxCode − zero)·s, was rounded to the same type. In steps, the code leaves by
/// −maxCode·δ + ε, and wraps where that is above ½. δ and ε are taken as uniform over their rounding
/// intervals, which a stored scale's binade and type decide.
enum WrapRisk {
  /// The probability for a group of stored scale `scale` and zero point `zero`.
  static func probability(
    scale: Float, zero: Int32, maxCode: Int, storedAs format: FloatFormat
  ) -> Double {
    let step = Double(scale)
    guard step > 0, step.isFinite else { return 0 }
    let a = Double(maxCode) * format.halfSpacing(at: step) / step
    let top = Double(maxCode - Int(zero)) * step
    let b = format.halfSpacing(at: top) / step
    guard a + b > 0.5 else { return 0 }
    var sum = 0.0
    for point in 0..<points {
      let v = (2 * Double(point) + 1) / Double(points) - 1
      sum += min(max((a - 0.5 + b * v) / (2 * a), 0), 1)
    }
    return sum / Double(points)
  }

  private static let points = 16
}

extension FloatFormat {
  /// Half the distance of neighbouring numbers at `value`.
  func halfSpacing(at value: Double) -> Double {
    let exponent = value == 0 ? -1000 : Int(value.exponent)
    return switch self {
    case .f16: scalbn(1, max(exponent, -14) - 11)
    case .bf16: scalbn(1, max(exponent, -126) - 8)
    case .f32: scalbn(1, max(exponent, -126) - 24)
    }
  }

  /// The smallest number with full precision.
  var leastNormal: Float {
    switch self {
    case .f16: 0x1p-14
    case .bf16, .f32: .leastNormalMagnitude
    }
  }
}
