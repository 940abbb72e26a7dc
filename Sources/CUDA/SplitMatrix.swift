/// A float32 matrix as a sum of BF16 matrices, for products on the tensor cores: three, or the one that
/// it is where its numbers are BF16 already.
struct SplitMatrix {
  /// The number of rows.
  let rows: Int
  /// The number of columns.
  let columns: Int
  private let rowStride: Int
  private let parts: [DevicePointer]

  /// Splits `x`.
  init(_ x: MatrixView, on device: CUDADevice) {
    let size = x.rows * x.columns
    let memory = DevicePointer(DeviceMemory(bytes: 3 * size * 2, on: device))
    device.split(
      x, into: memory, parts: [0, 1, 2], rowStride: x.columns, partStride: size)
    self.init(
      rows: x.rows, columns: x.columns, rowStride: x.columns,
      parts: (0..<3).map { memory.advanced(by: $0 * size * 2) })
  }

  /// Splits `x`, or takes it as it is where it is BF16.
  init(_ x: DeviceMatrix, on device: CUDADevice) {
    if x.isExactInBrains {
      self.init(rows: x.rows, columns: x.columns, rowStride: x.columns, parts: [x.brainPointer])
    } else {
      self.init(MatrixView(x), on: device)
    }
  }

  private init(rows: Int, columns: Int, rowStride: Int, parts: [DevicePointer]) {
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.parts = parts
  }

  /// The numbers at `rows` and `columns`.
  func part(_ rows: Range<Int>, _ columns: Range<Int>) -> SplitMatrix {
    SplitMatrix(
      rows: rows.count, columns: columns.count, rowStride: rowStride,
      parts: parts.map {
        $0.advanced(by: 2 * (rows.lowerBound * rowStride + columns.lowerBound))
      })
  }

  /// One part as a side of a product; 0 is the largest. Nil where it is zero.
  func side(_ part: Int) -> ProductSide? {
    guard part < parts.count else { return nil }
    return ProductSide(pointer: parts[part], type: .brain, rowStride: rowStride)
  }
}

/// Which parts of two sides are multiplied: of the nine products those six that reach into a float32,
/// the small ones first.
private let partPairs: [(left: Int, right: Int)] = [(2, 0), (0, 2), (1, 1), (1, 0), (0, 1), (0, 0)]

extension CUDADevice {
  /// C := factor·A·B in float32, or C += where `isAdded`, on the BF16 tensor cores. Two and a half times
  /// as fast as the product in float32.
  func multiplyInParts(
    _ a: SplitMatrix, _ b: SplitMatrix, into c: MatrixView, factor: Double = 1,
    isAdded: Bool = false
  ) {
    precondition(a.columns == b.rows && a.columns > 0, "inner dimensions")
    var beta: Double = isAdded ? 1 : 0
    for pair in partPairs {
      guard let left = a.side(pair.left), let right = b.side(pair.right) else { continue }
      multiply(
        left, right, into: c.pointer, rowStride: c.rowStride, m: a.rows, n: b.columns,
        k: a.columns, alpha: factor, beta: beta)
      beta = 1
    }
  }

  /// The same in one product that sums over all pairs of parts, which lie one after another: for sums so
  /// short that C, and not the sum, is most of the work. C is read and written once instead of six times.
  func multiplyInJoinedParts(
    _ a: MatrixView, _ b: MatrixView, into c: MatrixView, factor: Double = 1,
    isAdded: Bool = false
  ) {
    precondition(a.columns == b.rows && a.columns > 0, "inner dimensions")
    let inner = partPairs.count * a.columns
    let left = DevicePointer(DeviceMemory(bytes: a.rows * inner * 2, on: self))
    let right = DevicePointer(DeviceMemory(bytes: inner * b.columns * 2, on: self))
    split(a, into: left, parts: partPairs.map(\.left), rowStride: inner, partStride: a.columns)
    split(
      b, into: right, parts: partPairs.map(\.right), rowStride: b.columns,
      partStride: b.rows * b.columns)
    multiply(
      ProductSide(pointer: left, type: .brain, rowStride: inner),
      ProductSide(pointer: right, type: .brain, rowStride: b.columns),
      into: c.pointer, rowStride: c.rowStride, m: a.rows, n: b.columns, k: inner, alpha: factor,
      beta: isAdded ? 1 : 0)
  }

  /// Writes `parts` of each number of `x`, one matrix after another: numbers of BF16, from one row to the
  /// next and from one part to the next so many of them.
  fileprivate func split(
    _ x: MatrixView, into out: DevicePointer, parts: [Int], rowStride: Int, partStride: Int
  ) {
    // Two bits a part.
    let packed = parts.reversed().reduce(0) { $0 << 2 | $1 }
    launch(
      Kernel("elements", "split_floats"), grid: (x.rows, 1),
      [
        .pointer(x.pointer), .pointer(out), .int(x.columns), .long(x.rowStride), .long(rowStride),
        .long(partStride), .int(parts.count), .int(packed),
      ])
  }
}
