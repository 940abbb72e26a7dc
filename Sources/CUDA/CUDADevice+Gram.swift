extension CUDADevice {
  /// Products of equal shapes, each of whose sides lies `step` numbers after that of the one before.
  private struct Batch {
    /// Of the first product: where its rows and columns of H begin, and how many there are.
    var rows: Range<Int>
    var columns: Range<Int>
    /// From one product to the next, along the diagonal.
    var step: Int
    var count: Int
  }

  /// The upper triangle of H += XᵀX, X being `rows` rows of BF16 and H (n, n) float32.
  ///
  /// Blocks on the diagonal are taken whole, all of them at once; what is above them in squares that
  /// double from one step to the next, those of a step at once: large products, which keep the whole GPU
  /// busy, and little that is computed twice.
  func addGram(of x: DevicePointer, rows: Int, to h: DevicePointer, _ n: Int) {
    for batch in Self.gramBatches(n, block: gramBlock) {
      func side(_ columns: Range<Int>) -> ProductSide {
        ProductSide(
          pointer: x.advanced(by: columns.lowerBound * 2), type: .brain, rowStride: n)
      }
      var left = side(batch.rows)
      left.isTransposed = true
      let corner = batch.rows.lowerBound * n + batch.columns.lowerBound
      multiply(
        left, side(batch.columns), into: h.advanced(by: corner * 4), rowStride: n,
        m: batch.rows.count, n: batch.columns.count, k: rows, beta: 1,
        batch: ProductBatch(
          count: batch.count, a: batch.step, b: batch.step, c: batch.step * (n + 1)))
    }
  }

  /// The products that make the upper triangle of (n, n), on blocks of `block` columns.
  private static func gramBatches(_ n: Int, block: Int) -> [Batch] {
    let whole = n / block
    var batches: [Batch] = []
    if whole > 0 {
      batches.append(Batch(rows: 0..<block, columns: 0..<block, step: block, count: whole))
    }
    var size = block
    while size < whole * block {
      // Squares whose rows and columns are both whole ones of this size, and what is left of one more.
      let pairs = whole * block / (2 * size)
      if pairs > 0 {
        batches.append(
          Batch(rows: 0..<size, columns: size..<2 * size, step: 2 * size, count: pairs))
      }
      let first = pairs * 2 * size
      if whole * block - first > size {
        batches.append(
          Batch(
            rows: first..<first + size, columns: first + size..<whole * block, step: 0, count: 1))
      }
      size *= 2
    }
    if whole * block < n {
      let rest = whole * block..<n
      if whole > 0 {
        batches.append(Batch(rows: 0..<rest.lowerBound, columns: rest, step: 0, count: 1))
      }
      batches.append(Batch(rows: rest, columns: rest, step: 0, count: 1))
    }
    return batches
  }
}
