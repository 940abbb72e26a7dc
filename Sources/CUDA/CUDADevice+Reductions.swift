extension CUDADevice {
  /// Σ x², in Double.
  func squaredNorm(_ x: DeviceMatrix) -> Double { sum("squared_norm", [x]) }

  /// Σ (x − y)², in Double.
  func squaredDistance(_ x: DeviceMatrix, _ y: DeviceMatrix) -> Double {
    precondition(x.count == y.count, "equal shapes")
    return sum("squared_distance", [x, y])
  }

  /// Σ x·y, in Double.
  func dot(_ x: DeviceMatrix, _ y: DeviceMatrix) -> Double {
    precondition(x.count == y.count, "equal shapes")
    return sum("dot", [x, y])
  }

  /// max |x|; NaN where x holds one.
  func largestMagnitude(_ x: DeviceMatrix) -> Float {
    if x.count == 0 { return 0 }
    let partial = DeviceMemory(bytes: sumBlocks * 4, on: self)
    let result = DeviceMemory(bytes: 4, on: self)
    let kernel = Kernel("reductions", "largest_magnitude")
    launch(
      kernel, grid: (sumBlocks, 1), [.pointer(x.pointer), .memory(partial), .long(x.count)])
    launch(kernel, grid: (1, 1), [.memory(partial), .memory(result), .long(sumBlocks)])
    return download(result, count: 1, zero: 0)[0]
  }

  /// x − y.
  func subtract(_ y: DeviceMatrix, from x: DeviceMatrix) -> DeviceMatrix {
    precondition(x.count == y.count, "equal shapes")
    let result = DeviceMatrix(x.rows, x.columns, on: self)
    launch(
      Kernel("elements", "subtract"), grid: (blocks(for: x.count), 1),
      [.pointer(x.pointer), .pointer(y.pointer), .pointer(result.pointer), .long(x.count)])
    return result
  }

  /// tr(A·H·Aᵀ) = Σ (A·H)∘A; A (rows, n), H (n, n) symmetric. The product is float32, the sum Double.
  ///
  /// As H is symmetric, Σ (A·H)∘A = Σ (A·(2·U + D))∘A with U what is above the diagonal of blocks and D
  /// that diagonal: about half of the products.
  func traceProduct(_ a: DeviceMatrix, hessian h: DeviceMatrix) -> Double {
    if a.count == 0 { return 0 }
    let product = DeviceMatrix(a.rows, h.columns, on: self)
    let (left, right) = (SplitMatrix(a, on: self), MatrixView(h))
    let result = MatrixView(product, changing: true)
    let rows = 0..<a.rows
    for start in stride(from: 0, to: h.columns, by: tracePanel) {
      let panel = start..<min(start + tracePanel, h.columns)
      let part = result.part(rows, panel)
      if start > 0 {
        multiplyInParts(
          left.part(rows, 0..<start), SplitMatrix(right.part(0..<start, panel), on: self),
          into: part,
          factor: 2)
      }
      multiplyInParts(
        left.part(rows, panel), SplitMatrix(right.part(panel, panel), on: self), into: part,
        isAdded: start > 0)
    }
    return dot(product, a)
  }

  /// ‖A·L‖², L lower triangular with zeros above.
  func traceProduct(_ a: DeviceMatrix, cholesky l: DeviceMatrix) -> Double {
    a.count == 0 ? 0 : squaredNorm(product(a, l))
  }

  private func product(_ a: DeviceMatrix, _ b: DeviceMatrix) -> DeviceMatrix {
    let product = DeviceMatrix(a.rows, b.columns, on: self)
    multiplyInParts(
      SplitMatrix(MatrixView(a), on: self), SplitMatrix(MatrixView(b), on: self),
      into: MatrixView(product, changing: true))
    return product
  }

  /// Blocks of a sum: a number of its own, so that sums do not depend on the GPU's size.
  var sumBlocks: Int { 1024 }

  private func sum(_ name: String, _ matrices: [DeviceMatrix]) -> Double {
    let count = matrices[0].count
    if count == 0 { return 0 }
    let partial = DeviceMemory(bytes: sumBlocks * 8, on: self)
    let result = DeviceMemory(bytes: 8, on: self)
    launch(
      Kernel("reductions", name), grid: (sumBlocks, 1),
      matrices.map { .pointer($0.pointer) } + [.memory(partial), .long(count)])
    finishSum(partial, count: sumBlocks, into: result)
    return download(result, count: 1, zero: 0.0)[0]
  }

  /// Adds up `count` Doubles.
  func finishSum(_ partial: DeviceMemory, count: Int, into result: DeviceMemory) {
    launch(
      Kernel("reductions", "finish_sum"), grid: (1, 1),
      [.memory(partial), .memory(result), .long(count)])
  }
}
