import Basics
import CUDA
import CUDAHost
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("A CUDA device", .serialized)
struct CUDADeviceTests {
  @Test("large matrices go up and come down as they are")
  func roundTrip() throws {
    let engine = try hostEngine()
    let matrix = Matrix<Float>(
      rows: 3, columns: 7_000_001, elements: (0..<21_000_003).map { Float($0 % 1_000_003) })
    #expect(engine.download(engine.upload(matrix)) == matrix)
  }

  @Test("a buffer is a value: a change in place is seen by its own holder alone")
  func values() throws {
    let engine = try hostEngine()
    let matrix = Matrix<Float>.gaussian(3, 4, seed: 1)
    var x = engine.upload(matrix)
    let shared = x
    engine.scale(&x, by: 2)
    engine.scale(&x, by: 2)
    #expect(engine.download(shared) == matrix)
    #expect(engine.download(x) == matrix.map { 4 * $0 })
  }

  @Test("weights go up as they are stored; NaN and infinity in them are counted")
  func encoded() throws {
    let engine = try hostEngine()
    var matrix = Matrix<Float>.gaussian(7, 33, seed: 4)
    for format in FloatFormat.allCases {
      let stored = EncodedMatrix(
        rows: 7, columns: 33, format: format, bytes: format.encode(matrix.elements))
      let buffer = engine.upload(stored)
      #expect(engine.nonFiniteCount(buffer) == 0)
      #expect(engine.download(buffer) == stored.decoded)
    }
    matrix[0, 0] = .nan
    matrix[6, 32] = -.infinity
    for format in FloatFormat.allCases {
      let buffer = engine.upload(
        EncodedMatrix(rows: 7, columns: 33, format: format, bytes: format.encode(matrix.elements)))
      #expect(engine.nonFiniteCount(buffer) == 2)
    }
  }

  @Test("random weights are those of a generator a row, in BF16")
  func randomWeights() throws {
    let engine = try hostEngine()
    let (rowScales, columnScales): ([Float], [Float]) = (
      [0.5, 2], (0..<40).map { 1 / Float(1 + $0) }
    )
    let buffer = engine.randomWeights(
      seed: 11, step: 77, rowScales: rowScales, columnScales: columnScales)
    let expected = (0..<2).flatMap { row in
      var random = SplitMix64(seed: 11 + UInt64(row) * 77)
      return columnScales.map { scale -> Float in
        let bits = random.next()
        let sum = (0..<3).reduce(0) { $0 + Int(bits >> (16 * UInt64($1)) & 0xFFFF) }
        let value = (Float(sum) / 65536 - 1.5) * rowScales[row] * scale
        return Float(bfloat16Bits: value.bfloat16Bits)
      }
    }
    #expect(engine.download(buffer) == Matrix(rows: 2, columns: 40, elements: expected))
  }

  @Test("what is away is read and changed as if it were there, and room is counted without it")
  func away() throws {
    let engine = try hostEngine()
    engine.limitKept(1000, folder: FileManager.default.temporaryDirectory)
    let matrix = Matrix<Float>.gaussian(10, 20, seed: 2)
    let first = engine.keep(engine.upload(matrix))
    #expect(engine.canKeep(first, rows: 2) && !engine.canKeep(first, rows: 3))
    var second = engine.keep(engine.upload(matrix))
    #expect(engine.spilledBytes == 800)
    for _ in 0..<2 { #expect(engine.squaredNorm(second) == engine.squaredNorm(first)) }
    engine.scale(&second, by: 2)
    #expect(engine.download(second) == matrix.map { 2 * $0 })
    second = engine.keep(second)
    #expect(engine.spilledBytes == 1600)
    engine.scale(&second, by: 0.5)
    #expect(engine.download(second) == matrix)
  }

  @Test("kept buffers beyond the budget leave the GPU's memory and come back the same")
  func keeping() throws {
    let engine = try hostEngine()
    engine.limitKept(1000, folder: FileManager.default.temporaryDirectory)
    let matrix = Matrix<Float>.gaussian(10, 20, seed: 2)
    let norm = engine.rmsNorm(
      engine.upload(matrix), weight: engine.upload(Matrix(rows: 1, columns: 20, repeating: 1)),
      epsilon: 0)
    let expected = engine.download(norm)
    let first = engine.keep(engine.upload(matrix))
    #expect(engine.spilledBytes == 0)
    let second = engine.keep(norm)
    // The norm is kept in BF16 and float32; the float32 goes.
    #expect(engine.spilledBytes == 800)
    #expect(engine.download(first) == matrix)
    #expect(engine.download(second) == expected)
    #expect(engine.squaredNorm(second) == expected.squaredNorm)
  }

  @Test("sums are Double and the same in each run; the largest magnitude passes a NaN on")
  func sums() throws {
    let engine = try hostEngine()
    var x = Matrix<Float>.gaussian(71, 331, seed: 1)
    let y = Matrix<Float>.gaussian(71, 331, seed: 2)
    let (keptX, keptY) = (engine.upload(x), engine.upload(y))
    #expect(abs(engine.squaredNorm(keptX) / x.squaredNorm - 1) < 1e-13)
    #expect(abs(engine.squaredDistance(keptX, keptY) / x.squaredDistance(to: y) - 1) < 1e-13)
    #expect(abs(engine.dot(keptX, keptY) - x.dot(y)) < 1e-9)
    #expect(engine.largestMagnitude(keptX) == x.elements.map(abs).max())
    #expect(engine.squaredNorm(keptX) == engine.squaredNorm(engine.upload(x)))
    x[70, 330] = .nan
    #expect(engine.largestMagnitude(engine.upload(x)).isNaN)
  }

  @Test("the order in which threads take their turns changes nothing", arguments: [1, 77, 255])
  func turns(first: UInt32) throws {
    let engine = try hostEngine()
    let q = engine.upload(.gaussian(90, 64, seed: 3))
    let shape = AttentionShape(heads: 2, keyValueHeads: 2, headDimension: 32)
    func attend() -> Matrix<Float> {
      engine.download(
        engine.attention(
          q: q, k: q, v: q, shape: shape, sinks: nil, windows: [AttentionWindow(0..<90)]))
    }
    tenbin_host_cuda_rotate(0)
    let expected = attend()
    tenbin_host_cuda_rotate(first)
    #expect(attend() == expected)
    tenbin_host_cuda_rotate(0)
  }

  @Test("every operation is the CPU's by the check that doctor runs")
  func selfCheck() throws {
    for outcome in SelfCheck(try hostEngine(), against: CPUEngine()).run() {
      #expect(outcome.holds, "\(outcome.name): \(outcome.error)")
    }
  }

  @Test("memory that does not fit is a failure in three parts, after which results are zeros")
  func outOfMemory() throws {
    let engine = try hostEngine()
    let before = engine.upload(Matrix<Float>(rows: 1, columns: 3, elements: [1, 2, 3]))
    #expect(engine.failure == nil)
    _ = engine.zeros(rows: 1 << 15, columns: 1 << 15)
    let failure = try #require(engine.failure)
    #expect(
      failure.description == """
        error: compute on CUDA device 0
          found: taking 4294967296 bytes of GPU memory failed: an error of the CPU's device (2)
          hint: make the job smaller (fewer samples or trials at once), or use a GPU with more memory
        """)
    #expect(failure.kind == .failed)
    #expect(engine.download(before) == Matrix<Float>(rows: 1, columns: 3))
    #expect(engine.squaredNorm(before) == 0)
  }

  @Test("a device that is not there is refused")
  func missingDevice() throws {
    let error = #expect(throws: InputError.self) {
      try CUDADevice(3, api: hostFunctions(), cache: nil)
    }
    #expect(
      error?.description == """
        error: compute on CUDA device 3
          found: GPUs 0 to 0
          hint: use --device cuda:0, or another of them
        """)
  }

  @Test("without a driver there is one clear error", .enabled(if: !hasDriver))
  func noDriver() throws {
    let error = #expect(throws: InputError.self) { try CUDALibraries.load(environment: [:]) }
    #expect(
      error?.description == """
        error: compute on a CUDA device
          found: no NVIDIA driver: libcuda.so.1 is not on this machine
          hint: use --device cpu, or a machine with an NVIDIA GPU and its driver
        """)
    #expect(error?.kind == .usage)
  }

  @Test("compiled kernels are kept by hash and used again")
  func cache() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tenbin-kernels-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    for _ in 0..<2 {
      let engine = CUDAEngine(try CUDADevice(0, api: hostFunctions(), cache: folder))
      _ = engine.squaredNorm(engine.zeros(rows: 2, columns: 2))
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(files.count == 1 && files[0].hasSuffix(".cubin"))
    }
  }

  private static var hasDriver: Bool { (try? CUDALibraries.load(environment: [:])) != nil }
}
