import Basics
import Model
import Synchronization
import Tensor

/// Random weights that are made once, so that making them is not measured.
final class HeldWeights: WeightSource {
  private let source: RandomWeights
  private let made = Mutex<[String: Matrix<Float>]>([:])

  init(_ source: RandomWeights) {
    self.source = source
  }

  func contains(_ name: String) -> Bool { source.contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try source.shape(of: name) }

  func vector(_ name: String) throws(InputError) -> [Float] { try source.vector(name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    if let known = made.withLock({ $0[name] }) { return known.rows(in: rows) }
    let matrix = try source.matrix(name, rows: 0..<source.shape(of: name)[0])
    made.withLock { $0[name] = matrix }
    return matrix.rows(in: rows)
  }
}
