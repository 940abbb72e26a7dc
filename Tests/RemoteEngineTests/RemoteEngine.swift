import Basics
import Compute
import Foundation
import Synchronization
import Tensor

/// Where a remote engine keeps a buffer: nothing that anybody else could look into.
private final class RemoteStorage: EngineStorage, @unchecked Sendable {
  var buffer: EngineBuffer?

  init(_ buffer: EngineBuffer) { self.buffer = buffer }
}

/// An engine as another target would write one: it knows `Compute` by its public protocol alone, keeps
/// its buffers behind handles of its own, and writes down every crossing between them and the host.
/// (The arithmetic behind the handles is the CPU's.)
final class RemoteEngine: Engine {
  /// What crossed.
  enum Crossing: Hashable, Sendable {
    case matrixUp(rows: Int, columns: Int)
    case matrixDown(rows: Int, columns: Int)
    case codesUp(rows: Int, columns: Int, groups: Int)
    case codesDown(rows: Int, columns: Int, groups: Int)
    case diagonalDown(Int)
    case statisticsDown(Int)
    case routingDown(Int)
    /// A sum, or what the column loop counted.
    case numbersDown(Int)

    /// Bytes of it.
    var bytes: Int {
      switch self {
      case .matrixUp(let rows, let columns), .matrixDown(let rows, let columns):
        4 * rows * columns
      case .codesUp(let rows, let columns, let groups),
        .codesDown(let rows, let columns, let groups):
        // A code a byte, a scale and a zero of four.
        rows * columns + 8 * rows * groups
      case .diagonalDown(let count): 4 * count
      case .statisticsDown(let count): 56 * count
      case .routingDown(let count), .numbersDown(let count): 8 * count
      }
    }
  }

  private let inner: CPUEngine
  private let log = Mutex<[Crossing: Int]>([:])

  /// Whether what a stage makes for the next may be kept; if not, it is made again.
  private let keepsInner: Bool
  let takesEncoded: Bool
  let loadsAhead: Bool

  init(
    _ inner: CPUEngine = CPUEngine(), keepsInner: Bool = true, takesEncoded: Bool = false,
    loadsAhead: Bool = false
  ) {
    self.inner = inner
    self.loadsAhead = loadsAhead
    self.keepsInner = keepsInner
    self.takesEncoded = takesEncoded
  }

  /// What has crossed since the last time, and how often.
  func takeCrossings() -> [Crossing: Int] {
    log.withLock { log in
      defer { log = [:] }
      return log
    }
  }

  private func cross(_ crossing: Crossing) { log.withLock { $0[crossing, default: 0] += 1 } }

  // MARK: Handles

  private func hide(_ buffer: EngineBuffer) -> EngineBuffer {
    EngineBuffer(
      rows: buffer.rows, columns: buffer.columns, element: buffer.element,
      storage: RemoteStorage(buffer))
  }

  private func look(_ handle: EngineBuffer) -> EngineBuffer {
    guard let buffer = (handle.storage as? RemoteStorage)?.buffer else {
      preconditionFailure("a buffer of this engine")
    }
    return buffer
  }

  private func change(_ handle: inout EngineBuffer, _ body: (inout EngineBuffer) -> Void) {
    guard handle.isUnique(), let storage = handle.storage as? RemoteStorage,
      var buffer = storage.buffer.take()
    else {
      var copy = look(handle)
      body(&copy)
      handle = hide(copy)
      return
    }
    body(&buffer)
    storage.buffer = buffer
  }

  private func hide(_ grids: KeptGrids) -> KeptGrids {
    KeptGrids(scales: hide(grids.scales), zeros: hide(grids.zeros))
  }

  private func look(_ grids: KeptGrids) -> KeptGrids {
    KeptGrids(scales: look(grids.scales), zeros: look(grids.zeros))
  }

  private func hide(_ codes: KeptCodes) -> KeptCodes {
    KeptCodes(
      codes: hide(codes.codes), grids: hide(codes.grids), groupIndex: codes.groupIndex)
  }

  private func look(_ codes: KeptCodes) -> KeptCodes {
    KeptCodes(
      codes: look(codes.codes), grids: look(codes.grids), groupIndex: codes.groupIndex)
  }

  private func number<Value>(_ value: Value) -> Value {
    cross(.numbersDown(1))
    return value
  }

  // MARK: The protocol

  var summary: String { inner.summary }
  var failure: InputError? { inner.failure }
  var spilledBytes: Int { inner.spilledBytes }

  func synchronize() { inner.synchronize() }

  func upload(_ matrix: Matrix<Float>) -> EngineBuffer {
    cross(.matrixUp(rows: matrix.rows, columns: matrix.columns))
    return hide(inner.upload(matrix))
  }

  func download(_ buffer: EngineBuffer) -> Matrix<Float> {
    cross(.matrixDown(rows: buffer.rows, columns: buffer.columns))
    return inner.download(look(buffer))
  }

  func upload(_ codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32]) -> KeptCodes {
    cross(.codesUp(rows: codes.rows, columns: codes.columns, groups: grids.scales.columns))
    return hide(inner.upload(codes, grids: grids, groupIndex: groupIndex))
  }

  func download(_ codes: KeptCodes) -> (codes: Matrix<UInt8>, grids: GroupGrids) {
    cross(
      .codesDown(
        rows: codes.codes.rows, columns: codes.codes.columns, groups: codes.grids.scales.columns))
    return inner.download(look(codes))
  }

  func diagonal(_ h: EngineBuffer) -> [Float] {
    cross(.diagonalDown(h.rows))
    return inner.diagonal(look(h))
  }

  func keep(_ buffer: EngineBuffer) -> EngineBuffer { hide(inner.keep(look(buffer))) }

  func canKeep(_ part: EngineBuffer, rows: Int) -> Bool { keepsInner }

  func limitKept(_ bytes: Int, folder: URL) { inner.limitKept(bytes, folder: folder) }

  func linear(
    _ x: EngineBuffer, weight: EngineBuffer, rows: Range<Int>, bias: EngineBuffer?
  ) -> EngineBuffer {
    hide(inner.linear(look(x), weight: look(weight), rows: rows, bias: bias.map(look)))
  }

  func rmsNorm(_ x: EngineBuffer, weight: EngineBuffer, epsilon: Float) -> EngineBuffer {
    hide(inner.rmsNorm(look(x), weight: look(weight), epsilon: epsilon))
  }

  func rotate(
    _ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int, table: RotaryTable
  ) {
    let table = RotaryTable(cosines: look(table.cosines), sines: look(table.sines))
    change(&x) { inner.rotate(&$0, runs, headDimension: headDimension, table: table) }
  }

  func attention(
    q: EngineBuffer, k: EngineBuffer, v: EngineBuffer, shape: AttentionShape, sinks: EngineBuffer?,
    windows: [AttentionWindow]
  ) -> EngineBuffer {
    hide(
      inner.attention(
        q: look(q), k: look(k), v: look(v), shape: shape, sinks: sinks.map(look), windows: windows))
  }

  func replaceRows(_ rows: [Int32], of x: inout EngineBuffer, with y: EngineBuffer) {
    let y = look(y)
    change(&x) { inner.replaceRows(rows, of: &$0, with: y) }
  }

  func gatedActivation(
    _ activation: Activation, gate: EngineBuffer, up: EngineBuffer
  ) -> EngineBuffer {
    hide(inner.gatedActivation(activation, gate: look(gate), up: look(up)))
  }

  func add(_ y: EngineBuffer, to x: inout EngineBuffer) {
    let y = look(y)
    change(&x) { inner.add(y, to: &$0) }
  }

  func softCap(_ x: inout EngineBuffer, limit: Float) {
    change(&x) { inner.softCap(&$0, limit: limit) }
  }

  func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing {
    cross(.routingDown(logits.rows * rule.expertsPerToken))
    return inner.route(look(logits), rule)
  }

  func gatherRows(_ parts: [(buffer: EngineBuffer, rows: [Int32])]) -> EngineBuffer {
    hide(inner.gatherRows(parts.map { (look($0.buffer), $0.rows) }))
  }

  func scatterAdd(
    _ y: EngineBuffer, weights: [Float], to x: inout EngineBuffer, rows: [Int32]
  ) {
    let y = look(y)
    change(&x) { inner.scatterAdd(y, weights: weights, to: &$0, rows: rows) }
  }

  func zeros(rows: Int, columns: Int) -> EngineBuffer {
    hide(inner.zeros(rows: rows, columns: columns))
  }

  func accumulateGram(_ x: EngineBuffer, into h: inout EngineBuffer) -> DeferredCount {
    let x = look(x)
    var taken = 0
    change(&h) { taken = inner.accumulateGram(x, into: &$0).value }
    return DeferredCount(number(taken))
  }

  func accumulateShift(
    _ x: EngineBuffer, base: EngineBuffer, into d: inout EngineBuffer
  ) -> Int {
    let (x, base) = (look(x), look(base))
    var taken = 0
    change(&d) { taken = inner.accumulateShift(x, base: base, into: &$0) }
    return number(taken)
  }

  func scale(_ x: inout EngineBuffer, by factor: Float) {
    change(&x) { inner.scale(&$0, by: factor) }
  }

  func mirrorUpper(_ h: inout EngineBuffer) { change(&h) { inner.mirrorUpper(&$0) } }

  func inverseFactor(
    _ h: EngineBuffer, order: [Int], diagonal: [Double], precision: Precision
  ) throws(NotPositiveDefinite) -> EngineBuffer {
    hide(
      try inner.inverseFactor(look(h), order: order, diagonal: diagonal, precision: precision))
  }

  func choleskyFactor(_ h: EngineBuffer) throws(NotPositiveDefinite) -> EngineBuffer {
    hide(try inner.choleskyFactor(look(h)))
  }

  func shiftCorrection(
    _ d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    hide(inner.shiftCorrection(look(d), order: order, factor: look(factor), share: share))
  }

  func propagatedWeight(
    _ weight: EngineBuffer, shift d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer {
    hide(
      inner.propagatedWeight(
        look(weight), shift: look(d), order: order, factor: look(factor), share: share))
  }

  func eigenvalues(_ h: EngineBuffer, of kept: [Int]) -> [Double]? {
    cross(.numbersDown(kept.count))
    return inner.eigenvalues(look(h), of: kept)
  }

  func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid, search: GridSearch?
  ) -> KeptGrids {
    hide(
      inner.fitGrids(
        look(weight), groupSize: groupSize, grid: grid, search: search.map(look)))
  }

  private func look(_ search: GridSearch) -> GridSearch {
    guard case .hessian(let hessian) = search.weighting else { return search }
    return GridSearch(.hessian(look(hessian)), widest: search.widest)
  }

  func gptqColumns(
    _ weight: EngineBuffer, order: [Int], factor: EngineBuffer?, correction: EngineBuffer?,
    grid: QuantizationGrid, groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns {
    let groups =
      switch groups {
      case .fixed(let grids, let index): ColumnGroups.fixed(look(grids), index: index)
      case .runs(let size, let fresh, let search):
        ColumnGroups.runs(size: size, fresh: fresh, search: search.map(look))
      }
    let columns = inner.gptqColumns(
      look(weight), order: order, factor: factor.map(look), correction: correction.map(look),
      grid: grid, groups: groups, blockSize: blockSize)
    // Loss and clipped weights.
    cross(.numbersDown(2))
    return GPTQColumns(kept: hide(columns.kept), loss: columns.loss, clipped: columns.clipped)
  }

  func refineScales(
    _ codes: KeptCodes, weight: EngineBuffer, hessian h: EngineBuffer, scalesDtype: FloatFormat
  ) -> KeptGrids {
    hide(
      inner.refineScales(
        look(codes), weight: look(weight), hessian: look(h), scalesDtype: scalesDtype))
  }

  func dequantize(_ codes: KeptCodes) -> EngineBuffer { hide(inner.dequantize(look(codes))) }

  func weightErrors(
    of codes: KeptCodes, original: EngineBuffer, bits: Int, deadColumns: [Int]
  ) -> WeightErrorTally {
    number(
      inner.weightErrors(
        of: look(codes), original: look(original), bits: bits, deadColumns: deadColumns))
  }

  func clearColumns(_ x: inout EngineBuffer, _ columns: [Int]) {
    change(&x) { inner.clearColumns(&$0, columns) }
  }

  func squaredNorm(_ x: EngineBuffer) -> Double { number(inner.squaredNorm(look(x))) }

  func squaredDistance(_ x: EngineBuffer, _ y: EngineBuffer) -> Double {
    number(inner.squaredDistance(look(x), look(y)))
  }

  func dot(_ x: EngineBuffer, _ y: EngineBuffer) -> Double { number(inner.dot(look(x), look(y))) }

  func largestMagnitude(_ x: EngineBuffer) -> Float { number(inner.largestMagnitude(look(x))) }

  func traceProduct(_ a: EngineBuffer, hessian h: EngineBuffer) -> Double {
    number(inner.traceProduct(look(a), hessian: look(h)))
  }

  func traceProduct(_ a: EngineBuffer, cholesky l: EngineBuffer) -> Double {
    number(inner.traceProduct(look(a), cholesky: look(l)))
  }

  func subtract(_ b: EngineBuffer, from a: EngineBuffer) -> EngineBuffer {
    hide(inner.subtract(look(b), from: look(a)))
  }

  func multiply(
    _ a: EngineBuffer, transposingA: Bool, _ b: EngineBuffer, transposingB: Bool
  ) -> EngineBuffer {
    hide(
      inner.multiply(
        look(a), transposingA: transposingA, look(b), transposingB: transposingB))
  }

  func makeTokenStatistics(targets: [Int32]) -> EngineBuffer {
    hide(inner.makeTokenStatistics(targets: targets))
  }

  func accumulate(
    base: EngineBuffer, trial: EngineBuffer, firstToken: Int, into statistics: inout EngineBuffer
  ) {
    let (base, trial) = (look(base), look(trial))
    change(&statistics) {
      inner.accumulate(base: base, trial: trial, firstToken: firstToken, into: &$0)
    }
  }

  func tokenStatistics(_ statistics: EngineBuffer) -> [TokenStatistics] {
    cross(.statisticsDown(statistics.rows))
    return inner.tokenStatistics(look(statistics))
  }
}
