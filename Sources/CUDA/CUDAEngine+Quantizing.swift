import Compute
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAEngine {
  // MARK: Hessians

  public func accumulateGram(_ x: EngineBuffer, into h: inout EngineBuffer) -> DeferredCount {
    device.accumulateGram(matrix(x), into: matrix(changing: &h))
  }

  public func accumulateShift(
    _ x: EngineBuffer, base: EngineBuffer, into d: inout EngineBuffer
  ) -> Int {
    device.accumulateShift(matrix(x), base: matrix(base), into: matrix(changing: &d))
  }

  public func scale(_ x: inout EngineBuffer, by factor: Float) {
    device.scale(matrix(changing: &x), by: factor)
  }

  public func mirrorUpper(_ h: inout EngineBuffer) { device.mirrorUpper(matrix(changing: &h)) }

  public func inverseFactor(
    _ h: EngineBuffer, order: [Int], diagonal: [Double], precision: Precision
  ) throws(NotPositiveDefinite) -> EngineBuffer {
    try unwrap(
      device.inverseFactor(
        matrix(h), order: order.map(Int32.init), diagonal: diagonal,
        inDouble: precision == .float64))
  }

  public func choleskyFactor(_ h: EngineBuffer) throws(NotPositiveDefinite) -> EngineBuffer {
    try unwrap(device.choleskyFactor(matrix(h)))
  }

  private func unwrap(_ result: Factorization) throws(NotPositiveDefinite) -> EngineBuffer {
    switch result {
    case .factor(let factor): return wrap(factor)
    case .notPositive(let minor): throw NotPositiveDefinite(leadingMinor: minor)
    }
  }

  public func shiftCorrection(
    _ d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    wrap(
      device.shiftCorrection(
        matrix(d), order: order.map(Int32.init), factor: matrix(factor), share: share))
  }

  public func propagatedWeight(
    _ weight: EngineBuffer, shift d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    wrap(
      device.propagatedWeight(
        matrix(weight), shift: matrix(d), order: order.map(Int32.init), factor: matrix(factor),
        share: Float(share)))
  }

  public func eigenvalues(_ h: EngineBuffer, of kept: [Int]) -> [Double]? {
    device.eigenvalues(matrix(h), of: kept.map(Int32.init))
  }

  // MARK: Quantizing

  public func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid, search: GridSearch?
  ) -> KeptGrids {
    guard search != nil || grid.isFittedOnHost else {
      return wrap(device.fitGrids(matrix(weight), groupSize: groupSize, grid: grid))
    }
    let grids = GroupGrids(
      fitting: download(weight), groupSize: groupSize, grid: grid,
      search: hosted(search, order: Array(0..<weight.columns)))
    return wrap(
      DeviceGrids(scales: device.upload(grids.scales), zeros: device.upload(grids.zeros)))
  }

  /// `search` for grids that are fitted on the host, where there is no kernel for it. Nil, and a
  /// failure, where the host's products cannot be had.
  private func hosted(_ search: GridSearch?, order: [Int]) -> HostGridSearch? {
    guard let search, isHostReady() else { return nil }
    return HostGridSearch(search, order: order, download: download)
  }

  /// Opens the host's library of products; a failure where there is none.
  private func isHostReady() -> Bool {
    do {
      try OpenBLAS.prepare(threads: max(WorkingThreads.count, 1))
      return true
    } catch {
      device.fail(error)
      return false
    }
  }

  public func gptqColumns(
    _ weight: EngineBuffer, order: [Int], factor: EngineBuffer?, correction: EngineBuffer?,
    grid: QuantizationGrid, groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns {
    let kept: DeviceGroups =
      switch groups {
      case .fixed(let grids, let index): .fixed(unwrap(grids), index: index)
      case .runs(let size, let fresh, let search):
        .runs(size: size, fresh: fresh, search: hosted(search, order: order))
      }
    let result = device.gptqColumns(
      matrix(weight), order: order.map(Int32.init), factor: factor.map(matrix),
      correction: correction.map(matrix), grid: grid, groups: kept,
      blockSize: blockSize)
    return GPTQColumns(
      kept: KeptCodes(
        codes: wrap(result.codes), grids: wrap(result.grids), groupIndex: result.groupIndex),
      loss: result.loss, clipped: result.clipped)
  }

  public func refineScales(
    _ codes: KeptCodes, weight: EngineBuffer, hessian h: EngineBuffer, scalesDtype: FloatFormat
  ) -> KeptGrids {
    guard isHostReady() else { return codes.grids }
    let refinement = ScaleRefinement(
      hessian: download(h), index: codes.groupIndex, groups: codes.grids.scales.columns,
      scalesDtype: scalesDtype)
    let (matrix, grids) = download(codes)
    let refined = refinement.refined(matrix, grids: grids, weight: download(weight))
    return wrap(
      DeviceGrids(scales: device.upload(refined.scales), zeros: device.upload(refined.zeros)))
  }

  public func dequantize(_ codes: KeptCodes) -> EngineBuffer {
    wrap(
      device.dequantize(
        matrix(codes.codes), grids: unwrap(codes.grids), index: codes.groupIndex))
  }

  public func weightErrors(
    of codes: KeptCodes, original: EngineBuffer, bits: Int, deadColumns: [Int]
  ) -> WeightErrorTally {
    var dead = [UInt8](repeating: 0, count: original.columns)
    for column in deadColumns { dead[column] = 1 }
    let (counts, squares) = device.weightErrors(
      matrix(original), matrix(codes.codes), grids: unwrap(codes.grids), index: codes.groupIndex,
      dead: dead, top: 1 << bits - 1)
    return WeightErrorTally(slots: counts, squares: squares)
  }

  public func clearColumns(_ x: inout EngineBuffer, _ columns: [Int]) {
    device.clearColumns(matrix(changing: &x), columns.map(Int32.init))
  }

  // MARK: Numbers that come down

  public func squaredNorm(_ x: EngineBuffer) -> Double { device.squaredNorm(matrix(x)) }

  public func squaredDistance(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    device.squaredDistance(matrix(x), matrix(y))
  }

  public func dot(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    device.dot(matrix(x), matrix(y))
  }

  public func largestMagnitude(_ x: EngineBuffer) -> Float {
    device.largestMagnitude(matrix(x))
  }

  public func traceProduct(_ a: EngineBuffer, hessian h: EngineBuffer) -> Double {
    device.traceProduct(matrix(a), hessian: matrix(h))
  }

  public func traceProduct(_ a: EngineBuffer, cholesky l: EngineBuffer) -> Double {
    device.traceProduct(matrix(a), cholesky: matrix(l))
  }

  public func subtract(_ b: EngineBuffer, from a: EngineBuffer) -> EngineBuffer {
    wrap(device.subtract(matrix(b), from: matrix(a)))
  }

  public func multiply(
    _ a: EngineBuffer, transposingA: Bool, _ b: EngineBuffer, transposingB: Bool
  ) -> EngineBuffer {
    wrap(
      device.multiply(
        matrix(a), transposingA: transposingA, matrix(b), transposingB: transposingB))
  }
}
