import CKernels
import Tensor

extension Matrix<UInt8> {
  /// Codes (out, in) of `words`, (in·bits/32, out): 32 codes are `bits` words, along in, as `layout`
  /// says.
  public init(unpackingTransposed words: Matrix<Int32>, bits: Int, layout: CodeLayout) {
    precondition(layout.holds(bits) && words.rows % bits == 0, "whole runs of 32 codes")
    let (out, inputs) = (words.columns, words.rows / bits * 32)
    var codes = Matrix<UInt8>(rows: out, columns: inputs)
    codes.elements.withUnsafeMutableBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      let shared = SharedPointer(codes)
      parallelFor(out, chunk: 16) { rows in
        words.elements.withUnsafeBufferPointer { words in
          tenbin_unpack_codes(
            words.baseAddress, out, inputs, Int32(bits), layout == .planes ? 1 : 0, rows.lowerBound,
            rows.count,
            shared.base + rows.lowerBound * inputs)
        }
      }
    }
    self = codes
  }
}
