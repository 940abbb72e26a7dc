import CCUDA
import Compute
import Tensor

extension CUDADevice {
  /// H += XᵀX in the upper triangle of H, (n, n), over the rows of X, (T, n), whose numbers and sum of
  /// squares are finite. Returns how many those are.
  func accumulateGram(_ x: DeviceMatrix, into h: DeviceMatrix) -> DeferredCount {
    precondition(h.rows == x.columns && h.columns == x.columns, "H is (n, n)")
    if x.count == 0 { return DeferredCount(x.rows) }
    if x.isBrains { return accumulateGram(ofBrains: x, into: h) }
    let (bad, count) = badRows(of: x)
    h.addGramLater(rows: x.rows) { room in
      if count == 0 {
        move(x.brainPointer, to: room, bytes: x.count * 2)
      } else {
        launch(
          Kernel("elements", "clear_bad_rows_bf16"), grid: (x.rows, 1),
          [.pointer(x.brainPointer), .memory(bad), .pointer(room), .int(x.columns)])
      }
    }
    return DeferredCount(x.rows - count)
  }

  /// The same of rows that are in BF16 alone: looked at and gathered in one step, and the host, which
  /// does not wait for their number, has the GPU's next work ready.
  private func accumulateGram(ofBrains x: DeviceMatrix, into h: DeviceMatrix) -> DeferredCount {
    let bad = DeviceMemory(bytes: x.rows * 4, on: self)
    let total = DeviceMemory(bytes: 8, on: self)
    h.addGramLater(rows: x.rows) { room in
      launch(
        Kernel("elements", "take_finite_rows"), grid: (x.rows, 1),
        [.pointer(x.brainPointer), .pointer(room), .memory(bad), .int(x.columns)])
      launch(
        Kernel("reductions", "finish_count"), grid: (1, 1),
        [.memory(bad), .memory(total), .long(x.rows)])
    }
    let count = CountSlot(total, on: self)
    let rows = x.rows
    return DeferredCount { rows - count.value }
  }

  /// D += (X₀ − X)ᵀX, full (n, n), in float32, over the rows where X is finite; rows whose shift is
  /// not finite add nothing. Returns the rows where X is finite.
  func accumulateShift(
    _ x: DeviceMatrix, base: DeviceMatrix, into d: DeviceMatrix
  ) -> Int {
    precondition(x.rows == base.rows && x.columns == base.columns, "the same tokens")
    if x.count == 0 { return x.rows }
    let (bad, count) = badRows(of: x)
    let shift = subtract(x, from: base)
    let (badShift, badShifts) = badRows(of: shift)
    let clean = count == 0 ? x : clearing(bad, of: x)
    let cleanShift = badShifts == 0 ? shift : clearing(badShift, of: shift)
    multiply(
      ProductSide(
        pointer: cleanShift.pointer, type: .float32, rowStride: x.columns, isTransposed: true),
      ProductSide(pointer: clean.pointer, type: .float32, rowStride: x.columns),
      into: d.pointerToChange, rowStride: x.columns, m: x.columns, n: x.columns, k: x.rows, beta: 1)
    return x.rows - count
  }

  /// x := x·factor, in place.
  func scale(_ x: DeviceMatrix, by factor: Float) {
    launch(
      Kernel("elements", "scale"), grid: (blocks(for: x.count), 1),
      [.pointer(x.pointerToChange), .float(factor), .long(x.count)])
  }

  /// Copies the upper triangle of H onto the lower one, in place.
  func mirrorUpper(_ h: DeviceMatrix) {
    let tiles = (h.rows + 31) / 32
    launch(
      Kernel("hessians", "mirror_upper"), grid: (tiles, tiles), block: (32, 8),
      [.pointer(h.pointerToChange), .int(h.rows), .float(1)])
  }

  /// diag H.
  func diagonal(_ h: DeviceMatrix) -> [Float] {
    diagonal(of: h, zero: Float(0))
  }

  private func diagonal<Real: BitwiseCopyable>(of x: DeviceMatrix, zero: Real) -> [Real] {
    let memory = DeviceMemory(bytes: x.rows * x.element.bytes, on: self)
    launch(
      Kernel("hessians", x.element == .float64 ? "diagonal_f64" : "diagonal_f32"),
      grid: (blocks(for: x.rows), 1),
      [.pointer(x.pointer), .memory(memory), .int(x.rows)])
    return download(memory, count: x.rows, zero: zero)
  }

  /// The upper-triangular U with UᵀU = A⁻¹, where A is H in the column order `order` with `diagonal`
  /// (damped, in that order) on its diagonal; in Double where `inDouble`.
  ///
  /// Reversing rows and columns of A turns "factorize, invert, factorize again" into one factorization
  /// and one triangular inverse, as on the CPU.
  /// - Returns: U, or the order of the first leading minor (1-based) that is not positive, or whose
  ///   pivot of U is not finite and positive.
  func inverseFactor(
    _ h: DeviceMatrix, order: [Int32], diagonal: [Double], inDouble: Bool
  ) -> Factorization {
    let n = h.rows
    precondition(order.count == n && diagonal.count == n, "an order and a diagonal of H")
    let kind = inDouble ? "f64" : "f32"
    let type = inDouble ? ProductType.float64 : .float32
    let u = DeviceMatrix(n, n, inDouble ? .float64 : .float32, on: self)
    let (keptOrder, keptDiagonal) = (upload(order), upload(diagonal))
    launch(
      Kernel("hessians", "order_and_flip_\(kind)"), grid: (n, 1),
      [
        .pointer(h.pointer), .memory(keptOrder), .memory(keptDiagonal),
        .pointer(u.pointerToChange), .int(n),
      ])
    if let minor = factorize(u, type, triangle: .upper) { return .notPositive(leadingMinor: minor) }
    launch(
      Kernel("hessians", "flip_\(kind)"), grid: (blocks(for: n * n / 2), 1),
      [.pointer(u.pointerToChange), .long(n * n)])
    launch(
      Kernel("hessians", "clear_triangle_\(kind)"), grid: (n, 1),
      [.pointer(u.pointerToChange), .int(n), .int(0)])
    let singular =
      inDouble
      ? invert(u.pointerToChange, n, rowStride: n, type)
      : invertUpper(MatrixView(u, changing: true))
    if let singular { return .notPositive(leadingMinor: singular) }
    let pivots =
      inDouble
      ? self.diagonal(of: u, zero: 0.0) : self.diagonal(of: u, zero: Float(0)).map(Double.init)
    // A tiny pivot can overflow the inverse without any routine saying so.
    if isWell, let bad = pivots.firstIndex(where: { !($0.isFinite && $0 > 0) }) {
      return .notPositive(leadingMinor: bad + 1)
    }
    return .factor(u)
  }

  /// The lower-triangular L with LLᵀ = H, zeros above.
  func choleskyFactor(_ h: DeviceMatrix) -> Factorization {
    let l = h.copy()
    // Column-major's upper triangle is our lower one.
    if let minor = factorize(l, .float32, triangle: .upper) {
      return .notPositive(leadingMinor: minor)
    }
    launch(
      Kernel("hessians", "clear_triangle_f32"), grid: (l.rows, 1),
      [.pointer(l.pointerToChange), .int(l.rows), .int(1)])
    return .factor(l)
  }

  /// GPTAQ's P = share·((D[order, order]·Uᵀ) strictly above the diagonal)·U, in U's precision.
  func shiftCorrection(
    _ d: DeviceMatrix, order: [Int32], factor u: DeviceMatrix, share: Double
  ) -> DeviceMatrix {
    let n = d.rows
    let isDouble = u.element == .float64
    let (kind, type) = isDouble ? ("f64", ProductType.float64) : ("f32", .float32)
    let ordered = DeviceMatrix(n, n, u.element, on: self)
    let product = DeviceMatrix(n, n, u.element, on: self)
    launch(
      Kernel("hessians", "reorder_\(kind)"), grid: (n, 1),
      [.pointer(d.pointer), .memory(upload(order)), .pointer(ordered.pointerToChange), .int(n)])
    let left = ProductSide(pointer: ordered.pointer, type: type, rowStride: n)
    var right = ProductSide(pointer: u.pointer, type: type, rowStride: n)
    right.isTransposed = true
    multiply(left, right, into: product.pointerToChange, rowStride: n, m: n, n: n, k: n)
    launch(
      Kernel("hessians", "keep_above_\(kind)"), grid: (n, 1),
      [
        .pointer(product.pointerToChange), isDouble ? .double(share) : .float(Float(share)),
        .int(n),
      ])
    let triangle = ProductSide(pointer: product.pointer, type: type, rowStride: n)
    right.isTransposed = false
    multiply(triangle, right, into: ordered.pointerToChange, rowStride: n, m: n, n: n, k: n)
    return ordered
  }

  /// W + share·W·D·UᵀU, U being in `order`, W and D in their own; in float32, a U of Double rounded.
  func propagatedWeight(
    _ weight: DeviceMatrix, shift d: DeviceMatrix, order: [Int32], factor: DeviceMatrix,
    share: Float
  ) -> DeviceMatrix {
    let u =
      factor.element == .float64 ? upload(Matrix<Float>(downloadDoubles(factor))) : factor
    var place = [Int32](repeating: 0, count: order.count)
    for (position, column) in order.enumerated() { place[Int(column)] = Int32(position) }
    func gather(_ x: DeviceMatrix, _ order: [Int32]) -> DeviceMatrix {
      let result = DeviceMatrix(x.rows, x.columns, on: self)
      launch(
        Kernel("elements", "gather_columns_f32"), grid: (x.rows, 1),
        [
          .pointer(x.pointer), .memory(upload(order)), .pointer(result.pointerToChange),
          .int(x.columns),
        ])
      return result
    }
    let moved = gather(multiply(weight, transposingA: false, d, transposingB: false), order)
    let half = multiply(moved, transposingA: false, u, transposingB: true)
    let step = gather(multiply(half, transposingA: false, u, transposingB: false), place)
    scale(step, by: -share)
    return subtract(step, from: weight)
  }

  /// Eigenvalues, ascending, in Double, of H restricted to the rows and columns `kept`; nil where they
  /// do not converge.
  func eigenvalues(_ h: DeviceMatrix, of kept: [Int32]) -> [Double]? {
    let n = kept.count
    if n == 0 { return [] }
    let matrix = DeviceMatrix(n, n, .float64, on: self)
    let values = DeviceMemory(bytes: n * 8, on: self)
    launch(
      Kernel("hessians", "gather_symmetric"), grid: (n, 1),
      [
        .pointer(h.pointer), .memory(upload(kept)), .pointer(matrix.pointerToChange), .int(n),
        .int(h.rows),
      ])
    let isSolved = solve("eigenvalues") { work in
      let double = ProductType.float64.rawValue
      let address = matrix.pointerToChange.address
      return work.run(
        size: {
          api.syevd_size(
            solver, solverParameters, 0, Triangle.upper.rawValue, Int64(n), double, address,
            Int64(n), double, values.address, double, $0, $1)
        },
        call: {
          api.syevd(
            solver, solverParameters, 0, Triangle.upper.rawValue, Int64(n), double, address,
            Int64(n), double, values.address, double, $0.address, $0.bytes, $1, $2, $3)
        })
    }
    return isSolved == 0 ? download(values, count: n, zero: 0) : nil
  }

  private func badRows(of x: DeviceMatrix) -> (flags: DeviceMemory, count: Int) {
    let flags = DeviceMemory(bytes: x.rows * 4, on: self)
    let total = DeviceMemory(bytes: 8, on: self)
    let (kind, address) = x.isBrains ? ("bf16", x.brainPointer) : ("f32", x.pointer)
    launch(
      Kernel("elements", "find_bad_rows_\(kind)"), grid: (x.rows, 1),
      [.pointer(address), .memory(flags), .int(x.columns)])
    launch(
      Kernel("reductions", "finish_count"), grid: (1, 1),
      [.memory(flags), .memory(total), .long(x.rows)])
    return (flags, Int(download(total, count: 1, zero: Int64(0))[0]))
  }

  private func clearing(_ bad: DeviceMemory, of x: DeviceMatrix) -> DeviceMatrix {
    let clean = DeviceMatrix(x.rows, x.columns, on: self)
    launch(
      Kernel("elements", "clear_bad_rows_f32"), grid: (x.rows, 1),
      [.pointer(x.pointer), .memory(bad), .pointer(clean.pointer), .int(x.columns)])
    return clean
  }

  /// cuBLAS's numbers for the triangles, column-major.
  private enum Triangle: Int32 {
    case lower = 0
    case upper = 1
  }

  /// Cholesky in place; returns the leading minor that is not positive, if one is not.
  private func factorize(_ a: DeviceMatrix, _ type: ProductType, triangle: Triangle) -> Int? {
    let (n, address) = (Int64(a.rows), a.pointerToChange.address)
    return solve("a Cholesky factorization") { work in
      work.run(
        size: {
          api.potrf_size(
            solver, solverParameters, triangle.rawValue, n, type.rawValue, address, n,
            type.rawValue, $0, $1)
        },
        call: {
          api.potrf(
            solver, solverParameters, triangle.rawValue, n, type.rawValue, address, n,
            type.rawValue, $0.address, $0.bytes, $1, $2, $3)
        })
    }.nonZero
  }

  /// The inverse of an upper-triangular R = (A B; 0 C) in place: A⁻¹, C⁻¹ and −A⁻¹·B·C⁻¹, halves of
  /// halves down to `inverseLeaf` columns. cuSOLVER's own inverse of a large R takes three times as long.
  private func invertUpper(_ r: MatrixView) -> Int? {
    if r.rows <= inverseLeaf { return invert(r.pointer, r.rows, rowStride: r.rowStride, .float32) }
    let (first, second) = (0..<r.rows / 2, r.rows / 2..<r.rows)
    let (a, c) = (r.part(first, first), r.part(second, second))
    let corner = r.part(first, second)
    if let singular = invertUpper(a) { return singular }
    if let singular = invertUpper(c) { return first.count + singular }
    let product = MatrixView(DeviceMatrix(first.count, second.count, on: self), changing: true)
    func split(_ x: MatrixView) -> SplitMatrix { SplitMatrix(x, on: self) }
    // Panels of a triangle, whose other half is zero and left out.
    var (left, right) = (split(a), split(corner))
    for start in stride(from: 0, to: first.count, by: inverseLeaf) {
      let panel = start..<min(start + inverseLeaf, first.count)
      multiplyInParts(
        left.part(panel, start..<first.count), right.part(start..<first.count, 0..<second.count),
        into: product.part(panel, 0..<second.count))
    }
    (left, right) = (split(product), split(c))
    for start in stride(from: 0, to: second.count, by: inverseLeaf) {
      let panel = start..<min(start + inverseLeaf, second.count)
      multiplyInParts(
        left.part(0..<first.count, 0..<panel.upperBound),
        right.part(0..<panel.upperBound, panel),
        into: corner.part(0..<first.count, panel), factor: -1)
    }
    return nil
  }

  /// The inverse of a row-major upper triangle in place, by cuSOLVER.
  private func invert(
    _ pointer: DevicePointer, _ rows: Int, rowStride: Int, _ type: ProductType
  ) -> Int? {
    // Which column-major is a lower one.
    let (n, stride, address) = (Int64(rows), Int64(rowStride), pointer.address)
    return withExtendedLifetime(pointer) {
      solve("a triangular inverse") { work in
        work.run(
          size: {
            api.trtri_size(
              solver, Triangle.lower.rawValue, 0, n, type.rawValue, address, stride, $0, $1)
          },
          call: {
            api.trtri(
              solver, Triangle.lower.rawValue, 0, n, type.rawValue, address, stride, $0.address,
              $0.bytes, $1, $2, $3)
          })
      }
    }.nonZero
  }

  /// Runs a routine of cuSOLVER and returns its `info`; 0 after a failure.
  private func solve(_ what: String, _ body: (SolverWork) -> Int32) -> Int32 {
    perform {
      guard isWell else { return 0 }
      let work = SolverWork(device: self)
      check(timed(what) { body(work) }, "\(what) by cuSOLVER")
      return download(work.info, count: 1, zero: Int32(0))[0]
    }
  }
}

/// What a factorization came to.
enum Factorization: Sendable {
  /// The triangle that was asked for.
  case factor(DeviceMatrix)
  /// The matrix is not positive definite from this leading minor on (1-based).
  case notPositive(leadingMinor: Int)
}

/// The working memory of one call of cuSOLVER.
private final class SolverWork {
  let info: DeviceMemory
  private let device: CUDADevice

  init(device: CUDADevice) {
    self.device = device
    info = device.upload([Int32(0)])
  }

  func run(
    size: (_ device: UnsafeMutablePointer<Int>, _ host: UnsafeMutablePointer<Int>) -> Int32,
    call: (
      _ work: (address: UInt64, bytes: Int), _ host: UnsafeMutableRawPointer, _ hostBytes: Int,
      _ info: UInt64
    ) -> Int32
  ) -> Int32 {
    var (deviceBytes, hostBytes) = (0, 0)
    let code = size(&deviceBytes, &hostBytes)
    if code != 0 { return code }
    let memory = DeviceMemory(bytes: max(deviceBytes, 256), on: device)
    let host = UnsafeMutableRawPointer.allocate(byteCount: max(hostBytes, 1), alignment: 64)
    // The routine may read it until it is done; `info` is waited for before this returns.
    defer {
      device.synchronize()
      host.deallocate()
    }
    return call((memory.address, deviceBytes), host, hostBytes, info.address)
  }
}

extension Int32 {
  fileprivate var nonZero: Int? { self == 0 ? nil : Int(self) }
}
