import Foundation

/// Microscaling FP4 (OCP MX 1.0): 32 numbers of 4 bits, two a byte with the first in the low half, and
/// an exponent for all of them in a byte beside.
public enum MXFP4 {
  /// Numbers that share an exponent.
  public static let blockSize = 32

  /// The numbers of whole blocks, `blockSize` for each of `exponents`: ±{0, ½, 1, 1½, 2, 3, 4, 6} times
  /// 2^(exponent − 127). The exponent 255 stands for NaN.
  /// - Precondition: `codes` are 16 bytes a block.
  public static func decode(codes: [UInt8], exponents: [UInt8]) -> [Float] {
    precondition(codes.count == exponents.count * blockSize / 2, "16 bytes a block")
    return [Float](unsafeUninitializedCapacity: 2 * codes.count) { out, count in
      count = 2 * codes.count
      codes.withUnsafeBufferPointer { codes in
        for (block, exponent) in exponents.enumerated() {
          let scale = scales[Int(exponent)]
          for place in block * (blockSize / 2)..<(block + 1) * (blockSize / 2) {
            out[2 * place] = values[Int(codes[place] & 15)] * scale
            out[2 * place + 1] = values[Int(codes[place] >> 4)] * scale
          }
        }
      }
    }
  }

  private static let values: [Float] = [
    0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6,
  ]
  private static let scales: [Float] = (0...255).map { exponent in
    exponent == 255 ? .nan : Float(scalbn(1.0, exponent - 127))
  }
}
