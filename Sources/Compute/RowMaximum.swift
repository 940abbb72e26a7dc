import CKernels
import Tensor

/// The largest number of a row.
public struct RowMaximum: Sendable, Equatable {
  /// The number.
  public var value: Float
  /// Its column, the first of equal ones, as torch.argmax has it.
  public var column: Int

  /// `value`, found in `column`.
  public init(value: Float, column: Int) {
    self.value = value
    self.column = column
  }
}

extension Engine {
  /// The largest number of each row of a float32 buffer; nil for a row that has a NaN.
  /// - Precondition: it has columns.
  public func rowMaxima(_ x: EngineBuffer) -> [RowMaximum?] {
    let matrix = download(x)
    precondition(matrix.columns > 0, "a number in each row")
    return matrix.elements.withUnsafeBufferPointer { elements in
      (0..<matrix.rows).map { row in
        guard let base = elements.baseAddress else { return nil }
        let start = base + row * matrix.columns
        let column = tenbin_largest_place(start, matrix.columns)
        return column < 0 ? nil : RowMaximum(value: start[column], column: column)
      }
    }
  }
}
