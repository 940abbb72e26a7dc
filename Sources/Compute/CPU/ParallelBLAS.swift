import COpenBLAS
import Tensor

// Products and factorisations divided over the working threads, each part by OpenBLAS on one thread.
// OpenBLAS's own threads wait for each other in a loop of sched_yield, which on cores that others use
// gives a whole time slice away at every step.

/// A rectangle of a product's result.
private struct Tile {
  var rows: Range<Int>
  var columns: Range<Int>
}

/// Below this many operations a product is not worth a second thread.
private let smallProduct = 4_000_000

/// Up to this many rows a triangle is factorised and inverted by LAPACK as it is.
private let leafRows = 512

/// Cuts (m, n) for the working threads, so that what each part reads is least.
private func tiles(_ m: Int, _ n: Int, _ k: Int) -> [Tile] {
  let threads = 2 * m * n * k < smallProduct ? 1 : WorkingThreads.count
  var best = (rows: 1, columns: 1, reads: Int.max)
  for rows in 1...threads where threads % rows == 0 {
    let columns = threads / rows
    guard rows <= max(1, m / 16), columns <= max(1, n / 16) else { continue }
    let reads = m / rows + n / columns
    if reads < best.reads { best = (rows, columns, reads) }
  }
  return parts(of: m, best.rows).flatMap { rows in
    parts(of: n, best.columns).map { Tile(rows: rows, columns: $0) }
  }
}

/// `count` in at most `parts` parts of whole multiples of 16, the width of the kernels.
private func parts(of count: Int, _ parts: Int) -> [Range<Int>] {
  let size = max(16, (count / parts + 15) / 16 * 16)
  return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
}

/// Pointers into matrices whose parts the threads write apart from each other.
private struct Operands<S>: @unchecked Sendable {
  let a: UnsafePointer<S>
  let b: UnsafePointer<S>
  let c: UnsafeMutablePointer<S>
}

extension BLASScalar {
  /// C := alpha·op(A)·op(B) + beta·C, row-major, on the working threads.
  static func gemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>, _ ldb: Int32,
    _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32
  ) {
    let parts = tiles(Int(m), Int(n), Int(k))
    let p = Operands(a: a, b: b, c: c)
    parallelFor(parts.count, chunk: 1) { range in
      for part in parts[range] {
        let (row, column) = (part.rows.lowerBound, part.columns.lowerBound)
        tileGemm(
          transA, transB, Int32(part.rows.count), Int32(part.columns.count), k, alpha,
          p.a + row * (transA == CblasTrans ? 1 : Int(lda)), lda,
          p.b + column * (transB == CblasTrans ? Int(ldb) : 1), ldb, beta,
          p.c + row * Int(ldc) + column, ldc)
      }
    }
  }

  /// The upper triangle of C := alpha·AᵀA + beta·C, row-major, A being (k, n).
  static func syrk(
    _ n: Int32, _ k: Int32, _ alpha: Self, _ a: UnsafePointer<Self>, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>
  ) {
    syrk(.upper, CblasTrans, Int(n), Int(k), alpha, a, n, beta, c, n)
  }

  /// LAPACK's Cholesky factorization of one triangle in place, column-major; returns `info`.
  static func potrf(
    _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>
  ) -> Int32 {
    guard triangle == .upper else { return tilePotrf(triangle.rawValue, n, a, n) }
    // Row-major it is the lower one.
    return choleskyLower(Int(n), a, n)
  }

  /// LAPACK's inverse of a triangular matrix in place, column-major; returns `info`.
  static func trtri(
    _ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>
  ) -> Int32 {
    guard triangle == .lower else { return tileTrtri(triangle.rawValue, n, a, n) }
    // Row-major it is the upper one.
    return invertUpper(Int(n), a, n)
  }

  /// B := alpha·B·op(A), or B·op(A)⁻¹ with `solving`, for a triangle A of the right side; row-major,
  /// B being (m, n).
  static func multiplyRight(
    _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, solving: Bool = false, _ m: Int, _ n: Int,
    _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafeMutablePointer<Self>,
    _ ldb: Int32
  ) {
    let threads = m * n * n < smallProduct ? 1 : WorkingThreads.count
    let parts = parts(of: m, threads)
    let p = Operands(a: a, b: a, c: b)
    parallelFor(parts.count, chunk: 1) { range in
      for rows in parts[range] {
        tileTriangular(
          CblasRight, triangle, trans, solving, Int32(rows.count), Int32(n), alpha, p.a, lda,
          p.c + rows.lowerBound * Int(ldb), ldb)
      }
    }
  }

  /// B := alpha·A·B for an upper triangle A; row-major, B being (m, n).
  private static func multiplyLeft(
    _ m: Int, _ n: Int, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int32
  ) {
    let parts = parts(of: n, m * m * n < smallProduct ? 1 : WorkingThreads.count)
    let p = Operands(a: a, b: a, c: b)
    parallelFor(parts.count, chunk: 1) { range in
      for columns in parts[range] {
        tileTriangular(
          CblasLeft, .upper, CblasNoTrans, false, Int32(m), Int32(columns.count), alpha, p.a, lda,
          p.c + columns.lowerBound, ldb)
      }
    }
  }

  /// One triangle of C := alpha·op(A)·op(A)ᵀ + beta·C, (n, n), with k inner terms; row-major.
  private static func syrk(
    _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ n: Int, _ k: Int, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
    _ ldc: Int32
  ) {
    let threads = n * n * k < smallProduct ? 1 : WorkingThreads.count
    // Two blocks a side are three tiles for two threads, two of them half as dear; more for more.
    let side = threads < 3 ? threads : Int((4 * Double(threads)).squareRoot().rounded(.up))
    let blocks = parts(of: n, side)
    // The whole squares first, the halves on the diagonal last.
    let off = blocks.indices.flatMap { row in
      blocks.indices.filter { triangle == .upper ? $0 > row : $0 < row }
        .map { Tile(rows: blocks[row], columns: blocks[$0]) }
    }
    let all = off + blocks.map { Tile(rows: $0, columns: $0) }
    let step = trans == CblasTrans ? 1 : Int(lda)
    let other = trans == CblasTrans ? CblasNoTrans : CblasTrans
    let p = Operands(a: a, b: a, c: c)
    parallelFor(all.count, chunk: 1) { range in
      for tile in all[range] {
        let (row, column) = (tile.rows.lowerBound, tile.columns.lowerBound)
        let target = p.c + row * Int(ldc) + column
        if row == column {
          tileSyrk(
            triangle, trans, Int32(tile.rows.count), Int32(k), alpha, p.a + row * step, lda, beta,
            target, ldc)
        } else {
          tileGemm(
            trans, other, Int32(tile.rows.count), Int32(tile.columns.count), Int32(k), alpha,
            p.a + row * step, lda, p.b + column * step, lda, beta, target, ldc)
        }
      }
    }
  }

  /// H = LLᵀ in the lower triangle of a row-major H, half by half; returns LAPACK's `info`.
  private static func choleskyLower(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
  ) -> Int32 {
    if n <= leafRows { return tilePotrf(Triangle.upper.rawValue, Int32(n), a, lda) }
    let half = (n / 2 + 63) / 64 * 64
    let below = a + half * Int(lda)
    let info = choleskyLower(half, a, lda)
    guard info == 0 else { return info }
    multiplyRight(.lower, CblasTrans, solving: true, n - half, half, 1, a, lda, below, lda)
    syrk(.lower, CblasNoTrans, n - half, half, -1, below, lda, 1, below + half, lda)
    let later = choleskyLower(n - half, below + half, lda)
    return later == 0 ? 0 : later + Int32(half)
  }

  /// U⁻¹ in the upper triangle of a row-major U, half by half; returns LAPACK's `info`.
  private static func invertUpper(
    _ n: Int, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
  ) -> Int32 {
    if n <= leafRows { return tileTrtri(Triangle.lower.rawValue, Int32(n), a, lda) }
    let half = (n / 2 + 63) / 64 * 64
    let corner = a + half * (Int(lda) + 1)
    let info = invertUpper(half, a, lda)
    guard info == 0 else { return info }
    let later = invertUpper(n - half, corner, lda)
    guard later == 0 else { return later + Int32(half) }
    // The inverse of (A B; 0 C) has −A⁻¹BC⁻¹ beside A⁻¹ and C⁻¹.
    multiplyLeft(half, n - half, -1, a, lda, a + half, lda)
    multiplyRight(.upper, CblasNoTrans, half, n - half, 1, corner, lda, a + half, lda)
    return 0
  }
}
