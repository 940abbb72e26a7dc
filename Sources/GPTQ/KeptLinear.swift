import Compute
import Tensor

/// A quantized linear that its engine keeps: what the column loop has made, before anybody asks for
/// the codes.
public struct KeptLinear: Sendable {
  /// Bits of a code.
  public var bits: Int
  /// Whether every zero is the middle code.
  public var sym: Bool
  /// The type in which scales are stored.
  public var scalesDtype: FloatFormat
  /// Codes, scales, zeros and groups.
  public var codes: KeptCodes
  /// Columns of a group, where groups are renumbered by their place among the original columns;
  /// nil leaves them as they were solved.
  var regroupedSize: Int?
  /// Where they are kept.
  public let engine: any Engine

  init(
    _ codes: KeptCodes, grid: QuantizationGrid, regroupedSize: Int? = nil, engine: any Engine
  ) {
    (bits, sym, scalesDtype) = (grid.bits, grid.sym, grid.scalesDtype)
    self.codes = codes
    self.regroupedSize = regroupedSize
    self.engine = engine
  }

  /// The weights that the codes stand for, (out, in).
  public func dequantized() -> EngineBuffer { engine.dequantize(codes) }

  /// The codes.
  public func downloaded() -> QuantizedLinear {
    let (matrix, grids) = engine.download(codes)
    let linear = QuantizedLinear(
      bits: bits, sym: sym, codes: matrix, grids: grids, groupIndex: codes.groupIndex,
      scalesDtype: scalesDtype)
    return regroupedSize.map(linear.regrouped) ?? linear
  }
}

extension QuantizedLinear {
  /// The weights that the codes stand for, (out, in), made where `engine` keeps them.
  public func dequantized(on engine: any Engine) -> EngineBuffer {
    engine.dequantize(engine.upload(codes, grids: grids, groupIndex: groupIndex))
  }
}
