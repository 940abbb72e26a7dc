import Compute
import Foundation

/// What stands behind a buffer of several GPUs: a matrix on one of them, and copies on others that have
/// read it; or a sum whose parts several have gathered.
final class SpreadStorage: EngineStorage, @unchecked Sendable {
  private let lock = NSLock()
  private var state: State

  /// The parts, and what they are.
  struct State {
    /// The GPU where work on the matrix is done.
    var home: Int
    /// By GPU: the matrix at home; elsewhere a copy, or where `isSum` a part of the sum.
    var parts: [EngineBuffer?]
    /// By GPU: a copy in BF16, which products read.
    var brains: [EngineBuffer?]
    /// Whether `parts` have to be added up.
    var isSum = false
    /// Whether it belongs to tokens that have found their GPU.
    var isPlaced: Bool

    /// The matrix at home, without copies elsewhere.
    init(_ matrix: EngineBuffer, home: Int, of count: Int, isPlaced: Bool) {
      self.home = home
      self.isPlaced = isPlaced
      parts = [EngineBuffer?](repeating: nil, count: count)
      brains = parts
      parts[home] = matrix
    }

    /// Forgets the copies that other GPUs have.
    mutating func dropCopies() {
      for gpu in parts.indices {
        brains[gpu] = nil
        if gpu != home { parts[gpu] = nil }
      }
    }
  }

  init(_ state: State) { self.state = state }

  /// Looks at the state, or changes it, with nobody else in it.
  func use<Value>(_ body: (inout State) -> Value) -> Value {
    lock.withLock { body(&state) }
  }
}
