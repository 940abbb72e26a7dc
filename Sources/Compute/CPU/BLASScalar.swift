import CKernels
import COpenBLAS

/// Float and Double, with the BLAS and LAPACK routines of their precision, each on one thread
/// (`ParallelBLAS.swift` divides them), and the kernels.
protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// C := alpha·op(A)·op(B) + beta·C, row-major.
  static func tileGemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>, _ ldb: Int32,
    _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32)

  /// One triangle of C := alpha·op(A)·op(A)ᵀ + beta·C, row-major.
  static func tileSyrk(
    _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ n: Int32, _ k: Int32, _ alpha: Self,
    _ a: UnsafePointer<Self>, _ lda: Int32, _ beta: Self, _ c: UnsafeMutablePointer<Self>,
    _ ldc: Int32)

  /// B := alpha·op(A)·B or alpha·B·op(A) for a triangle A, with `solving` its inverse; row-major.
  static func tileTriangular(
    _ side: CBLAS_SIDE, _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ solving: Bool,
    _ m: Int32, _ n: Int32, _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32,
    _ b: UnsafeMutablePointer<Self>, _ ldb: Int32)

  /// LAPACK's Cholesky factorization of one triangle in place, column-major; returns `info`.
  static func tilePotrf(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
  ) -> Int32

  /// LAPACK's inverse of a triangular matrix in place, column-major; returns `info`.
  static func tileTrtri(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ lda: Int32
  ) -> Int32

  /// The GPTQ column loop on one tile of rows of one block (column_loop.h).
  static func gptqTile(
    _ shape: UnsafePointer<tenbin_column_loop_tile>, _ weight: UnsafePointer<Self>,
    _ factor: UnsafePointer<Self>?, _ correction: UnsafePointer<Self>?,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>,
    _ group: UnsafePointer<Int32>, _ error: UnsafeMutablePointer<Self>?,
    _ codes: UnsafeMutablePointer<UInt8>, _ work: UnsafeMutablePointer<Self>
  ) -> tenbin_column_loop_tally

  /// The smallest and the largest of some values and 0.
  static func range(_ values: UnsafePointer<Self>, _ count: Int) -> (low: Self, high: Self)

  /// The first of some grids whose weighted squared error on `columns` weights is least
  /// (grid_search.h).
  static func leastGrid(
    _ weights: UnsafePointer<Self>, _ importance: UnsafePointer<Self>, _ columns: Int,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32
  ) -> Int

  /// The errors of some weights on each grid, (grids, columns).
  static func gridErrors(
    _ weights: UnsafePointer<Self>, _ columns: Int, _ scales: UnsafePointer<Float>,
    _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32,
    _ errors: UnsafeMutablePointer<Self>)

  /// The first grid whose Σ errors·products is least.
  static func leastProduct(
    _ errors: UnsafePointer<Self>, _ products: UnsafePointer<Self>, _ columns: Int, _ grids: Int
  ) -> Int
}

/// Which half of a symmetric or triangular matrix is read.
enum Triangle: String, Sendable {
  case upper = "U"
  case lower = "L"

  fileprivate var cblas: CBLAS_UPLO { self == .upper ? CblasUpper : CblasLower }
}

extension Float: BLASScalar {
  static func tileGemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
    _ ldb: Int32,
    _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
  ) {
    cblas_sgemm(CblasRowMajor, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }

  static func tileSyrk(
    _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ n: Int32, _ k: Int32, _ alpha: Float,
    _ a: UnsafePointer<Float>, _ lda: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>,
    _ ldc: Int32
  ) {
    cblas_ssyrk(CblasRowMajor, triangle.cblas, trans, n, k, alpha, a, lda, beta, c, ldc)
  }

  static func tileTriangular(
    _ side: CBLAS_SIDE, _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ solving: Bool,
    _ m: Int32, _ n: Int32, _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32,
    _ b: UnsafeMutablePointer<Float>, _ ldb: Int32
  ) {
    (solving ? cblas_strsm : cblas_strmm)(
      CblasRowMajor, side, triangle.cblas, trans, CblasNonUnit, m, n, alpha, a, lda, b, ldb)
  }

  static func tilePotrf(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ lda: Int32
  ) -> Int32 {
    var (n, lda, info) = (n, lda, Int32(0))
    spotrf_(triangle, &n, a, &lda, &info)
    return info
  }

  static func tileTrtri(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ lda: Int32
  ) -> Int32 {
    var (n, lda, info) = (n, lda, Int32(0))
    strtri_(triangle, "N", &n, a, &lda, &info)
    return info
  }
}

extension Double: BLASScalar {
  static func tileGemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafePointer<Double>,
    _ ldb: Int32,
    _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int32
  ) {
    cblas_dgemm(CblasRowMajor, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }

  static func tileSyrk(
    _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ n: Int32, _ k: Int32, _ alpha: Double,
    _ a: UnsafePointer<Double>, _ lda: Int32, _ beta: Double, _ c: UnsafeMutablePointer<Double>,
    _ ldc: Int32
  ) {
    cblas_dsyrk(CblasRowMajor, triangle.cblas, trans, n, k, alpha, a, lda, beta, c, ldc)
  }

  static func tileTriangular(
    _ side: CBLAS_SIDE, _ triangle: Triangle, _ trans: CBLAS_TRANSPOSE, _ solving: Bool,
    _ m: Int32, _ n: Int32, _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int32,
    _ b: UnsafeMutablePointer<Double>, _ ldb: Int32
  ) {
    (solving ? cblas_dtrsm : cblas_dtrmm)(
      CblasRowMajor, side, triangle.cblas, trans, CblasNonUnit, m, n, alpha, a, lda, b, ldb)
  }

  static func tilePotrf(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ lda: Int32
  ) -> Int32 {
    var (n, lda, info) = (n, lda, Int32(0))
    dpotrf_(triangle, &n, a, &lda, &info)
    return info
  }

  static func tileTrtri(
    _ triangle: String, _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ lda: Int32
  ) -> Int32 {
    var (n, lda, info) = (n, lda, Int32(0))
    dtrtri_(triangle, "N", &n, a, &lda, &info)
    return info
  }
}
