import CKernels
import Tensor

extension Matrix<Int32> {
  /// Words (in·bits/32, out) of `codes`, (out, in), of `bits` that `layout` holds: the inverse of
  /// `Matrix<UInt8>(unpackingTransposed:bits:layout:)`.
  public init(packingTransposed codes: Matrix<UInt8>, bits: Int, layout: CodeLayout) {
    precondition(layout.holds(bits) && codes.columns % 32 == 0, "whole runs of 32 codes")
    let (out, inputs) = (codes.rows, codes.columns)
    let count = inputs / 32 * bits * out
    let words = [Int32](unsafeUninitializedCapacity: count) { words, initialized in
      initialized = count
      guard let base = words.baseAddress else { return }
      let shared = SharedPointer(base)
      // Two runs are what a cache line holds of a row.
      parallelFor(inputs / 32, chunk: 2) { runs in
        codes.elements.withUnsafeBufferPointer { codes in
          tenbin_pack_codes(
            codes.baseAddress, out, inputs, Int32(bits), layout == .planes ? 1 : 0, runs.lowerBound,
            runs.count, shared.base)
        }
      }
    }
    self.init(rows: inputs / 32 * bits, columns: out, elements: words)
  }
}
