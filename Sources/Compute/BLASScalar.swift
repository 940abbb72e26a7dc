import CKernels
import COpenBLAS

/// Float and Double, with the BLAS and LAPACK routines of their precision.
public protocol BLASScalar: BinaryFloatingPoint, Sendable {
  /// C := alpha·op(A)·op(B) + beta·C, row-major.
  static func gemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Self, _ a: UnsafePointer<Self>, _ lda: Int32, _ b: UnsafePointer<Self>, _ ldb: Int32,
    _ beta: Self, _ c: UnsafeMutablePointer<Self>, _ ldc: Int32)

  /// The upper triangle of C := alpha·AᵀA + beta·C, row-major, A being (k, n).
  static func syrk(
    _ n: Int32, _ k: Int32, _ alpha: Self, _ a: UnsafePointer<Self>, _ beta: Self,
    _ c: UnsafeMutablePointer<Self>)

  /// LAPACK's Cholesky factorization of one triangle in place, column-major; returns `info`.
  static func potrf(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>) -> Int32

  /// LAPACK's inverse of a triangular matrix in place, column-major; returns `info`.
  static func trtri(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Self>) -> Int32

  /// The GPTQ column loop on one tile of rows of one block (gptq_columns.h).
  static func gptqTile(
    _ shape: UnsafePointer<tenbin_gptq_tile>, _ weight: UnsafePointer<Self>,
    _ factor: UnsafePointer<Self>?, _ correction: UnsafePointer<Self>?,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>,
    _ group: UnsafePointer<Int32>, _ error: UnsafeMutablePointer<Self>?,
    _ codes: UnsafeMutablePointer<UInt8>, _ work: UnsafeMutablePointer<Self>
  ) -> tenbin_gptq_tally

  /// The smallest and the largest of some values and 0.
  static func range(_ values: UnsafePointer<Self>, _ count: Int) -> (low: Self, high: Self)
}

/// Which half of a symmetric or triangular matrix LAPACK reads.
public enum Triangle: String, Sendable {
  case upper = "U"
  case lower = "L"
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Float: BLASScalar {
  public static func gemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Float, _ a: UnsafePointer<Float>, _ lda: Int32, _ b: UnsafePointer<Float>,
    _ ldb: Int32, _ beta: Float, _ c: UnsafeMutablePointer<Float>, _ ldc: Int32
  ) {
    cblas_sgemm(CblasRowMajor, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }

  public static func syrk(
    _ n: Int32, _ k: Int32, _ alpha: Float, _ a: UnsafePointer<Float>, _ beta: Float,
    _ c: UnsafeMutablePointer<Float>
  ) {
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, n, k, alpha, a, n, beta, c, n)
  }

  public static func potrf(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Float>)
    -> Int32
  {
    var (n, info) = (n, Int32(0))
    spotrf_(triangle.rawValue, &n, a, &n, &info)
    return info
  }

  public static func trtri(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Float>)
    -> Int32
  {
    var (n, info) = (n, Int32(0))
    strtri_(triangle.rawValue, "N", &n, a, &n, &info)
    return info
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Double: BLASScalar {
  public static func gemm(
    _ transA: CBLAS_TRANSPOSE, _ transB: CBLAS_TRANSPOSE, _ m: Int32, _ n: Int32, _ k: Int32,
    _ alpha: Double, _ a: UnsafePointer<Double>, _ lda: Int32, _ b: UnsafePointer<Double>,
    _ ldb: Int32, _ beta: Double, _ c: UnsafeMutablePointer<Double>, _ ldc: Int32
  ) {
    cblas_dgemm(CblasRowMajor, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
  }

  public static func syrk(
    _ n: Int32, _ k: Int32, _ alpha: Double, _ a: UnsafePointer<Double>, _ beta: Double,
    _ c: UnsafeMutablePointer<Double>
  ) {
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, k, alpha, a, n, beta, c, n)
  }

  public static func potrf(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Double>)
    -> Int32
  {
    var (n, info) = (n, Int32(0))
    dpotrf_(triangle.rawValue, &n, a, &n, &info)
    return info
  }

  public static func trtri(_ triangle: Triangle, _ n: Int32, _ a: UnsafeMutablePointer<Double>)
    -> Int32
  {
    var (n, info) = (n, Int32(0))
    dtrtri_(triangle.rawValue, "N", &n, a, &n, &info)
    return info
  }
}
