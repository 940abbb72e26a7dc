import Compute
import Tensor

/// A linear in codes: w[row, column] = scale · (code − zero), with the scale and the zero of the
/// row's group `groupIndex[column]`. Columns are in their original order.
public struct QuantizedLinear: Sendable, Equatable {
  /// Bits of a code: 2 to 8.
  public var bits: Int
  /// Whether every zero is the middle code.
  public var sym: Bool
  /// The codes, (out, in).
  public var codes: Matrix<UInt8>
  /// Scales, rounded to `scalesDtype`, and zeros, both (out, groups).
  public var grids: GroupGrids
  /// The group of each column: `g_idx`.
  public var groupIndex: [Int32]
  /// The type in which scales are stored.
  public var scalesDtype: FloatFormat

  /// Puts the parts together.
  public init(
    bits: Int, sym: Bool, codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32],
    scalesDtype: FloatFormat
  ) {
    self.bits = bits
    self.sym = sym
    self.codes = codes
    self.grids = grids
    self.groupIndex = groupIndex
    self.scalesDtype = scalesDtype
  }

  /// Some rows of it: outputs do not depend on each other.
  public func rows(in range: Range<Int>) -> QuantizedLinear {
    var result = self
    result.codes = codes.rows(in: range)
    result.grids = GroupGrids(
      scales: grids.scales.rows(in: range), zeros: grids.zeros.rows(in: range))
    return result
  }

  /// Whether `other` can be more rows of the same linear.
  public func hasGroups(of other: QuantizedLinear) -> Bool {
    bits == other.bits && sym == other.sym && scalesDtype == other.scalesDtype
      && groupIndex == other.groupIndex && grids.scales.columns == other.grids.scales.columns
  }

  /// The rows of this linear, and after them those of `other`, which has the same groups.
  public func appending(_ other: QuantizedLinear) -> QuantizedLinear {
    precondition(groupIndex == other.groupIndex && bits == other.bits, "parts of one linear")
    func joined<Scalar>(_ a: Matrix<Scalar>, _ b: Matrix<Scalar>) -> Matrix<Scalar> {
      Matrix(rows: a.rows + b.rows, columns: a.columns, elements: a.elements + b.elements)
    }
    var result = self
    result.codes = joined(codes, other.codes)
    result.grids = GroupGrids(
      scales: joined(grids.scales, other.grids.scales),
      zeros: joined(grids.zeros, other.grids.zeros))
    return result
  }

  /// The same weights, groups renumbered by their place among the original columns. For groups that
  /// hold a run of `size` original columns each, in whatever order they were solved.
  func regrouped(size: Int) -> QuantizedLinear {
    var solved = [Int](repeating: 0, count: grids.scales.columns)
    for (column, group) in groupIndex.enumerated() { solved[column / size] = Int(group) }
    var result = self
    result.grids = GroupGrids(
      scales: grids.scales.selectingColumns(solved), zeros: grids.zeros.selectingColumns(solved))
    result.groupIndex = groupIndex.indices.map { Int32($0 / size) }
    return result
  }

  /// The weights that the codes stand for, (out, in).
  public func dequantized() -> Matrix<Float> {
    grids.dequantize(codes, index: groupIndex)
  }
}
