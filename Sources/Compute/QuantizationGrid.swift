import Tensor

/// The rule that lays a uniform grid of 2^bits points over a range of weights, as `find_params` of
/// IST-DASLab/gptq (quant.py) and its descendants do, with scales rounded to the type in which they
/// are stored *before* anything is quantized with them.
public struct QuantizationGrid: Sendable, Hashable {
  /// Bits of a code, 1 to 8.
  public let bits: Int
  /// Whether the zero point is fixed at the middle of the codes.
  public let sym: Bool
  /// The type to which scales are rounded.
  public let scalesDtype: FloatFormat
  /// Where a symmetric grid lies.
  public let span: GridSpan

  /// Creates the rule.
  public init(bits: Int, sym: Bool, scalesDtype: FloatFormat, span: GridSpan = .minmax) {
    precondition((1...8).contains(bits), "codes of 1 to 8 bits")
    self.bits = bits
    self.sym = sym
    self.scalesDtype = scalesDtype
    self.span = span
  }

  /// The largest code, 2^bits − 1.
  public var maxCode: Int32 { Int32(1) << Int32(bits) - 1 }

  /// The scale and the zero point for weights between `low` ≤ 0 and `high` ≥ 0.
  ///
  /// Two quirks of other tools are kept. The symmetric scale is 2·absmax / maxCode, so that +absmax
  /// falls half a step outside the grid. And weights of which none is negative keep low = 0: their
  /// scale is half as wide while the zero stays in the middle, so that the upper half is clipped.
  public func fit<S: BinaryFloatingPoint>(low: S, high: S) -> (scale: Float, zero: Int32) {
    if sym, span == .fullRange { return (fullRangeScale(low: low, high: high), (maxCode + 1) / 2) }
    var (low, high) = (low, high)
    if sym {
      high = max(-low, high)
      if low < 0 { low = -high }
    }
    if low == 0 && high == 0 { (low, high) = (-1, 1) }
    let scale = stored(Float((high - low) / S(maxCode)))
    if sym { return (scale, (maxCode + 1) / 2) }
    let zero = (-low / S(scale)).rounded(.toNearestOrEven)
    return (scale, Int32(min(max(zero, 0), S(maxCode))))
  }

  /// The scale with which the larger end is code 0: negative where that is the positive end.
  private func fullRangeScale<S: BinaryFloatingPoint>(low: S, high: S) -> Float {
    let half = S((maxCode + 1) / 2)
    if low == 0 && high == 0 { return stored(Float(1 / half)) }
    return -low > high ? stored(Float(-low / half)) : -stored(Float(high / half))
  }

  /// `scale` as it will be stored: never zero, which nothing can be divided by, and never so large
  /// that a weight of 256 steps is infinite.
  private func stored(_ scale: Float) -> Float {
    let rounded = scalesDtype.round(scale)
    return min(max(rounded, scalesDtype.leastPositive), scalesDtype.largestScale)
  }
}

/// Where a symmetric grid lies over a range of weights.
public enum GridSpan: String, Sendable, Hashable, Codable, CaseIterable {
  /// From −absmax to absmax, half a step of which is beyond the last code.
  case minmax
  /// From the end that is larger, which is code 0 and exact but for the rounding of its scale, to one
  /// step less than as far on the other side (auto-round's `quant_tensor_sym`). Scales may be
  /// negative.
  case fullRange = "full_range"
}

extension FloatFormat {
  /// The smallest value above zero, a subnormal one.
  fileprivate var leastPositive: Float {
    switch self {
    case .f16: Float(Float16.leastNonzeroMagnitude)
    case .bf16: Float(bfloat16Bits: 1)
    case .f32: .leastNonzeroMagnitude
    }
  }

  /// The largest value of which 256 times is still a float32.
  fileprivate var largestScale: Float {
    switch self {
    case .f16: Float(Float16.greatestFiniteMagnitude)
    case .bf16: Float(bfloat16Bits: 0x7F7F) / 256
    case .f32: .greatestFiniteMagnitude / 256
    }
  }
}
