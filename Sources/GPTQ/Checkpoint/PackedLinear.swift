import Basics
import Compute
import Tensor

/// A quantized linear as its four tensors stand in a GPTQ checkpoint.
public struct PackedLinear: Sendable, Equatable {
  /// Codes, packed along in: (in·bits/32, out).
  public var qweight: Matrix<Int32>
  /// Zero points, packed along out: (groups, out·bits/32).
  public var qzeros: Matrix<Int32>
  /// (groups, out).
  public var scales: Matrix<Float>
  /// The group of each input, [in].
  public var groupIndex: [Int32]

  /// Wraps tensors as they were read.
  public init(
    qweight: Matrix<Int32>, qzeros: Matrix<Int32>, scales: Matrix<Float>, groupIndex: [Int32]
  ) {
    self.qweight = qweight
    self.qzeros = qzeros
    self.scales = scales
    self.groupIndex = groupIndex
  }

  /// Packs `linear`. Refuses shapes that loaders refuse, and zero points that `format` cannot hold.
  public init(_ linear: QuantizedLinear, format: CheckpointFormat) throws(InputError) {
    qweight = try PackedCodes.packWeights(linear.codes, bits: linear.bits, format: format)
    qzeros = try PackedCodes.packZeros(linear.grids.zeros, bits: linear.bits, format: format)
    scales = linear.grids.scales.transposed()
    groupIndex = linear.groupIndex
  }

  /// Unpacks the tensors, whatever wrote them: any g_idx, 2 to 8 bits, any format. Tensors that
  /// do not belong together are refused.
  public func unpacked(
    bits: Int, sym: Bool, format: CheckpointFormat, scalesDtype: FloatFormat
  ) throws(InputError) -> QuantizedLinear {
    let codes = try PackedCodes.unpackWeights(
      qweight, bits: bits, format: format, inputs: groupIndex.count)
    let zeros = try PackedCodes.unpackZeros(
      qzeros, bits: bits, format: format, outputs: codes.rows)
    let (out, groups) = (codes.rows, scales.rows)
    guard scales.columns == out, zeros.rows == out, zeros.columns == groups else {
      throw mismatch(
        "scales of \(groups) x \(scales.columns) and zeros for \(zeros.columns) x \(zeros.rows)"
          + " groups and outputs, with \(out) outputs in qweight")
    }
    guard groupIndex.allSatisfy((0..<Int32(clamping: groups)).contains) else {
      throw mismatch("a g_idx that names groups beyond the \(groups) of scales")
    }
    return QuantizedLinear(
      bits: bits, sym: sym, codes: codes,
      grids: GroupGrids(scales: scales.transposed(), zeros: zeros), groupIndex: groupIndex,
      scalesDtype: scalesDtype)
  }

  private func mismatch(_ found: String) -> InputError {
    InputError(
      .badData, asked: "unpack a GPTQ linear", found: found,
      hint: "the checkpoint is damaged, or its bits are not those of quantize_config.json")
  }
}
