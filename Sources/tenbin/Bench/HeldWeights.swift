import Basics
import Compute
import Model
import Synchronization
import Tensor

/// Random weights that are made once, ahead of the clock, so that making them is not measured. A GPU makes
/// those of a linear where it needs them, in no time.
final class HeldWeights: WeightSource {
  private let source: RandomWeights
  private let made = Mutex<[String: Matrix<Float>]>([:])
  private let kept = Mutex<[String: EngineBuffer]>([:])

  init(_ source: RandomWeights) {
    self.source = source
  }

  /// Makes the weights of `names` where `engine` keeps them. Each is given away once.
  func make(_ names: [String], on engine: any Engine) throws(InputError) {
    for name in names {
      let buffer = try source.weight(name, rows: 0..<source.shape(of: name)[0], on: engine)
      kept.withLock { $0[name] = buffer }
    }
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

  func weight(
    _ name: String, rows: Range<Int>, on engine: any Engine
  ) throws(InputError) -> EngineBuffer {
    if let buffer = kept.withLock({ $0.removeValue(forKey: name) }), buffer.rows == rows.count {
      return buffer
    }
    if firstGPU(of: engine) != nil {
      return try source.weight(name, rows: rows, on: engine)
    }
    return engine.upload(try matrix(name, rows: rows))
  }
}
