import Compute
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAGroupEngine {
  // MARK: Hessians

  public func scale(_ x: inout EngineBuffer, by factor: Float) {
    change(&x) { engine, x, _ in engine.scale(&x, by: factor) }
  }

  public func mirrorUpper(_ h: inout EngineBuffer) {
    change(&h) { engine, h, _ in engine.mirrorUpper(&h) }
  }

  public func inverseFactor(
    _ h: EngineBuffer, order: [Int], diagonal: [Double], precision: Precision
  ) throws(NotPositiveDefinite) -> EngineBuffer {
    let gpu = home(h)
    return wrap(
      try engines[gpu].inverseFactor(
        part(h, on: gpu), order: order, diagonal: diagonal, precision: precision), on: gpu)
  }

  public func choleskyFactor(_ h: EngineBuffer) throws(NotPositiveDefinite) -> EngineBuffer {
    let gpu = home(h)
    return wrap(try engines[gpu].choleskyFactor(part(h, on: gpu)), on: gpu)
  }

  public func shiftCorrection(
    _ d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    run(factor) { $0.shiftCorrection($1(d), order: order, factor: $1(factor), share: share) }
  }

  public func propagatedWeight(
    _ weight: EngineBuffer, shift d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    run(weight) {
      $0.propagatedWeight(
        $1(weight), shift: $1(d), order: order, factor: $1(factor), share: share)
    }
  }

  public func eigenvalues(_ h: EngineBuffer, of kept: [Int]) -> [Double]? {
    read(h) { $0.eigenvalues($1(h), of: kept) }
  }

  // MARK: Quantizing

  public func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid, search: GridSearch?
  ) -> KeptGrids {
    let gpu = home(weight)
    let grids = engines[gpu].fitGrids(
      part(weight, on: gpu), groupSize: groupSize, grid: grid,
      search: search.map { unwrap($0, on: gpu) })
    return wrap(grids, on: gpu)
  }

  public func gptqColumns(
    _ weight: EngineBuffer, order: [Int], factor: EngineBuffer?, correction: EngineBuffer?,
    grid: QuantizationGrid, groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns {
    let gpu = home(weight)
    func part(_ buffer: EngineBuffer) -> EngineBuffer { self.part(buffer, on: gpu) }
    let known: ColumnGroups =
      switch groups {
      case .fixed(let grids, let index):
        .fixed(KeptGrids(scales: part(grids.scales), zeros: part(grids.zeros)), index: index)
      case .runs(let size, let fresh, let search):
        .runs(size: size, fresh: fresh, search: search.map { unwrap($0, on: gpu) })
      }
    let result = engines[gpu].gptqColumns(
      part(weight), order: order, factor: factor.map(part), correction: correction.map(part),
      grid: grid, groups: known, blockSize: blockSize)
    return GPTQColumns(
      kept: wrap(result.kept, on: gpu), loss: result.loss, clipped: result.clipped)
  }

  public func refineScales(
    _ codes: KeptCodes, weight: EngineBuffer, hessian h: EngineBuffer, scalesDtype: FloatFormat
  ) -> KeptGrids {
    let gpu = home(codes.codes)
    return wrap(
      engines[gpu].refineScales(
        unwrap(codes) { part($0, on: gpu) }, weight: part(weight, on: gpu),
        hessian: part(h, on: gpu), scalesDtype: scalesDtype), on: gpu)
  }

  public func dequantize(_ codes: KeptCodes) -> EngineBuffer {
    run(codes.codes) { $0.dequantize(unwrap(codes, $1)) }
  }

  public func weightErrors(
    of codes: KeptCodes, original: EngineBuffer, bits: Int, deadColumns: [Int]
  ) -> WeightErrorTally {
    read(codes.codes) {
      $0.weightErrors(
        of: unwrap(codes, $1), original: $1(original), bits: bits, deadColumns: deadColumns)
    }
  }

  public func clearColumns(_ x: inout EngineBuffer, _ columns: [Int]) {
    change(&x) { engine, x, _ in engine.clearColumns(&x, columns) }
  }

  // MARK: Numbers that come down

  public func squaredNorm(_ x: EngineBuffer) -> Double { read(x) { $0.squaredNorm($1(x)) } }

  public func squaredDistance(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    read(x) { $0.squaredDistance($1(x), $1(y)) }
  }

  public func dot(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    read(x) { $0.dot($1(x), $1(y)) }
  }

  public func largestMagnitude(_ x: EngineBuffer) -> Float {
    read(x) { $0.largestMagnitude($1(x)) }
  }

  public func traceProduct(_ a: EngineBuffer, hessian h: EngineBuffer) -> Double {
    read(h) { $0.traceProduct($1(a), hessian: $1(h)) }
  }

  public func traceProduct(_ a: EngineBuffer, cholesky l: EngineBuffer) -> Double {
    read(l) { $0.traceProduct($1(a), cholesky: $1(l)) }
  }

  public func subtract(_ b: EngineBuffer, from a: EngineBuffer) -> EngineBuffer {
    run(a) { $0.subtract($1(b), from: $1(a)) }
  }

  public func multiply(
    _ a: EngineBuffer, transposingA: Bool, _ b: EngineBuffer, transposingB: Bool
  ) -> EngineBuffer {
    run(a) {
      $0.multiply($1(a), transposingA: transposingA, $1(b), transposingB: transposingB)
    }
  }

  // MARK: Codes and searches, which hold buffers

  func wrap(_ grids: KeptGrids, on gpu: Int) -> KeptGrids {
    KeptGrids(scales: wrap(grids.scales, on: gpu), zeros: wrap(grids.zeros, on: gpu))
  }

  func wrap(_ codes: KeptCodes, on gpu: Int) -> KeptCodes {
    KeptCodes(
      codes: wrap(codes.codes, on: gpu), grids: wrap(codes.grids, on: gpu),
      groupIndex: codes.groupIndex)
  }

  func unwrap(_ codes: KeptCodes, _ part: (EngineBuffer) -> EngineBuffer) -> KeptCodes {
    KeptCodes(
      codes: part(codes.codes),
      grids: KeptGrids(scales: part(codes.grids.scales), zeros: part(codes.grids.zeros)),
      groupIndex: codes.groupIndex)
  }

  private func unwrap(_ search: GridSearch, on gpu: Int) -> GridSearch {
    var search = search
    if case .hessian(let h) = search.weighting { search.weighting = .hessian(part(h, on: gpu)) }
    return search
  }
}
