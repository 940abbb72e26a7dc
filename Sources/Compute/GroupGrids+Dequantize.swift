import CKernels
import Tensor

extension GroupGrids {
  /// The weights scale · (code − zero) that `codes`, (out, in), stand for, column `j` being counted
  /// in the grid of group `index[j]`.
  public func dequantize(_ codes: Matrix<UInt8>, index: [Int32]) -> Matrix<Float> {
    let groups = scales.columns
    precondition(codes.rows == scales.rows && codes.columns == index.count, "a grid for each code")
    precondition(index.allSatisfy((0..<Int32(groups)).contains), "groups that exist")
    var weight = Matrix<Float>(rows: codes.rows, columns: codes.columns)
    let columns = codes.columns
    weight.elements.withUnsafeMutableBufferPointer { out in
      codes.elements.withUnsafeBufferPointer { codes in
        guard let out = out.baseAddress, let codes = codes.baseAddress else { return }
        nonisolated(unsafe) let pointers = (out: out, codes: codes)
        parallelFor(scales.rows, chunk: 64) { rows in
          scales.elements.withUnsafeBufferPointer { scales in
            zeros.elements.withUnsafeBufferPointer { zeros in
              guard let scales = scales.baseAddress, let zeros = zeros.baseAddress else { return }
              for row in rows {
                tenbin_dequantize(
                  pointers.codes + row * columns, scales + row * groups, zeros + row * groups,
                  index, pointers.out + row * columns, columns)
              }
            }
          }
        }
      }
    }
    return weight
  }
}
