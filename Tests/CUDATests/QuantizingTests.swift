import Basics
import CUDA
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("CUDA Hessians and column loop against the CPU engine")
struct CUDAQuantizingTests {
  let cpu = CPUEngine()

  @Test("H += XᵀX in chunks, rows that are not finite left out and counted")
  func gram() throws {
    let engine = try hostEngine()
    var x = Matrix<Float>.brains(50, 70, seed: 1)
    x[3, 5] = .nan
    x[20, 0] = .infinity
    x[21, 1] = 3e38
    var counts: [Int] = []
    let error = distance(engine, cpu) {
      var h = $0.zeros(rows: 70, columns: 70)
      let first = $0.accumulateGram($0.upload(x.rows(in: 0..<20)), into: &h).value
      counts.append(first + $0.accumulateGram($0.upload(x.rows(in: 20..<50)), into: &h).value)
      $0.scale(&h, by: 0.25)
      $0.mirrorUpper(&h)
      return h
    }
    #expect(error < 1e-6)
    #expect(counts == [47, 47])
  }

  @Test("H of rows in BF16, which are looked at as they are gathered", arguments: [64, 70])
  func gramOfBrains(columns: Int) throws {
    let engine = try hostEngine()
    var x = Matrix<Float>.brains(50, columns, seed: 1)
    x[3, 5] = .nan
    x[20, 0] = .infinity
    x[21, 1] = 3e38
    let rows = { (range: Range<Int>) in
      EncodedMatrix(
        rows: range.count, columns: columns, format: .bf16,
        bytes: FloatFormat.bf16.encode(x.rows(in: range).elements))
    }
    var counts: [Int] = []
    let error = distance(engine, cpu) {
      var h = $0.zeros(rows: columns, columns: columns)
      let first = $0.accumulateGram($0.upload(rows(0..<20)), into: &h).value
      counts.append(first + $0.accumulateGram($0.upload(rows(20..<50)), into: &h).value)
      $0.mirrorUpper(&h)
      return h
    }
    #expect(error < 1e-6)
    #expect(counts == [47, 47])
  }

  @Test("blocks on H's diagonal, squares above them, and the rest", arguments: [8, 16, 24, 61, 70])
  func gramOfBlocks(columns: Int) throws {
    let engine = try hostEngine()
    engine.device.gramBlock = 8
    let x = Matrix<Float>.brains(9, columns, seed: 3)
    let error = distance(engine, cpu) {
      var h = $0.zeros(rows: columns, columns: columns)
      _ = $0.accumulateGram($0.upload(x), into: &h)
      $0.mirrorUpper(&h)
      return h
    }
    #expect(error < 1e-6)
  }

  @Test("a copy of H does not see what is added to H later")
  func gramOfCopies() throws {
    let engine = try hostEngine()
    let x = engine.upload(.brains(9, 5, seed: 2))
    var h = engine.zeros(rows: 5, columns: 5)
    _ = engine.accumulateGram(x, into: &h)
    let before = h
    let expected = engine.download(before)
    _ = engine.accumulateGram(x, into: &h)
    #expect(engine.download(before) == expected)
    #expect(engine.download(h) == expected.map { 2 * $0 })
  }

  @Test("D += (X₀ − X)ᵀX over the rows that are finite")
  func shift() throws {
    var x = Matrix<Float>.gaussian(30, 21, seed: 3)
    var base = Matrix<Float>.gaussian(30, 21, seed: 4)
    x[3, 5] = .nan
    base[8, 2] = .infinity
    var counts: [Int] = []
    let error = distance(try hostEngine(), cpu) {
      var d = $0.zeros(rows: 21, columns: 21)
      counts.append($0.accumulateShift($0.upload(x), base: $0.upload(base), into: &d))
      return d
    }
    #expect(error < 1e-6)
    #expect(counts[0] == counts[1])
  }

  @Test("UᵀU = (H in order, damped)⁻¹, and GPTAQ's P from it", arguments: [1, 40, 130])
  func factors(n: Int) throws {
    let h = Matrix<Float>.hessian(n, seed: 5)
    let d = Matrix<Float>.gaussian(n, n, seed: 6)
    let order = (0..<n).sorted { h[$0, $0] > h[$1, $1] }
    let diagonal = order.map { Double(h[$0, $0]) + 0.01 }
    for precision in [Precision.float32, .float64] {
      let engine = try hostEngine()
      func factor(_ engine: any Engine) throws -> EngineBuffer {
        try engine.inverseFactor(
          engine.upload(h), order: order, diagonal: diagonal, precision: precision)
      }
      let allowed = precision == .float64 ? 1e-7 : 1e-4
      #expect(try distance(engine, cpu, factor) < allowed)
      let error = try distance(engine, cpu) {
        $0.shiftCorrection($0.upload(d), order: order, factor: try factor($0), share: 0.25)
      }
      #expect(error < 10 * allowed)
      let propagated = try distance(engine, cpu) {
        $0.propagatedWeight(
          $0.upload(.gaussian(7, n, seed: 9)), shift: $0.upload(d), order: order,
          factor: try factor($0), share: 0.5)
      }
      #expect(propagated < 1e-4)
    }
  }

  @Test("a triangle is inverted by halves")
  func halves() throws {
    let h = Matrix<Float>.hessian(130, seed: 7)
    let diagonal = h.diagonal.map { Double($0) + 0.01 }
    let engine = try hostEngine()
    engine.device.inverseLeaf = 20
    let error = try distance(engine, cpu) {
      try $0.inverseFactor(
        $0.upload(h), order: Array(0..<130), diagonal: diagonal, precision: .float32)
    }
    #expect(error < 1e-5)
  }

  @Test("a matrix that is not positive definite is named by its leading minor")
  func notPositive() throws {
    let engine = try hostEngine()
    let h = Matrix<Float>(rows: 3, columns: 3, elements: [1, 0, 0, 0, -1, 0, 0, 0, 1])
    #expect(throws: NotPositiveDefinite(leadingMinor: 2)) {
      try engine.choleskyFactor(engine.upload(h))
    }
    // Its factor is made from the last column on, as the CPU's.
    #expect(throws: NotPositiveDefinite(leadingMinor: 1)) {
      try engine.inverseFactor(
        engine.upload(h), order: [0, 2, 1], diagonal: [1, 1, -1], precision: .float32)
    }
    #expect(engine.failure == nil)
  }

  @Test("LLᵀ = H, ‖A·L‖² = tr(A·H·Aᵀ)")
  func traces() throws {
    let engine = try hostEngine()
    let h = Matrix<Float>.hessian(45, seed: 8)
    let a = Matrix<Float>.gaussian(6, 45, seed: 9)
    let (kept, keptA) = (engine.upload(h), engine.upload(a))
    let l = try engine.choleskyFactor(kept)
    let expected = cpu.traceProduct(cpu.upload(a), hessian: cpu.upload(h))
    #expect(abs(engine.traceProduct(keptA, hessian: kept) / expected - 1) < 1e-6)
    #expect(abs(engine.traceProduct(keptA, cholesky: l) / expected - 1) < 1e-6)
    // Panel by panel, where H's symmetry saves half.
    engine.device.tracePanel = 16
    #expect(abs(engine.traceProduct(keptA, hessian: kept) / expected - 1) < 1e-6)
    // A weight as its file stores it is one part.
    let weight = EncodedMatrix(
      rows: 6, columns: 45, format: .bf16, bytes: FloatFormat.bf16.encode(a.elements))
    let ofWeight = cpu.traceProduct(cpu.upload(weight.decoded), hessian: cpu.upload(h))
    var stored = engine.upload(weight)
    #expect(abs(engine.traceProduct(stored, hessian: kept) / ofWeight - 1) < 1e-6)
    engine.scale(&stored, by: 1.001)
    #expect(
      abs(engine.traceProduct(stored, hessian: kept) / (1.001 * 1.001 * ofWeight) - 1) < 1e-6)
  }

  @Test("eigenvalues of a part of H")
  func eigenvalues() throws {
    let engine = try hostEngine()
    let h = Matrix<Float>.hessian(20, seed: 10)
    let kept = Array(2..<18)
    let values = try #require(engine.eigenvalues(engine.upload(h), of: kept))
    let expected = try #require(cpu.eigenvalues(cpu.upload(h), of: kept))
    for (got, expected) in zip(values, expected) { #expect(abs(got / expected - 1) < 1e-9) }
    #expect(values.count == 16)
  }

  @Test("op(A)·op(B)", arguments: [false, true], [false, true])
  func multiply(transposingA: Bool, transposingB: Bool) throws {
    let error = distance(try hostEngine(), cpu) {
      $0.multiply(
        $0.upload(.gaussian(transposingA ? 7 : 5, transposingA ? 5 : 7, seed: 11)),
        transposingA: transposingA,
        $0.upload(.gaussian(transposingB ? 4 : 7, transposingB ? 7 : 4, seed: 12)),
        transposingB: transposingB)
    }
    #expect(error < 1e-6)
  }

  struct Loop: Sendable {
    var rows = 21
    var columns = 300
    var bits = 4
    var sym = false
    var size = 64
    var fresh = false
    var blockSize = 128
    var precision = Precision.float32
    var corrects = false
    var moves = true
    /// Grids fitted on the host: a search weighted by H, or the full range.
    var searches = false
    var span = GridSpan.minmax
  }

  @Test(
    "the column loop gives the CPU's codes, grids and loss",
    arguments: [
      Loop(), Loop(bits: 8, sym: true, size: 128), Loop(size: 48, fresh: true), Loop(size: 50),
      Loop(columns: 1300, size: 128), Loop(columns: 1100, bits: 3, size: 384, fresh: true),
      Loop(bits: 2, size: 32, blockSize: 96, precision: .float64),
      Loop(columns: 130, size: 130, corrects: true), Loop(rows: 3, moves: false),
      Loop(bits: 3, size: 48, searches: true), Loop(bits: 3, sym: true, span: .fullRange),
      Loop(bits: 2, sym: true, size: 128, precision: .float64, searches: true, span: .fullRange),
      Loop(rows: 5, blockSize: 300), Loop(rows: 7, size: 32, blockSize: 200, corrects: true),
      Loop(rows: 3, columns: 1300, size: 50, blockSize: 1100),
    ])
  func columns(loop: Loop) throws {
    let n = loop.columns
    let weight = Matrix<Float>.gaussian(loop.rows, n, seed: 13)
    let h = Matrix<Float>.hessian(min(n, 300), seed: 14)
    // A Hessian of blocks along the diagonal where n is large.
    var whole = Matrix<Float>(rows: n, columns: n)
    for i in 0..<n {
      for j in 0..<n where i / h.rows == j / h.rows { whole[i, j] = h[i % h.rows, j % h.rows] }
    }
    let shift = Matrix<Float>.gaussian(n, n, seed: 15).map { $0 * 0.02 }
    let order = (0..<n).map { ($0 * 7 + 3) % n }
    let diagonal = order.map { Double(whole[$0, $0]) * 1.01 }

    func quantize(_ engine: any Engine) throws -> (GPTQColumns, GroupGrids, Matrix<UInt8>) {
      let factor =
        loop.moves
        ? try engine.inverseFactor(
          engine.upload(whole), order: order, diagonal: diagonal, precision: loop.precision) : nil
      let columns = engine.gptqColumns(
        engine.upload(weight), order: order, factor: factor,
        correction: loop.corrects
          ? factor.map {
            engine.shiftCorrection(engine.upload(shift), order: order, factor: $0, share: 0.25)
          } : nil,
        grid: QuantizationGrid(
          bits: loop.bits, sym: loop.sym, scalesDtype: .f16, span: loop.span),
        groups: .runs(
          size: loop.size, fresh: loop.fresh,
          search: loop.searches ? GridSearch(.hessian(engine.upload(whole))) : nil),
        blockSize: loop.blockSize)
      let (codes, grids) = engine.download(columns.kept)
      return (columns, grids, codes)
    }
    let engine = try hostEngine()
    let (got, grids, codes) = try quantize(engine)
    let (expected, expectedGrids, expectedCodes) = try quantize(cpu)
    #expect(engine.failure == nil)
    let different = zip(codes.elements, expectedCodes.elements).count { $0 != $1 }
    // Products over blocks, and factors, are summed in another order: a weight on the edge between
    // two codes may fall to the other side, and take some after it along.
    #expect(Double(different) <= 0.01 * Double(codes.elements.count))
    #expect(grids.scales.relativeDistance(to: expectedGrids.scales) < 3e-3)
    #expect(abs(got.loss / expected.loss - 1) < 3e-3)
    #expect(abs(got.clipped - expected.clipped) <= 3)
    #expect(got.kept.groupIndex == expected.kept.groupIndex)
  }

  @Test("fixed grids, and the weights that codes stand for")
  func fixedGrids() throws {
    let weight = Matrix<Float>.gaussian(19, 96, seed: 16)
    let grid = QuantizationGrid(bits: 4, sym: false, scalesDtype: .bf16)
    func quantize(_ engine: any Engine) -> (KeptCodes, EngineBuffer) {
      var kept = engine.upload(weight)
      engine.clearColumns(&kept, [3, 70])
      let grids = engine.fitGrids(kept, groupSize: 40, grid: grid, search: nil)
      let columns = engine.gptqColumns(
        kept, order: Array((0..<96).reversed()), factor: nil, correction: nil, grid: grid,
        groups: .fixed(grids, index: (0..<96).map { Int32((95 - $0) / 40) }), blockSize: 128)
      return (columns.kept, engine.dequantize(columns.kept))
    }
    let engine = try hostEngine()
    let (kept, dequantized) = quantize(engine)
    let (expected, expectedDequantized) = quantize(cpu)
    #expect(engine.download(kept).codes == cpu.download(expected).codes)
    #expect(engine.download(kept).grids == cpu.download(expected).grids)
    #expect(engine.download(dequantized) == cpu.download(expectedDequantized))
    let (codes, grids) = cpu.download(expected)
    let again = engine.upload(codes, grids: grids, groupIndex: expected.groupIndex)
    #expect(engine.download(engine.dequantize(again)) == cpu.download(expectedDequantized))
  }

  @Test("weight errors are counted as on the CPU, to the last one", arguments: [2, 4, 8])
  func weightErrors(bits: Int) throws {
    let (rows, columns) = (33, 300)
    var weight = Matrix<Float>.gaussian(rows, columns, seed: 8)
    weight[3, 7] = .infinity
    weight[4, 8] = 3e38
    var random = SplitMix64(seed: 9)
    let top = UInt64(1 << bits)
    let codes = Matrix<UInt8>(
      rows: rows, columns: columns,
      elements: (0..<rows * columns).map { _ in UInt8(random.next() % top) })
    let grids = GroupGrids(
      scales: Matrix(
        rows: rows, columns: 3, elements: (0..<3 * rows).map { 0.1 + 0.2 * Float($0 % 7) }),
      zeros: Matrix(
        rows: rows, columns: 3, elements: (0..<3 * rows).map { Int32($0 % Int(top)) }))
    let index = (0..<columns).map { Int32($0 * 7 % 3) }
    func tally(_ engine: any Engine) -> WeightErrorTally {
      engine.weightErrors(
        of: engine.upload(codes, grids: grids, groupIndex: index),
        original: engine.upload(weight), bits: bits, deadColumns: [0, 299])
    }
    let (found, expected) = (tally(try hostEngine()), tally(cpu))
    #expect(found.counts == expected.counts && found.clipped == expected.clipped)
    #expect(found.dead == 2 * rows && found.dead == expected.dead)
    #expect(found.notFinite == 2 && found.notFinite == expected.notFinite)
    #expect(abs(found.squares / expected.squares - 1) < 1e-12)
    #expect(expected.clipped.reduce(0, +) > 0 && expected.counts[0] > 0)
  }
}
