import Basics
import Compute
import Tensor

/// How a checkpoint stores zero points and codes.
public enum CheckpointFormat: String, Sendable, Codable, CaseIterable {
  /// v1: stores zero − 1. Every loader reads it; a zero of 0 has no place in it.
  case v1 = "gptq"
  /// v2: stores the zero as it is.
  case v2 = "gptq_v2"
  /// GPTQModel's own from 7 on, for 5, 6 and 7 bits: zeros as they are, codes in planes. Nobody else
  /// reads it.
  case planar = "gptq_p"

  /// How codes of `bits` bits stand in their words. 5, 6 and 7 bits have no other place than planes.
  public func layout(bits: Int) -> CodeLayout {
    self == .planar || !CodeLayout.stream.holds(bits) ? .planes : .stream
  }

  /// What a stored zero point lacks.
  var offset: Int32 { self == .v1 ? 1 : 0 }
}

/// Codes in 32-bit words: 32 values of b bits are b words, one little-endian stream, the layout of
/// AutoGPTQ and its kin for 2, 3, 4 and 8 bits, or planes of bits (`CodeLayout`).
public enum PackedCodes {
  /// `qweight`, (in·bits/32, out), packed along in, of codes (out, in).
  public static func packWeights(
    _ codes: Matrix<UInt8>, bits: Int, format: CheckpointFormat
  ) throws(InputError) -> Matrix<Int32> {
    try requireMultipleOf32(codes.columns, "in_features")
    try requireMultipleOf32(codes.rows, "out_features")
    return Matrix(packingTransposed: codes, bits: bits, layout: format.layout(bits: bits))
  }

  /// Codes (out, in) of `qweight`, (⌈in·bits/32⌉, out). `inputs` nil takes all that the words hold.
  public static func unpackWeights(
    _ words: Matrix<Int32>, bits: Int, format: CheckpointFormat, inputs: Int? = nil
  ) throws(InputError) -> Matrix<UInt8> {
    let inputs = try valueCount(words.rows, of: bits, in: "qweight", expected: inputs)
    let layout = format.layout(bits: bits)
    guard inputs % 32 == 0 else {
      return try unpackRows(words.transposed(), bits: bits, layout, values: inputs)
    }
    return Matrix(unpackingTransposed: words, bits: bits, layout: layout)
  }

  /// `qzeros`, (groups, out·bits/32), packed along out, of zeros (out, groups).
  public static func packZeros(
    _ zeros: Matrix<Int32>, bits: Int, format: CheckpointFormat
  ) throws(InputError) -> Matrix<Int32> {
    try requireMultipleOf32(zeros.rows, "out_features")
    let allowed = 0..<Int32(1) << Int32(bits)
    guard zeros.elements.allSatisfy({ allowed.contains($0 - format.offset) }) else {
      throw InputError(
        .usage, asked: "write zero points in checkpoint_format \(format.rawValue)",
        found: "a zero point that it cannot hold: it stores zero - 1, and 0 would wrap",
        hint: "use checkpoint_format gptq_v2, or sym")
    }
    let stored = zeros.transposed().map { UInt8($0 - format.offset) }
    return Matrix(packingTransposed: stored, bits: bits, layout: format.layout(bits: bits))
      .transposed()
  }

  /// Zeros (out, groups) of `qzeros`, (groups, ⌈out·bits/32⌉). A stored 2^bits − 1 of v1 is read as
  /// a zero of 0 that has wrapped. `outputs` nil takes all that the words hold.
  public static func unpackZeros(
    _ words: Matrix<Int32>, bits: Int, format: CheckpointFormat, outputs: Int? = nil
  ) throws(InputError) -> Matrix<Int32> {
    let outputs = try valueCount(words.columns, of: bits, in: "qzeros", expected: outputs)
    let mask = Int32(1) << Int32(bits) - 1
    let stored = try unpackRows(
      words, bits: bits, format.layout(bits: bits), values: outputs)
    return stored.transposed().map {
      (Int32($0) + format.offset) & mask
    }
  }

  /// Values (lines, count) of words (lines, ⌈count·bits/32⌉), whose last word may be filled in part
  /// where they are a stream.
  private static func unpackRows(
    _ words: Matrix<Int32>, bits: Int, _ layout: CodeLayout, values count: Int
  ) throws(InputError) -> Matrix<UInt8> {
    if layout == .planes {
      guard count % 32 == 0 else {
        throw InputError(
          .badData, asked: "unpack \(count) values of \(bits) bits in planes",
          found: "planes hold runs of 32 values",
          hint: "the checkpoint is damaged, or its checkpoint_format is not gptq_p")
      }
      return Matrix(unpackingTransposed: words.transposed(), bits: bits, layout: layout)
    }
    let mask = UInt64(1) << UInt64(bits) - 1
    var values: [UInt8] = []
    values.reserveCapacity(words.rows * count)
    for row in 0..<words.rows {
      let end = values.count + count
      var stream: UInt64 = 0
      var filled = 0
      for word in words.row(row) {
        stream |= UInt64(UInt32(bitPattern: word)) << UInt64(filled)
        filled += 32
        while filled >= bits, values.count < end {
          values.append(UInt8(stream & mask))
          stream >>= UInt64(bits)
          filled -= bits
        }
      }
    }
    return Matrix(rows: words.rows, columns: count, elements: values)
  }

  private static func requireMultipleOf32(_ count: Int, _ name: String) throws(InputError) {
    guard count % 32 == 0 else {
      throw InputError(
        .badData, asked: "pack a linear with \(name) \(count)",
        found: "GPTQ checkpoints hold 32 values in whole words: loaders expect multiples of 32",
        hint: "leave this linear out of the quantized modules")
    }
  }

  /// The words that `count` values take.
  public static func wordCount(_ count: Int, bits: Int) -> Int { (count * bits + 31) / 32 }

  /// How many values `words` words hold: `expected`, which must need just them, or as many as fit
  /// where runs of 32 are whole.
  private static func valueCount(
    _ words: Int, of bits: Int, in tensor: String, expected: Int?
  ) throws(InputError) -> Int {
    if QuantizeConfig.allowedBits.contains(bits) {
      if let expected, wordCount(expected, bits: bits) == words { return expected }
      if expected == nil, words % bits == 0 { return words / bits * 32 }
    }
    let values = expected.map { " for \($0) values" } ?? ""
    throw InputError(
      .badData, asked: "unpack \(tensor) of \(bits) bits",
      found: "\(words) words along the packed side\(values), which 2 to 8 bits do not give",
      hint: "check that bits in quantize_config.json is what the tensors were packed with")
  }
}
