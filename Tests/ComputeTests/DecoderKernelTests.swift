import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Decoder kernels against plain loops in Double")
struct DecoderKernelTests {
  let engine = CPUEngine()
  /// Float32 sums of a few hundred terms.
  static let tolerance = 2e-5

  @Test("RMSNorm, of whole rows and of each head", arguments: [40, 8])
  func rmsNorm(width: Int) {
    let x = Matrix<Float>.gaussian(9, 40, seed: 1)
    let normWeight = Array(Matrix<Float>.gaussian(1, width, seed: 2).elements)
    let y = engine.download(
      engine.rmsNorm(engine.upload(x), weight: engine.upload(vector: normWeight), epsilon: 1e-5))
    for row in 0..<9 {
      for column in 0..<40 {
        let start = column / width * width
        let mean = (start..<start + width).reduce(0.0) { $0 + pow(Double(x[row, $1]), 2) }
        let expected =
          Double(x[row, column]) / (mean / Double(width) + 1e-5).squareRoot()
          * Double(normWeight[column - start])
        #expect(abs(Double(y[row, column]) - expected) < Self.tolerance)
      }
    }
  }

  @Test("silu(gate)·up, far from zero too")
  func silu() {
    let gate = Matrix<Float>(rows: 1, columns: 5, elements: [-100, -1, 0, 1, 100])
    let up = Matrix<Float>(rows: 1, columns: 5, repeating: 2)
    let y = gated(.silu, gate, up)
    for column in 0..<5 {
      let g = Double(gate[0, column])
      #expect(abs(Double(y[0, column]) - 2 * g / (1 + exp(-g))) < Self.tolerance * max(1, abs(g)))
    }
  }

  @Test("GELU in its tanh form, far from zero too")
  func gelu() {
    let gate = Matrix<Float>(rows: 1, columns: 7, elements: [-100, -3, -0.1, 0, 0.1, 1, 100])
    let up = Matrix<Float>(rows: 1, columns: 7, repeating: 2)
    let y = gated(.geluTanh, gate, up)
    for column in 0..<7 {
      let g = Double(gate[0, column])
      let expected = g * (1 + tanh((2 / Double.pi).squareRoot() * (g + 0.044715 * g * g * g)))
      #expect(abs(Double(y[0, column]) - expected) < Self.tolerance * max(0.1, abs(g)))
    }
  }

  @Test("a soft cap is c·tanh(x/c), small numbers and large ones")
  func softCap() {
    let original = Matrix<Float>(
      rows: 2, columns: 4, elements: [-1e4, -31, -1, -1e-3, 0, 4, 5, 700])
    var x = engine.upload(original)
    engine.softCap(&x, limit: 30)
    for (value, before) in zip(engine.download(x).elements, original.elements) {
      let expected = 30 * tanh(Double(before) / 30)
      #expect(abs(Double(value) - expected) < 2e-6 * max(1e-3, abs(expected)))
    }
  }

  @Test("rotation of the first part of each head leaves the rest, and rows outside the runs, alone")
  func partialRotation() {
    let table = RotaryTable(frequencies: [0.7], positions: 9, engine: engine)
    var rotated = engine.upload(Matrix<Float>(rows: 3, columns: 8, repeating: 1))
    let copy = rotated
    engine.rotate(
      &rotated, [TokenRun(rows: 1..<3, firstPosition: 7)], headDimension: 4, table: table)
    let x = engine.download(rotated)
    #expect(engine.download(copy).elements.allSatisfy { $0 == 1 }, "a copy is a value")
    #expect(x.row(0).allSatisfy { $0 == 1 })
    for (row, position) in [(1, 7.0), (2, 8.0)] {
      let (c, s) = (cos(0.7 * position), sin(0.7 * position))
      for (value, expected) in zip(x.row(row), [c - s, c + s, 1, 1, c - s, c + s, 1, 1]) {
        #expect(abs(Double(value) - expected) < Self.tolerance)
      }
    }
  }

  @Test("rotation keeps lengths and turns by position times frequency")
  func rotate() {
    let table = RotaryTable(frequencies: [1, 0.1], positions: 8, engine: engine)
    var rotated = engine.upload(
      Matrix<Float>(rows: 1, columns: 8, elements: [1, 0, 0, 2, 0, 3, 4, 0]))
    engine.rotate(
      &rotated, [TokenRun(rows: 0..<1, firstPosition: 5)], headDimension: 4, table: table)
    let expected: [Double] = [
      cos(5), -2 * sin(0.5), sin(5), 2 * cos(0.5),
      -4 * sin(5), 3 * cos(0.5), 4 * cos(5), 3 * sin(0.5),
    ]
    for (value, expected) in zip(engine.download(rotated).elements, expected) {
      #expect(abs(Double(value) - expected) < Self.tolerance)
    }
  }

  @Test("queries behind kept keys see what they see among all", arguments: [nil, 5] as [Int?])
  func keptKeys(slidingWindow: Int?) {
    let shape = AttentionShape(
      heads: 4, keyValueHeads: 2, headDimension: 6, slidingWindow: slidingWindow)
    let q = Matrix<Float>.gaussian(300, 24, seed: 1)
    let k = Matrix<Float>.gaussian(300, 12, seed: 2)
    let v = Matrix<Float>.gaussian(300, 12, seed: 3)
    let whole = attention(
      q: q, k: k, v: v, shape: shape, windows: [AttentionWindow(0..<300)])
    let late = attention(
      q: q.rows(in: 290..<300), k: k, v: v, shape: shape,
      windows: [AttentionWindow(queries: 0..<10, keys: 0..<300, firstPosition: 290)])
    for (a, b) in zip(late.elements, whole.rows(in: 290..<300).elements) {
      #expect(abs(a - b) < 1e-5)
    }
  }

  @Test("gpt_oss's clamped gate")
  func clampedSwiGLU() {
    let gate = Matrix<Float>(rows: 1, columns: 5, elements: [-9, -1, 0.5, 6, 9])
    let up = Matrix<Float>(rows: 1, columns: 5, elements: [1, -9, 9, 0, 2])
    let y = gated(.clampedSwiGLU(alpha: 1.702, limit: 7), gate, up)
    for column in 0..<5 {
      let g = min(Double(gate[0, column]), 7)
      let u = min(max(Double(up[0, column]), -7), 7)
      #expect(abs(Double(y[0, column]) - (u + 1) * g / (1 + exp(-1.702 * g))) < Self.tolerance)
    }
  }

  @Test("a sink takes its share of each head's softmax")
  func sinks() {
    let shape = AttentionShape(heads: 2, keyValueHeads: 1, headDimension: 2)
    let q = Matrix<Float>.gaussian(5, 4, seed: 1)
    let k = Matrix<Float>.gaussian(5, 2, seed: 2)
    let v = Matrix<Float>.gaussian(5, 2, seed: 3)
    let sinks: [Float] = [0.7, -3]
    let y = attention(
      q: q, k: k, v: v, shape: shape, sinks: sinks, windows: [AttentionWindow(0..<5)])
    for row in 0..<5 {
      for head in 0..<2 {
        let scores = (0...row).map { key in
          exp(
            (0..<2).reduce(0.0) { $0 + Double(q[row, head * 2 + $1] * k[key, $1]) }
              / 2.0.squareRoot())
        }
        let sum = scores.reduce(exp(Double(sinks[head])), +)
        for d in 0..<2 {
          let expected = (0...row).reduce(0.0) { $0 + Double(v[$1, d]) * scores[$1] / sum }
          #expect(abs(Double(y[row, head * 2 + d]) - expected) < Self.tolerance)
        }
      }
    }
  }

  @Test("capped scores are c·tanh(s/c) before the softmax")
  func cappedAttention() {
    var shape = AttentionShape(heads: 1, keyValueHeads: 1, headDimension: 2)
    (shape.scale, shape.softCap) = (3, 2)
    let q = Matrix<Float>.gaussian(5, 2, seed: 1)
    let k = Matrix<Float>.gaussian(5, 2, seed: 2)
    let v = Matrix<Float>.gaussian(5, 2, seed: 3)
    let y = attention(q: q, k: k, v: v, shape: shape, windows: [AttentionWindow(0..<5)])
    for row in 0..<5 {
      let scores = (0...row).map { key in
        exp(2 * tanh(3 * (0..<2).reduce(0.0) { $0 + Double(q[row, $1] * k[key, $1]) } / 2))
      }
      for d in 0..<2 {
        let expected = (0...row).reduce(0.0) {
          $0 + Double(v[$1, d]) * scores[$1] / scores.reduce(0, +)
        }
        #expect(abs(Double(y[row, d]) - expected) < Self.tolerance)
      }
    }
  }

  @Test(
    "causal grouped attention in windows longer and shorter than a query block",
    arguments: [nil, 5, 150] as [Int?])
  func attention(slidingWindow: Int?) {
    let shape = AttentionShape(
      heads: 4, keyValueHeads: 2, headDimension: 6, slidingWindow: slidingWindow)
    let windows = [0..<200, 200..<203, 203..<310]
    let q = Matrix<Float>.gaussian(310, 24, seed: 1)
    let k = Matrix<Float>.gaussian(310, 12, seed: 2)
    let v = Matrix<Float>.gaussian(310, 12, seed: 3)
    let y = attention(
      q: q, k: k, v: v, shape: shape, windows: windows.map { AttentionWindow($0) })
    for window in windows {
      for row in window {
        for head in 0..<4 {
          let kv = head / 2 * 6
          let first = max(window.lowerBound, slidingWindow.map { row - $0 + 1 } ?? 0)
          let scores = (first...row).map { key in
            exp(
              (0..<6).reduce(0.0) { $0 + Double(q[row, head * 6 + $1]) * Double(k[key, kv + $1]) }
                / 6.0.squareRoot())
          }
          let sum = scores.reduce(0, +)
          for d in 0..<6 {
            let expected = zip(first...row, scores).reduce(0.0) {
              $0 + Double(v[$1.0, kv + d]) * $1.1 / sum
            }
            #expect(abs(Double(y[row, head * 6 + d]) - expected) < Self.tolerance)
          }
        }
      }
    }
  }
}

extension DecoderKernelTests {
  private func gated(
    _ activation: Activation, _ gate: Matrix<Float>, _ up: Matrix<Float>
  ) -> Matrix<Float> {
    engine.download(
      engine.gatedActivation(activation, gate: engine.upload(gate), up: engine.upload(up)))
  }

  private func attention(
    q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>, shape: AttentionShape,
    sinks: [Float]? = nil, windows: [AttentionWindow]
  ) -> Matrix<Float> {
    engine.download(
      engine.attention(
        q: engine.upload(q), k: engine.upload(k), v: engine.upload(v), shape: shape,
        sinks: sinks.map { engine.upload(vector: $0) }, windows: windows))
  }
}

@Suite("Token statistics, tile by tile, against the definitions")
struct TokenStatisticsTests {
  let engine = CPUEngine()

  @Test("any tiling gives the same nll, divergence and top", arguments: [1000, 64, 7])
  func tiles(tile: Int) {
    let base = Matrix<Float>.gaussian(40, 1000, seed: 1).map { $0 * 4 }
    let noise = Matrix<Float>.gaussian(40, 1000, seed: 2)
    var trial = base
    for index in trial.elements.indices { trial.elements[index] += 0.5 * noise.elements[index] }
    let targets = (0..<40).map { Int32($0 * 25) }
    var running = engine.makeTokenStatistics(targets: targets)
    for first in stride(from: 0, to: 1000, by: tile) {
      let columns = Array(first..<min(1000, first + tile))
      engine.accumulate(
        base: engine.upload(base.selectingColumns(columns)),
        trial: engine.upload(trial.selectingColumns(columns)), firstToken: first, into: &running)
    }
    let statistics = engine.tokenStatistics(running)
    for row in 0..<40 {
      let (p, q) = (logSoftmax(base.row(row)), logSoftmax(trial.row(row)))
      let target = Int(targets[row])
      let kld = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
      let top = { (x: [Double]) in x.indices.max { x[$0] < x[$1] } }
      #expect(abs(statistics[row].nll + q[target]) < 1e-5)
      #expect(abs(statistics[row].baseNLL + p[target]) < 1e-5)
      #expect(abs(statistics[row].kld - kld) < 1e-5)
      #expect(statistics[row].sameTop == (top(p) == top(q)))
      #expect(
        abs(statistics[row].deltaProbability - (exp(q[target]) - exp(p[target]))) < 1e-5)
    }
  }

  @Test("a model against itself: no divergence; uniform logits: the vocabulary's size")
  func identities() {
    let logits = engine.upload(Matrix<Float>(rows: 2, columns: 300, repeating: 3))
    var statistics = engine.makeTokenStatistics(targets: [0, 299])
    engine.accumulate(base: logits, trial: logits, firstToken: 0, into: &statistics)
    for token in engine.tokenStatistics(statistics) {
      #expect(abs(token.kld) < 1e-9)
      #expect(token.sameTop)
      #expect(abs(exp(token.nll) - 300) < 1e-3)
    }
  }

  private func logSoftmax(_ row: ArraySlice<Float>) -> [Double] {
    let maximum = row.map(Double.init).max() ?? 0
    let lse = maximum + log(row.reduce(0) { $0 + exp(Double($1) - maximum) })
    return row.map { Double($0) - lse }
  }
}
