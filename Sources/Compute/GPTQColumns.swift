import Tensor

/// What the GPTQ column loop leaves behind, columns in the order of processing.
public struct GPTQColumns: Sendable {
  /// The codes, (out, in).
  public var codes: Matrix<UInt8>
  /// The grids that the codes count in, (out, groups).
  public var grids: GroupGrids
  /// The group of each column.
  public var groupIndex: [Int32]
  /// ½·Σ((w − q)/d)², which the peers report as the loss.
  public var loss: Double
  /// Weights that lay more than half a step outside their grid when their turn came.
  public var clipped: Int
}
