import Basics
import Compute
import Foundation
import Tensor

/// Several GPUs of one machine as one engine. Tokens are spread over them, chunk by chunk, and stay
/// where they are; weights are copied to a GPU when it first reads them. Hessians are gathered by all,
/// and added up on the first, which solves.
///
/// A Hessian's sum is taken in another order than one GPU takes it, and the same in each run.
public final class CUDAGroupEngine: Engine, @unchecked Sendable {
  /// The GPUs.
  public let engines: [CUDAEngine]
  private let lock = NSLock()
  private var placed = 0

  /// Computes on `engines`, each with a GPU of its own, or a share of one.
  public init(_ engines: [CUDAEngine]) {
    precondition(!engines.isEmpty, "a GPU")
    self.engines = engines
    for engine in engines { engine.device.admit(engines.map(\.device)) }
  }

  /// The GPUs `ordinals` of this machine.
  /// - Throws: `InputError` where one is not there, or a library is missing.
  public convenience init(ordinals: [Int]) throws(InputError) {
    var engines: [CUDAEngine] = []
    for ordinal in ordinals { engines.append(try CUDAEngine(ordinal: ordinal)) }
    self.init(engines)
  }

  /// The cards and versions.
  public var summary: String { "\(engines.count) GPUs: \(engines[0].summary)" }

  /// The first thing that went wrong on any of them.
  public var failure: InputError? { engines.lazy.compactMap(\.failure).first }

  /// Waits until everything asked so far is done.
  public func synchronize() { for engine in engines { engine.synchronize() } }

  /// Has each GPU's clock tell when it does what.
  public func recordTimeline() { for engine in engines { engine.recordTimeline() } }

  /// What the GPUs have done since this was asked last.
  public func takeTimeline() -> [DeviceSlice] { engines.flatMap { $0.takeTimeline() } }

  /// The most bytes of the first GPU's memory that were in use at once: the one that solves.
  public var peakBytes: Int { engines[0].device.peakBytes }

  /// Random weights on the first GPU: see `CUDAEngine`.
  public func randomWeights(
    seed: UInt64, step: UInt64, rowScales: [Float], columnScales: [Float]
  ) -> EngineBuffer {
    wrap(
      engines[0].randomWeights(
        seed: seed, step: step, rowScales: rowScales, columnScales: columnScales))
  }

  // MARK: Where matrices are

  /// The GPU that works on `buffer`.
  func home(_ buffer: EngineBuffer) -> Int { storage(buffer).use { $0.home } }

  /// Runs `body` with the GPU of `lead`, and with what gives it its own copy of any other buffer.
  func run(
    _ lead: EngineBuffer, _ body: (CUDAEngine, (EngineBuffer) -> EngineBuffer) -> EngineBuffer
  ) -> EngineBuffer {
    let (gpu, isPlaced) = storage(lead).use { ($0.home, $0.isPlaced) }
    let result = body(engines[gpu]) { part($0, on: gpu) }
    return wrap(result, on: gpu, isPlaced: isPlaced)
  }

  /// Reads a number, or several, at the home of `lead`.
  func read<Value>(
    _ lead: EngineBuffer, _ body: (CUDAEngine, (EngineBuffer) -> EngineBuffer) -> Value
  ) -> Value {
    let gpu = home(lead)
    return body(engines[gpu]) { part($0, on: gpu) }
  }

  /// Changes `buffer` at its home, in place where nobody shares it.
  func change<Value>(
    _ buffer: inout EngineBuffer,
    _ body: (CUDAEngine, inout EngineBuffer, (EngineBuffer) -> EngineBuffer) -> Value
  ) -> Value {
    own(&buffer)
    let storage = storage(buffer)
    add(up: storage)
    // Taken out, so that nobody else holds it while it is changed.
    var taken: EngineBuffer?
    let gpu = storage.use { state in
      state.dropCopies()
      taken = state.parts[state.home].take()
      return state.home
    }
    guard var matrix = taken.take() else { preconditionFailure("a matrix of this engine") }
    let value = body(engines[gpu], &matrix) { part($0, on: gpu) }
    storage.use { $0.parts[gpu] = matrix }
    return value
  }

  /// `buffer` on the GPU `gpu`, copied there if it is not; in BF16 where a product reads it.
  func part(_ buffer: EngineBuffer, on gpu: Int, inBrains: Bool = false) -> EngineBuffer {
    let storage = storage(buffer)
    add(up: storage)
    let (known, home, matrix) = storage.use { state in
      (
        state.parts[gpu] ?? (inBrains ? state.brains[gpu] : nil), state.home,
        state.parts[state.home]
      )
    }
    if let known { return known }
    guard let matrix else { preconditionFailure("a matrix of this engine") }
    let copy = engines[gpu].receive(matrix, from: engines[home], inBrains: inBrains)
    storage.use { state in
      if inBrains { state.brains[gpu] = copy } else { state.parts[gpu] = copy }
    }
    return copy
  }

  func wrap(_ matrix: EngineBuffer, on gpu: Int = 0, isPlaced: Bool = false) -> EngineBuffer {
    EngineBuffer(
      rows: matrix.rows, columns: matrix.columns, element: matrix.element,
      storage: SpreadStorage(
        .init(matrix, home: gpu, of: engines.count, isPlaced: isPlaced)))
  }

  func storage(_ buffer: EngineBuffer) -> SpreadStorage {
    guard let storage = buffer.storage as? SpreadStorage else {
      preconditionFailure("a matrix of this engine")
    }
    return storage
  }

  /// Gives `buffer` a storage of its own.
  private func own(_ buffer: inout EngineBuffer) {
    if buffer.isUnique() { return }
    let storage = storage(buffer)
    add(up: storage)
    let (matrix, gpu, isPlaced) = storage.use { ($0.parts[$0.home], $0.home, $0.isPlaced) }
    if let matrix { buffer = wrap(matrix, on: gpu, isPlaced: isPlaced) }
  }

  /// Adds the parts of a sum at its home.
  private func add(up storage: SpreadStorage) {
    var others = [EngineBuffer?](repeating: nil, count: engines.count)
    let place = storage.use { state -> Int? in
      guard state.isSum else { return nil }
      state.isSum = false
      swap(&state.parts, &others)
      return state.home
    }
    guard let home = place, var sum = others[home].take() else { return }
    for (gpu, part) in others.enumerated() {
      guard let part else { continue }
      engines[home].add(engines[home].receive(part, from: engines[gpu]), to: &sum)
    }
    storage.use { $0.parts[home] = sum }
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAGroupEngine {
  // MARK: Waiting

  /// Tokens that have no GPU yet find one here: one chunk after another.
  public func keep(_ buffer: EngineBuffer) -> EngineBuffer {
    let storage = storage(buffer)
    if !storage.use({ $0.isPlaced }) {
      let gpu = lock.withLock {
        placed += 1
        return (placed - 1) % engines.count
      }
      let matrix = part(buffer, on: gpu)
      storage.use { $0 = .init(matrix, home: gpu, of: engines.count, isPlaced: true) }
    }
    let gpu = home(buffer)
    _ = engines[gpu].keep(part(buffer, on: gpu))
    return buffer
  }

  public func limitKept(_ bytes: Int, folder: URL) {
    for engine in engines { engine.limitKept(bytes, folder: folder) }
  }

  public func canKeep(_ buffer: EngineBuffer, rows: Int) -> Bool {
    // Each has its share of the chunks.
    let gpu = home(buffer)
    return engines[gpu].canKeep(
      part(buffer, on: gpu), rows: (rows + engines.count - 1) / engines.count)
  }

  public var freeBytes: Int? { engines.compactMap(\.freeBytes).min() }

  public var spilledBytes: Int { engines.reduce(0) { $0 + $1.spilledBytes } }

  // MARK: Hessians

  /// Each GPU adds up its own tokens.
  public func accumulateGram(_ x: EngineBuffer, into h: inout EngineBuffer) -> DeferredCount {
    gather(x, into: &h) { $0.accumulateGram($1, into: &$2) }
  }

  public func accumulateShift(
    _ x: EngineBuffer, base: EngineBuffer, into d: inout EngineBuffer
  ) -> Int {
    let gpu = home(x)
    let base = part(base, on: gpu)
    return gather(x, into: &d) { $0.accumulateShift($1, base: base, into: &$2) }
  }

  private func gather<Value>(
    _ x: EngineBuffer, into sum: inout EngineBuffer,
    _ body: (CUDAEngine, EngineBuffer, inout EngineBuffer) -> Value
  ) -> Value {
    own(&sum)
    let (gpu, storage) = (home(x), storage(sum))
    var taken: EngineBuffer?
    storage.use { state in
      if !state.isSum { state.dropCopies() }
      state.isSum = true
      taken = state.parts[gpu].take()
    }
    var mine = taken.take() ?? engines[gpu].zeros(rows: sum.rows, columns: sum.columns)
    let value = body(engines[gpu], part(x, on: gpu), &mine)
    storage.use { $0.parts[gpu] = mine }
    return value
  }
}
