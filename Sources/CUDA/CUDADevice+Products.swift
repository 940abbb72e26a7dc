import CCUDA

/// One side of a product: where it is, what it is made of, how far its rows are apart.
struct ProductSide {
  var pointer: DevicePointer
  var type: ProductType
  var rowStride: Int
  var isTransposed = false
}

/// Products of equal shapes: how many, and how many numbers each side and the result lie after those of
/// the product before.
struct ProductBatch {
  var count = 1
  var a = 0
  var b = 0
  var c = 0
}

/// A part of a float32 matrix.
struct MatrixView {
  var pointer: DevicePointer
  var rows: Int
  var columns: Int
  var rowStride: Int

  /// All of `matrix`, which is about to be changed where `changing`.
  init(_ matrix: DeviceMatrix, changing: Bool = false) {
    pointer = changing ? matrix.pointerToChange : matrix.pointer
    rows = matrix.rows
    columns = matrix.columns
    rowStride = matrix.columns
  }

  /// The elements at `rows` and `columns` of this part.
  func part(_ rows: Range<Int>, _ columns: Range<Int>) -> MatrixView {
    var part = self
    part.pointer = pointer.advanced(by: (rows.lowerBound * rowStride + columns.lowerBound) * 4)
    part.rows = rows.count
    part.columns = columns.count
    return part
  }
}

/// Types by the numbers that cuBLAS and cuSOLVER give them.
enum ProductType: Int32 {
  case float32 = 0
  case float64 = 1
  case brain = 14
}

extension CUDADevice {
  /// C := alpha·op(A)·op(B) + beta·C, row-major, C being (m, n) and the sum over k; sums in float32,
  /// or in Double where the sides are.
  func multiply(
    _ a: ProductSide, _ b: ProductSide, into c: DevicePointer, rowStride: Int, m: Int, n: Int,
    k: Int, alpha: Double = 1, beta: Double = 0, batch: ProductBatch = ProductBatch()
  ) {
    if m == 0 || n == 0 { return }
    withExtendedLifetime((a, b, c)) {
      perform { put(a, b, c, rowStride, m, n, k, alpha, beta, batch) }
    }
  }

  private func put(
    _ a: ProductSide, _ b: ProductSide, _ c: DevicePointer, _ rowStride: Int, _ m: Int, _ n: Int,
    _ k: Int, _ alpha: Double, _ beta: Double, _ batch: ProductBatch
  ) {
    guard isWell else { return }
    let isDouble = a.type == .float64
    let (inFloat32, inDouble): (Int32, Int32) = (68, 70)
    // cuBLAS is column-major: Cᵀ = op(B)ᵀ·op(A)ᵀ.
    func run<Real: BitwiseCopyable>(_ alpha: Real, _ beta: Real) -> Int32 {
      var (alpha, beta) = (alpha, beta)
      let (left, right) = (b, a)
      let result = (isDouble ? ProductType.float64 : .float32).rawValue
      let compute = isDouble ? inDouble : inFloat32
      if batch.count == 1 {
        return api.gemm(
          blas, left.isTransposed ? 1 : 0, right.isTransposed ? 1 : 0, Int32(n), Int32(m), Int32(k),
          &alpha, left.pointer.address, left.type.rawValue, Int32(left.rowStride),
          right.pointer.address, right.type.rawValue, Int32(right.rowStride), &beta, c.address,
          result, Int32(rowStride), compute, -1)
      }
      return api.gemm_batched(
        blas, left.isTransposed ? 1 : 0, right.isTransposed ? 1 : 0, Int32(n), Int32(m), Int32(k),
        &alpha, left.pointer.address, left.type.rawValue, Int32(left.rowStride), Int64(batch.b),
        right.pointer.address, right.type.rawValue, Int32(right.rowStride), Int64(batch.a), &beta,
        c.address, result, Int32(rowStride), Int64(batch.c), Int32(batch.count), compute, -1)
    }
    check(
      timed("product \(batch.count == 1 ? "" : "\(batch.count) of ")\(m) x \(n) x \(k), \(a.type)")
      {
        isDouble ? run(alpha, beta) : run(Float(alpha), Float(beta))
      }, "a product by cuBLAS")
  }

  /// op(A)·op(B) in float32.
  func multiply(
    _ a: DeviceMatrix, transposingA: Bool, _ b: DeviceMatrix, transposingB: Bool
  ) -> DeviceMatrix {
    let (m, k) = transposingA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposingB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "inner dimensions \(k) and \(inner)")
    if k == 0 { return zeros(rows: m, columns: n) }
    let c = DeviceMatrix(m, n, on: self)
    multiply(
      ProductSide(
        pointer: a.pointer, type: .float32, rowStride: a.columns, isTransposed: transposingA),
      ProductSide(
        pointer: b.pointer, type: .float32, rowStride: b.columns, isTransposed: transposingB),
      into: c.pointer, rowStride: n, m: m, n: n, k: k)
    return c
  }

  /// Y = X·W[rows]ᵀ + b: X (T, in), W (out, in), b (1, out), Y (T, rows.count). X and W are
  /// rounded to BF16 where they are not, sums are float32.
  func linear(
    _ x: DeviceMatrix, weight: DeviceMatrix, rows: Range<Int>, bias: DeviceMatrix?
  ) -> DeviceMatrix {
    precondition(x.columns == weight.columns && rows.upperBound <= weight.rows, "W fits X")
    let y = DeviceMatrix(x.rows, rows.count, on: self)
    if let bias {
      precondition(bias.count == weight.rows, "a bias for each row of W")
      launch(
        Kernel("elements", "fill_rows"), grid: (x.rows, 1),
        [
          .pointer(bias.pointer.advanced(by: rows.lowerBound * 4)), .pointer(y.pointer),
          .int(rows.count),
        ])
    }
    multiply(
      ProductSide(pointer: x.brainPointer, type: .brain, rowStride: x.columns),
      ProductSide(
        pointer: weight.brainPointer.advanced(by: rows.lowerBound * weight.columns * 2),
        type: .brain,
        rowStride: weight.columns, isTransposed: true),
      into: y.pointer, rowStride: rows.count, m: x.rows, n: rows.count, k: x.columns,
      beta: bias == nil ? 0 : 1)
    return y
  }
}
