import Basics
import Compute
import Foundation
import Tensor

/// A CUDA engine held against the CPU's, operation by operation, on random inputs of odd shapes: what
/// `tenbin doctor` runs, so that a wrong driver, library or card is found before a study is.
public struct SelfCheck: Sendable {
  /// One operation and how far the engines are apart.
  public struct Outcome: Sendable {
    /// The operation.
    public let name: String
    /// ‖CUDA − CPU‖/‖CPU‖, or the share of codes that differ.
    public let error: Double
    /// What it may be.
    public let allowed: Double
    /// Whether it holds; NaN does not.
    public var holds: Bool { error <= allowed }

    /// An outcome as it was measured.
    public init(name: String, error: Double, allowed: Double) {
      (self.name, self.error, self.allowed) = (name, error, allowed)
    }
  }

  /// Refuses a device whose `outcomes` do not all hold; `device` is what errors call it.
  public static func verify(_ outcomes: [Outcome], device: String) throws(InputError) {
    let different = outcomes.filter { !$0.holds }.map(\.name)
    guard !different.isEmpty else { return }
    throw InputError(
      .failed, asked: "hold \(device) against the CPU",
      found: "these operations differ: \(different.joined(separator: ", "))",
      hint: "update the NVIDIA driver and the CUDA libraries; until then use --device cpu")
  }

  private let cuda: CUDAEngine
  private let cpu: CPUEngine

  // Both engines are given sides that are BF16 already, so that only the order of sums differs.
  private static let float32 = 1e-5
  // What is made in BF16: half a unit in the 8th bit.
  private static let brain = 4e-3

  /// Checks `cuda` against `cpu`.
  public init(_ cuda: CUDAEngine, against cpu: CPUEngine) {
    self.cuda = cuda
    self.cpu = cpu
  }

  /// Runs all checks.
  public func run() -> [Outcome] {
    decoder() + [gram(), factor(.float32), factor(.float64)]
      + [codes(.float32), codes(.float64), trace(), tokens(), repeated()]
  }

  private func decoder() -> [Outcome] {
    let (x, w) = (noise(67, 130, 1), noise(91, 130, 2))
    let normWeight = noise(1, 130, 3)
    let (q, k, v) = (noise(300, 4 * 32, 4), noise(300, 2 * 32, 5), noise(300, 2 * 32, 6))
    let shape = AttentionShape(heads: 4, keyValueHeads: 2, headDimension: 32, slidingWindow: 90)
    return [
      outcome("linear", Self.float32) {
        $0.linear($0.upload(x), weight: $0.upload(w), rows: 3..<90, bias: nil)
      },
      outcome("norm", Self.brain) {
        $0.rmsNorm($0.upload(x), weight: $0.upload(normWeight), epsilon: 1e-5)
      },
      outcome("rotation", Self.float32) { engine in
        let frequencies = (0..<16).map { pow(10_000, -Double($0) / 16) }
        var rotated = engine.upload(q)
        engine.rotate(
          &rotated, [TokenRun(rows: 0..<200), TokenRun(rows: 200..<290, firstPosition: 7)],
          headDimension: 32,
          table: RotaryTable(frequencies: frequencies, positions: 200, engine: engine))
        return rotated
      },
      outcome("gated activation", Self.brain) {
        $0.gatedActivation(.silu, gate: $0.upload(k), up: $0.upload(v))
      },
      outcome("attention", 1.5 * Self.brain) {
        $0.attention(
          q: $0.upload(q), k: $0.upload(k), v: $0.upload(v), shape: shape, sinks: nil,
          windows: [AttentionWindow(0..<170), AttentionWindow(170..<300)])
      },
    ]
  }

  private func gram() -> Outcome {
    let x = noise(333, 150, 7)
    return outcome("Gram matrix", Self.float32) {
      var h = $0.zeros(rows: 150, columns: 150)
      _ = $0.accumulateGram($0.upload(x), into: &h)
      $0.mirrorUpper(&h)
      return h
    }
  }

  /// U is compared with the CPU's in Double, of the same H.
  private func factor(_ precision: Precision) -> Outcome {
    let h = hessian(257)
    func factor(_ engine: any Engine, _ precision: Precision) -> EngineBuffer? {
      try? engine.inverseFactor(
        engine.upload(h), order: Array((0..<257).reversed()), diagonal: damped(h).reversed(),
        precision: precision)
    }
    guard let got = factor(cuda, precision), let expected = factor(cpu, .float64) else {
      return Outcome(name: "inverse factor in \(precision)", error: .nan, allowed: 0)
    }
    return Outcome(
      name: "inverse factor in \(precision)",
      error: distance(cuda.download(got), cpu.download(expected)),
      allowed: precision == .float64 ? 1e-6 : 1e-4)
  }

  /// Products over blocks are summed in another order, so a weight on the edge between two codes may
  /// fall to the other side, and take others with it.
  private func codes(_ precision: Precision) -> Outcome {
    let (weight, h) = (noise(75, 257, 8), hessian(257))
    let name = "codes in \(precision)"
    let order = Array((0..<257).reversed())
    func codes(_ engine: any Engine) -> [UInt8]? {
      let factor = try? engine.inverseFactor(
        engine.upload(h), order: order, diagonal: damped(h).reversed(), precision: precision)
      guard let factor else { return nil }
      let columns = engine.gptqColumns(
        engine.upload(weight), order: order, factor: factor, correction: nil,
        grid: QuantizationGrid(bits: 4, sym: false, scalesDtype: .f16),
        groups: .runs(size: 64, fresh: false), blockSize: 128)
      return engine.download(columns.kept).codes.elements
    }
    guard let got = codes(cuda), let expected = codes(cpu) else {
      return Outcome(name: name, error: .nan, allowed: 0)
    }
    let different = zip(got, expected).count { $0 != $1 }
    return Outcome(name: name, error: Double(different) / Double(got.count), allowed: 0.01)
  }

  private func trace() -> Outcome {
    let (a, h) = (noise(33, 257, 9), hessian(257))
    let got = cuda.traceProduct(cuda.upload(a), hessian: cuda.upload(h))
    let expected = cpu.traceProduct(cpu.upload(a), hessian: cpu.upload(h))
    return Outcome(
      name: "trace of a product", error: abs(got / expected - 1), allowed: Self.float32)
  }

  private func tokens() -> Outcome {
    let (base, trial) = (noise(40, 1000, 10), noise(40, 1000, 11))
    func numbers(_ engine: any Engine) -> Matrix<Float> {
      var statistics = engine.makeTokenStatistics(targets: (0..<40).map { Int32($0 * 25) })
      for first in [0, 600] {
        let columns = Array(first..<min(first + 600, 1000))
        engine.accumulate(
          base: engine.upload(base.selectingColumns(columns)),
          trial: engine.upload(trial.selectingColumns(columns)), firstToken: first,
          into: &statistics)
      }
      let tokens = engine.tokenStatistics(statistics)
      let elements = tokens.flatMap { [$0.nll, $0.baseNLL, $0.kld] }.map { Float($0) }
      return Matrix(rows: 40, columns: 3, elements: elements)
    }
    return Outcome(
      name: "token statistics", error: distance(numbers(cuda), numbers(cpu)),
      allowed: Self.float32)
  }

  /// The same product and sum twice: the same bits.
  private func repeated() -> Outcome {
    let (x, w) = (cuda.upload(noise(512, 512, 12)), cuda.upload(noise(512, 512, 13)))
    let products = (0..<2).map { _ in
      cuda.download(cuda.linear(x, weight: w, rows: 0..<512, bias: nil))
    }
    let isSame = products[0] == products[1] && cuda.dot(x, w) == cuda.dot(x, w)
    return Outcome(name: "same bits twice", error: isSame ? 0 : 1, allowed: 0)
  }

  private func outcome(
    _ name: String, _ allowed: Double, _ body: (any Engine) -> EngineBuffer
  ) -> Outcome {
    Outcome(
      name: name, error: distance(cuda.download(body(cuda)), cpu.download(body(cpu))),
      allowed: allowed)
  }

  private func distance(_ a: Matrix<Float>, _ b: Matrix<Float>) -> Double {
    (a.squaredDistance(to: b) / b.squaredNorm).squareRoot()
  }

  /// A Hessian of inputs that lean on each other.
  private func hessian(_ n: Int) -> Matrix<Float> {
    var x = noise(2 * n, n, 14)
    for row in 0..<x.rows {
      for column in 1..<n { x[row, column] += 0.8 * x[row, column - 1] }
    }
    let kept = cpu.upload(x)
    return cpu.download(cpu.multiply(kept, transposingA: true, kept, transposingB: false))
  }

  private func damped(_ h: Matrix<Float>) -> [Double] {
    let mean = h.diagonal.reduce(0) { $0 + Double($1) } / Double(h.rows)
    return h.diagonal.map { Double($0) + 0.01 * mean }
  }

  /// Noise in BF16.
  private func noise(_ rows: Int, _ columns: Int, _ seed: UInt64) -> Matrix<Float> {
    Matrix<Float>(noise: rows, columns, seed: seed).map {
      Float(bfloat16Bits: $0.bfloat16Bits)
    }
  }
}

extension Matrix<Float> {
  /// Even noise within ±√3, so that its variance is 1.
  init(noise rows: Int, _ columns: Int, seed: UInt64) {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    let elements = (0..<rows * columns).map { _ in
      // Marsaglia's xorshift64*.
      state ^= state >> 12
      state ^= state << 25
      state ^= state >> 27
      let bits = (state &* 0x2545_F491_4F6C_DD1D) >> 40
      return (Float(bits) / Float(1 << 23) - 1) * 1.732_050_8
    }
    self.init(rows: rows, columns: columns, elements: elements)
  }
}
