import Compute
import Foundation
import Tensor
import TestSupport
import Testing

/// Sizes that do not divide evenly, and triangles larger than what LAPACK gets in one piece.
@Suite("Products and factorisations divided over threads", .serialized)
struct ParallelBLASTests {
  @Test("a product is the one thread's, whichever sides are transposed", arguments: [2, 3, 4, 7])
  func products(threads: Int) {
    let (m, n, k) = (301, 173, 211)
    for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
      let a = Matrix<Float>.gaussian(ta ? k : m, ta ? m : k, seed: 1)
      let b = Matrix<Float>.gaussian(tb ? n : k, tb ? k : n, seed: 2)
      let (one, many) = both(threads) {
        $0.download(
          $0.multiply($0.upload(a), transposingA: ta, $0.upload(b), transposingB: tb))
      }
      #expect(difference(one, many) < 1e-5)
    }
  }

  @Test("a Gram matrix and a triangular product are the one thread's", arguments: [2, 3, 5])
  func triangles(threads: Int) {
    let x = Matrix<Float>.gaussian(517, 283, seed: 3)
    let (one, many) = both(threads) { engine in
      var h = engine.upload(Matrix<Float>(rows: 283, columns: 283, repeating: 0.5))
      _ = engine.accumulateGram(engine.upload(x), into: &h)
      return engine.download(h)
    }
    #expect(difference(one, many) < 1e-5)
    let l = Matrix<Float>.gaussian(283, 283, seed: 4)
    let norms = both(threads) { engine in
      let norm = engine.traceProduct(engine.upload(x), cholesky: engine.upload(l))
      return Matrix(rows: 1, columns: 1, elements: [Float(norm)])
    }
    #expect(difference(norms.0, norms.1) < 1e-5)
  }

  @Test("factors of a large matrix give it back, and its inverse", arguments: [1, 2, 3])
  func factors(threads: Int) throws {
    let n = 1301
    let x = Matrix<Float>.gaussian(2 * n, n, seed: 5)
    try WorkingThreads.fixed(threads) { try factors(n, of: x) }
  }

  private func factors(_ n: Int, of x: Matrix<Float>) throws {
    let engine = CPUEngine()
    var h = engine.zeros(rows: n, columns: n)
    _ = engine.accumulateGram(engine.upload(x), into: &h)
    engine.scale(&h, by: 1 / Float(n))
    engine.mirrorUpper(&h)
    let l = try engine.choleskyFactor(h)
    let product = engine.multiply(l, transposingA: false, l, transposingB: true)
    #expect(difference(engine.download(product), engine.download(h)) < 1e-5)
    let u = try engine.inverseFactor(
      h, order: Array(0..<n), diagonal: engine.diagonal(h).map(Double.init), precision: .float64)
    let upper = engine.upload(engine.download(u))
    let inverse = engine.multiply(upper, transposingA: true, upper, transposingB: false)
    let identity = engine.multiply(inverse, transposingA: false, h, transposingB: false)
    var expected = Matrix<Float>(rows: n, columns: n)
    for index in 0..<n { expected[index, index] = 1 }
    #expect(difference(engine.download(identity), expected) < 1e-3)
    let (lower, factor) = (engine.download(l), engine.download(upper))
    for row in 1..<n { #expect(factor[row, row - 1] == 0 && lower[row - 1, row] == 0) }
  }

  @Test(
    "a matrix that is not positive definite is named by its leading minor",
    arguments: [100, 700, 1200])
  func indefinite(minor: Int) {
    let n = 1300
    var h = Matrix<Float>(rows: n, columns: n)
    for index in 0..<n { h[index, index] = index == minor - 1 ? -1 : 1 }
    let error = #expect(throws: NotPositiveDefinite.self) {
      try CPUEngine().choleskyFactor(CPUEngine().upload(h))
    }
    #expect(error?.leadingMinor == minor)
  }

  @Test("every chunk runs once, on no more threads than are to work, one inside another too")
  func loops() {
    for threads in [1, 2, 5] {
      var counts = [Int32](repeating: 0, count: 1000)
      counts.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        let shared = SharedPointer(base)
        WorkingThreads.fixed(threads) {
          parallelFor(10, chunk: 1) { outer in
            for block in outer {
              parallelFor(100, chunk: 7) { inner in
                for index in inner { shared.base[100 * block + index] += 1 }
              }
            }
          }
        }
      }
      #expect(counts.allSatisfy { $0 == 1 })
    }
  }

  @Test("how many threads: what was asked for, the environment, the cores, the quota")
  func threadCounts() {
    func decided(
      _ asked: Int?, _ environment: [String: String], _ quota: Double? = nil
    ) -> Int {
      ThreadCount.decided(asked: asked, environment: environment, cores: 8, quota: quota)
    }
    #expect(decided(nil, [:]) == 8 && decided(3, [:]) == 3 && decided(64, [:]) == 8)
    #expect(decided(nil, ["OMP_NUM_THREADS": "4,2"]) == 4)
    #expect(decided(nil, ["OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "2"]) == 2)
    #expect(decided(5, ["OMP_NUM_THREADS": "4"]) == 5)
    #expect(decided(nil, ["OMP_NUM_THREADS": "none", "OPENBLAS_NUM_THREADS": "0"]) == 8)
    #expect(decided(nil, [:], 1.5) == 2 && decided(nil, [:], 0.25) == 1)
    #expect(decided(nil, [:], 100) == 8 && decided(6, [:], 1) == 6)
    #expect(ThreadCount.cores >= 1)
  }

  @Test("opening OpenBLAS, which is given one thread, leaves the number that was decided")
  func openingKeepsTheNumber() throws {
    let before = ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"]
    let decided = ThreadCount.decided()
    #expect(try CPUEngine.opened().threads == decided)
    #expect(ThreadCount.decided() == decided)
    #expect(ProcessInfo.processInfo.environment["OPENBLAS_NUM_THREADS"] == before)
  }

  /// What one thread and what `threads` make of something.
  private func both(
    _ threads: Int, _ body: (CPUEngine) -> Matrix<Float>
  ) -> (Matrix<Float>, Matrix<Float>) {
    let engine = CPUEngine()
    return (
      WorkingThreads.fixed(1) { body(engine) }, WorkingThreads.fixed(threads) { body(engine) }
    )
  }

  /// The largest difference over the largest entry.
  private func difference<S: BinaryFloatingPoint>(_ a: Matrix<S>, _ b: Matrix<S>) -> Double {
    guard a.rows == b.rows, a.columns == b.columns else { return .infinity }
    let largest = b.elements.map { Double(abs($0)) }.max() ?? 0
    return zip(a.elements, b.elements).map { Double(abs($0 - $1)) }.max().map { $0 / largest }
      ?? .infinity
  }
}
