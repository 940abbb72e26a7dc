import CUDA
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

/// Two engines on the CPU's device stand for two GPUs.
@Suite("Several GPUs as one engine")
struct CUDAGroupTests {
  let cpu = CPUEngine()

  private func pair() throws -> CUDAGroupEngine {
    CUDAGroupEngine([try hostEngine(), try hostEngine()])
  }

  @Test("tokens are spread, stay where they are, and come out as one GPU has them")
  func tokens() throws {
    let (group, one) = (try pair(), try hostEngine())
    let weight = Matrix<Float>.gaussian(7, 12, seed: 1)
    let gain = Matrix<Float>.brains(1, 12, seed: 2)
    let chunks = (0..<4).map { Matrix<Float>.brains(5, 12, seed: 3 + UInt64($0)) }
    func through(_ engine: any Engine) -> [Matrix<Float>] {
      let (w, g) = (engine.upload(weight), engine.upload(gain))
      var states = chunks.map { engine.keep(engine.upload($0)) }
      for index in states.indices {
        let x = engine.rmsNorm(states[index], weight: g, epsilon: 1e-5)
        let y = engine.linear(x, weight: w, rows: 0..<7, bias: nil)
        let before = states[index]
        engine.softCap(&states[index], limit: 2)
        engine.add(before, to: &states[index])
        states[index] = engine.keep(states[index])
        #expect(engine.download(before) == chunks[index])
        #expect(engine.squaredDistance(before, states[index]) > 0)
        _ = engine.keep(y)
      }
      return states.map(engine.download)
    }
    #expect(through(group) == through(one))
    #expect(group.failure == nil)
  }

  @Test("each GPU adds up its own tokens' Gram matrix; a sum that is shared is not added to")
  func gram() throws {
    let group = try pair()
    let chunks = (0..<5).map { Matrix<Float>.brains(9, 20, seed: 20 + UInt64($0)) }
    var counts = 0
    var early = Matrix<Float>(rows: 0, columns: 0)
    let error = distance(group, cpu) { engine in
      var h = engine.zeros(rows: 20, columns: 20)
      for (index, chunk) in chunks.enumerated() {
        if index == 3 {
          let before = h
          counts += engine.accumulateGram(engine.keep(engine.upload(chunk)), into: &h).value
          early = engine.download(before)
        } else {
          counts += engine.accumulateGram(engine.keep(engine.upload(chunk)), into: &h).value
        }
      }
      engine.scale(&h, by: 0.5)
      engine.mirrorUpper(&h)
      return h
    }
    #expect(error < 1e-6)
    #expect(counts == 2 * 45)
    var expected = cpu.zeros(rows: 20, columns: 20)
    for chunk in chunks[0..<3] { _ = cpu.accumulateGram(cpu.upload(chunk), into: &expected) }
    #expect(early.relativeDistance(to: cpu.download(expected)) < 1e-6)
  }

  @Test("rows are gathered from wherever they are, and statistics taken of them")
  func gathered() throws {
    let group = try pair()
    let chunks = (0..<3).map { Matrix<Float>.gaussian(4, 6, seed: 30 + UInt64($0)) }
    func gather(_ engine: any Engine) -> EngineBuffer {
      let states = chunks.map { engine.keep(engine.upload($0)) }
      return engine.gatherRows([(states[0], [3, 1]), (states[1], [0]), (states[2], [2, 2])])
    }
    #expect(group.download(gather(group)) == cpu.download(gather(cpu)))
    func statistics(_ engine: any Engine) -> [Double] {
      let logits = gather(engine)
      var kept = engine.makeTokenStatistics(targets: [0, 1, 2, 3, 4])
      engine.accumulate(base: logits, trial: logits, firstToken: 0, into: &kept)
      return engine.tokenStatistics(kept).map(\.base.logSumExp)
    }
    for (mine, expected) in zip(statistics(group), statistics(cpu)) {
      #expect(abs(mine - expected) < 1e-6)
    }
  }

  @Test("a linear is solved on the first GPU, with the codes that one GPU finds")
  func solved() throws {
    let weight = Matrix<Float>.gaussian(10, 64, seed: 40)
    let h = Matrix<Float>.hessian(64, seed: 41)
    let diagonal = h.diagonal.map { Double($0) + 0.01 }
    func codes(_ engine: any Engine) throws -> Matrix<UInt8> {
      let factor = try engine.inverseFactor(
        engine.upload(h), order: Array(0..<64), diagonal: diagonal, precision: .float32)
      let columns = engine.gptqColumns(
        engine.upload(weight), order: Array(0..<64), factor: factor, correction: nil,
        grid: QuantizationGrid(bits: 4, sym: false, scalesDtype: .f16),
        groups: .runs(size: 32, fresh: false), blockSize: 128)
      let down = engine.download(columns.kept)
      #expect(
        engine.squaredDistance(engine.dequantize(columns.kept), engine.upload(weight)) > 0)
      return down.codes
    }
    #expect(try codes(pair()) == codes(try hostEngine()))
  }
}
