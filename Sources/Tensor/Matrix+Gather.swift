import CKernels

extension Matrix where Scalar == Float {
  /// The matrix whose column `j` is this one's column `order[j]`.
  public func selectingColumns(_ order: [Int]) -> Matrix {
    gatheringColumns(order, repeating: 0) { tenbin_gather_f32($0, $1, $2, $3) }
  }

  /// The matrix whose element (i, j) is this one's (order[i], order[j]).
  public func selectingRowsAndColumns(_ order: [Int]) -> Matrix {
    gatheringColumns(order, rowOrder: order, repeating: 0) { tenbin_gather_f32($0, $1, $2, $3) }
  }
}

extension Matrix where Scalar == UInt8 {
  /// The matrix whose column `j` is this one's column `order[j]`.
  public func selectingColumns(_ order: [Int]) -> Matrix {
    gatheringColumns(order, repeating: 0) { tenbin_gather_u8($0, $1, $2, $3) }
  }
}

extension Matrix where Scalar: AdditiveArithmetic {
  /// Copies the upper triangle of a square matrix onto the lower one.
  @inlinable public mutating func mirrorUpper() {
    precondition(rows == columns, "a square matrix")
    let n = rows
    let tile = 64
    elements.withUnsafeMutableBufferPointer { h in
      for rowStart in stride(from: 0, to: n, by: tile) {
        for columnStart in stride(from: rowStart, to: n, by: tile) {
          for row in rowStart..<min(n, rowStart + tile) {
            var column = max(columnStart, row + 1)
            while column < min(n, columnStart + tile) {
              h[column * n + row] = h[row * n + column]
              column += 1
            }
          }
        }
      }
    }
  }
}

extension Matrix {
  /// Gathers the columns of each row by `kernel`, on all cores.
  fileprivate func gatheringColumns(
    _ order: [Int], rowOrder: [Int]? = nil, repeating zero: Scalar,
    _ kernel:
      @Sendable (
        UnsafePointer<Scalar>, UnsafePointer<Int32>, UnsafeMutablePointer<Scalar>, Int
      ) -> Void
  ) -> Matrix {
    precondition(order.allSatisfy((0..<columns).contains), "columns that exist")
    precondition(rowOrder?.allSatisfy((0..<rows).contains) ?? true, "rows that exist")
    let indices = order.map { Int32($0) }
    let (height, width) = (rowOrder?.count ?? rows, order.count)
    let gathered = [Scalar](unsafeUninitializedCapacity: height * width) { out, initialized in
      initialized = height * width
      elements.withUnsafeBufferPointer { x in
        indices.withUnsafeBufferPointer { indices in
          guard let out = out.baseAddress, let x = x.baseAddress, let indices = indices.baseAddress
          else { return }
          nonisolated(unsafe) let pointers = (x: x, indices: indices, out: out)
          parallelFor(height, chunk: 64) { part in
            for row in part {
              kernel(
                pointers.x + (rowOrder?[row] ?? row) * columns, pointers.indices,
                pointers.out + row * width, width)
            }
          }
        }
      }
    }
    return Matrix(rows: height, columns: width, elements: gathered)
  }
}
