extension CUDADevice {
  /// Rows of matrices of one width, one after another.
  func gatherRows(_ parts: [(matrix: DeviceMatrix, rows: [Int32])]) -> DeviceMatrix {
    let columns = parts.first?.matrix.columns ?? 0
    precondition(parts.allSatisfy { $0.matrix.columns == columns }, "matrices of one width")
    let result = DeviceMatrix(parts.reduce(0) { $0 + $1.rows.count }, columns, on: self)
    var first = 0
    for (matrix, rows) in parts {
      launch(
        Kernel("elements", "gather_rows"), grid: (rows.count, 1),
        [
          .pointer(matrix.pointer), .memory(upload(rows)),
          .pointer(result.pointer.advanced(by: first * columns * 4)), .int(columns),
        ])
      first += rows.count
    }
    return result
  }

  /// x[rows[i]] := y[i], in place; rows differ.
  func replaceRows(_ rows: [Int32], of x: DeviceMatrix, with y: DeviceMatrix) {
    precondition(y.rows == rows.count && y.columns == x.columns, "a row for each row of y")
    launch(
      Kernel("elements", "replace_rows"), grid: (y.rows, 1),
      [.pointer(y.pointer), .memory(upload(rows)), .pointer(x.pointerToChange), .int(x.columns)])
  }

  /// x[rows[i]] += weights[i]·y[i], in place; rows differ.
  func scatterAdd(
    _ y: DeviceMatrix, weights: [Float], to x: DeviceMatrix, rows: [Int32]
  ) {
    precondition(y.rows == rows.count && weights.count == rows.count, "a weight and a place a row")
    precondition(y.columns == x.columns, "rows of one width")
    launch(
      Kernel("elements", "scatter_add"), grid: (y.rows, 1),
      [
        .pointer(y.pointer), .memory(upload(rows)), .memory(upload(weights)),
        .pointer(x.pointerToChange), .int(x.columns),
      ])
  }
}
