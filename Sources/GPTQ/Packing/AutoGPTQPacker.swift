import Basics
import Compute
import Tensor

/// What AutoGPTQ 0.7's `qlinear_cuda.QuantLinear.pack` writes for a bfloat16 model.
///
/// It throws the codes of the column loop away and derives them again from the weights, which by
/// then are bfloat16, dividing by scales that are bfloat16, too: round((W + zero·scale)/scale'). Its
/// types decide the result: W is bfloat16, zero·scale float32 with the scale *before* rounding, so
/// the sum is float32; only the divisor scale' is rounded. Nothing clamps. At 8 bits the largest
/// code of a group becomes 256 about once in six times, which wraps to 0 and carries into the next
/// code of the word. Column loops meant for this packer run with `scales_dtype: f32`, as AutoGPTQ's.
public enum AutoGPTQPacker {
  /// What comes back out of such a file.
  public struct Packed: Sendable {
    /// Codes, scales (bfloat16) and zeros as a reader finds them.
    public var linear: QuantizedLinear
    /// Codes that are not those of the column loop.
    public var changedCodes: Int
    /// Codes that wrapped round: more than one step away from those of the column loop.
    public var wrappedCodes: Int
  }

  /// Packs `linear` as AutoGPTQ would, and reads it again.
  public static func packBF16(_ linear: QuantizedLinear) throws(InputError) -> Packed {
    guard CodeLayout.stream.holds(linear.bits) else {
      throw InputError(
        .usage, asked: "packer \(Packer.autogptqBF16.rawValue) with bits \(linear.bits)",
        found: "AutoGPTQ packs 2, 3, 4 and 8 bits", hint: "use packer exact, or other bits")
    }
    // Refuses what no GPTQ file can hold.
    _ = try PackedCodes.packWeights(linear.codes, bits: linear.bits, format: .v1)
    let (rows, columns) = (linear.codes.rows, linear.codes.columns)
    let scales = linear.grids.scales.map(FloatFormat.bf16.round)
    let weight = linear.dequantized()

    var packed = linear
    packed.scalesDtype = .bf16
    packed.grids.scales = scales
    for row in 0..<rows {
      var derived = [UInt32](repeating: 0, count: columns)
      for column in 0..<columns {
        let group = Int(linear.groupIndex[column])
        let scaleZero =
          Float(linear.grids.zeros[row, group]) * linear.grids.scales[row, group]
        let moved = FloatFormat.bf16.round(weight[row, column]) + scaleZero
        derived[column] = wrapping((moved / scales[row, group]).rounded(.toNearestOrEven))
      }
      for (column, code) in throughWords(derived, bits: linear.bits).enumerated() {
        packed.codes[row, column] = code
      }
    }
    for group in 0..<linear.grids.zeros.columns {
      let stored = (0..<rows).map { UInt32(bitPattern: linear.grids.zeros[$0, group] - 1) }
      for (row, zero) in throughWords(stored, bits: linear.bits).enumerated() {
        packed.grids.zeros[row, group] = (Int32(zero) + 1) & (Int32(1) << Int32(linear.bits) - 1)
      }
    }
    let steps = zip(packed.codes.elements, linear.codes.elements).map { abs(Int($0) - Int($1)) }
    return Packed(
      linear: packed, changedCodes: steps.count { $0 > 0 }, wrappedCodes: steps.count { $0 > 1 })
  }

  /// `.to(torch.int)` followed by `.astype(np.uint32)`: negative numbers wrap.
  private static func wrapping(_ code: Float) -> UInt32 {
    UInt32(bitPattern: Int32(exactly: code) ?? .min)
  }

  /// `qweight |= intweight << shift` on uint32, run by run of 32 values, read back field by field.
  private static func throughWords(_ values: [UInt32], bits: Int) -> [UInt8] {
    var codes: [UInt8] = []
    codes.reserveCapacity(values.count)
    for start in stride(from: 0, to: values.count, by: 32) {
      let words = bits == 3 ? threeBitWords(values, start) : plainWords(values, start, bits)
      for k in 0..<32 {
        let (word, bit) = (k * bits / 32, k * bits % 32)
        var field = words[word] >> UInt32(bit)
        if bit + bits > 32 { field |= words[word + 1] << UInt32(32 - bit) }
        codes.append(UInt8(field & (1 << UInt32(bits) - 1)))
      }
    }
    return codes
  }

  private static func plainWords(_ values: [UInt32], _ start: Int, _ bits: Int) -> [UInt32] {
    var words = [UInt32](repeating: 0, count: bits)
    for k in 0..<32 { words[k * bits / 32] |= values[start + k] << UInt32(k * bits % 32) }
    return words
  }

  /// Values 10 and 21 straddle two words; only there the packer masks what it carries over.
  private static func threeBitWords(_ values: [UInt32], _ start: Int) -> [UInt32] {
    var words: [UInt32] = [0, 0, 0]
    for k in 0..<11 { words[0] |= values[start + k] << UInt32(3 * k) }
    words[1] |= (values[start + 10] >> 2) & 1
    for k in 11..<22 { words[1] |= values[start + k] << UInt32(3 * (k - 11) + 1) }
    words[2] |= (values[start + 21] >> 1) & 3
    for k in 22..<32 { words[2] |= values[start + k] << UInt32(3 * (k - 22) + 2) }
    return words
  }
}
