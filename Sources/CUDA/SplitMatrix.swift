/// A float32 matrix as a sum of three BF16 matrices, for products on the tensor cores. Rows of the parts
/// are `rowStride` numbers apart.
struct SplitMatrix {
  /// The number of rows.
  let rows: Int
  /// The number of columns.
  let columns: Int
  private let rowStride: Int
  private let parts: [DevicePointer]

  /// Splits `x`.
  init(_ x: MatrixView, on device: CUDADevice) {
    let parts = (0..<3).map { _ in DeviceMemory(bytes: x.rows * x.columns * 2, on: device) }
    device.launch(
      Kernel("elements", "split_floats"), grid: (x.rows, 1),
      [.pointer(x.pointer)] + parts.map { .memory($0) } + [.int(x.columns), .long(x.rowStride)])
    self.init(
      rows: x.rows, columns: x.columns, rowStride: x.columns, parts: parts.map { DevicePointer($0) }
    )
  }

  private init(rows: Int, columns: Int, rowStride: Int, parts: [DevicePointer]) {
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.parts = parts
  }

  /// Some of its columns.
  func columns(_ range: Range<Int>) -> SplitMatrix {
    SplitMatrix(
      rows: rows, columns: range.count, rowStride: rowStride,
      parts: parts.map { $0.advanced(by: 2 * range.lowerBound) })
  }

  /// One part as a side of a product; 0 is the largest.
  func side(_ part: Int) -> ProductSide {
    ProductSide(pointer: parts[part], type: .brain, rowStride: rowStride)
  }
}
