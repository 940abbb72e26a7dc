import Basics
import Compute
import GPTQ
import Tensor

/// The engine of these tests.
let host = CPUEngine()

// The parts of the solver, for matrices of the host.

extension HessianAccumulator {
  init(features: Int) { self.init(features: features, engine: host) }

  mutating func accumulate(_ x: Matrix<Float>) { accumulate(host.upload(x)) }

  var matrix: Matrix<Float> { host.download(hessian()) }
}

extension InputShift {
  init(features: Int) { self.init(features: features, engine: host) }

  mutating func accumulate(_ x: Matrix<Float>, base: Matrix<Float>) {
    accumulate(host.upload(x), base: host.upload(base))
  }

  var hostMatrix: Matrix<Float> { host.download(matrix()) }
}

extension HessianFactors {
  init(_ hessian: Matrix<Float>, shift: Matrix<Float>? = nil) {
    self.init(host.upload(hessian), shift: shift.map(host.upload), engine: host)
  }
}

extension HessianNorm {
  init(_ hessian: Matrix<Float>) { self.init(host.upload(hessian), engine: host) }

  init(factoring hessian: Matrix<Float>) {
    self.init(factoring: host.upload(hessian), engine: host)
  }

  func squared(_ a: Matrix<Float>) -> Double { squared(host.upload(a)) }
}

extension ReconstructionMeter {
  init(weight: Matrix<Float>, norm: HessianNorm) throws(InputError) {
    try self.init(weight: host.upload(weight), norm: norm)
  }

  func error(of weight: Matrix<Float>) -> ReconstructionError { error(of: host.upload(weight)) }
}

/// op(A)·op(B).
func product(
  _ a: Matrix<Float>, _ b: Matrix<Float>, transposingA: Bool = false, transposingB: Bool = false
) -> Matrix<Float> {
  host.download(
    host.multiply(
      host.upload(a), transposingA: transposingA, host.upload(b), transposingB: transposingB))
}
