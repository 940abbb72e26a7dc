import CCUDA
import CUDA
import CUDAHost
import Compute
import Tensor
import TestSupport

/// The engine on the CPU's device: the same operations, kernels and launches as on a GPU, without one.
func hostEngine() throws -> CUDAEngine {
  CUDAEngine(try CUDADevice(0, api: hostFunctions(), cache: nil))
}

/// The CPU's device as a table of the driver's functions.
func hostFunctions() -> tenbin_cuda_api {
  let room = UnsafeMutablePointer<tenbin_cuda_api>.allocate(capacity: 1)
  defer { room.deallocate() }
  tenbin_host_cuda(room)
  return room.pointee
}

/// How far two engines are apart in what `body` makes: ‖a − b‖/‖b‖.
func distance(
  _ a: any Engine, _ b: any Engine, _ body: (any Engine) throws -> EngineBuffer
) rethrows -> Double {
  try a.download(body(a)).relativeDistance(to: b.download(body(b)))
}

extension Matrix<Float> {
  /// Normal noise in BF16, as products take their sides: engines differ in the order of sums alone.
  static func brains(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
    Matrix.gaussian(rows, columns, seed: seed).map { Float(bfloat16Bits: $0.bfloat16Bits) }
  }

  /// ‖A − B‖/‖B‖.
  func relativeDistance(to other: Matrix) -> Double {
    (squaredDistance(to: other) / max(other.squaredNorm, 1e-300)).squareRoot()
  }

  /// A symmetric positive definite matrix (n, n): the Gram matrix of correlated inputs.
  static func hessian(_ n: Int, seed: UInt64) -> Matrix {
    var x = Matrix<Float>.gaussian(3 * n, n, seed: seed)
    for row in 0..<x.rows {
      for column in stride(from: 1, to: n, by: 1) { x[row, column] += 0.7 * x[row, column - 1] }
    }
    let engine = CPUEngine()
    let kept = engine.upload(x)
    var h = engine.download(
      engine.multiply(kept, transposingA: true, kept, transposingB: false))
    h = h.map { $0 / Float(x.rows) }
    for i in 0..<n {
      h[i, i] += 0.01
      for j in 0..<i { h[i, j] = h[j, i] }
    }
    return h
  }
}
