import Compute

/// What stands behind a buffer of the CUDA engine: a matrix, in the GPU's memory or for a while in
/// the host's, or the statistics of tokens.
final class CUDAStorage: EngineStorage, @unchecked Sendable {
  let tokens: DeviceTokens?
  private let whole: DeviceMatrix?
  private var keeper: KeptMemory?
  private var keptBytes = 0

  init(_ matrix: DeviceMatrix) {
    whole = matrix
    tokens = nil
  }

  init(_ tokens: DeviceTokens) {
    whole = nil
    self.tokens = tokens
  }

  deinit { keeper?.forget(bytes: keptBytes) }

  /// The matrix in the GPU's memory, to be read. One that is away stays there: what comes up goes again
  /// after use.
  var matrix: DeviceMatrix? {
    guard let whole, whole.isAway else { return whole }
    return whole.broughtUp()
  }

  /// The matrix in the GPU's memory, to be changed. One that was away stays there until it is kept again.
  var matrixToChange: DeviceMatrix? {
    guard let whole, whole.isAway else { return whole }
    whole.bringBack()
    return whole
  }

  /// The matrix, if it is in the GPU's memory and not counted by a keeper yet.
  var uncounted: DeviceMatrix? {
    keeper == nil && whole?.isAway == false ? whole : nil
  }

  /// Has `keeper` count the matrix until it is let go.
  func count(by keeper: KeptMemory, bytes: Int) {
    self.keeper = keeper
    keptBytes = bytes
  }
}

/// The matrices that wait to be used again, and how many bytes of them may stay in the GPU's memory.
final class KeptMemory: @unchecked Sendable {
  private let device: CUDADevice
  private var budget: Int
  private var bytes = 0
  private(set) var movedBytes = 0

  /// Of the GPU's memory, what matrices that wait may have where nobody has said: the rest is for the
  /// work.
  private static let share = 0.6

  init(_ device: CUDADevice) {
    self.device = device
    budget = Self.limit(device)
  }

  /// `bytes` of the GPU's memory; `.max` is the usual share of it.
  func setBudget(_ bytes: Int) {
    device.perform { budget = bytes == .max ? Self.limit(device) : bytes }
  }

  /// Counts a matrix among those that wait in the GPU's memory; beyond the budget it waits in the
  /// host's.
  func keep(_ storage: CUDAStorage) {
    device.perform {
      guard let matrix = storage.uncounted else { return }
      let more = matrix.bytes
      if bytes + more > budget {
        movedBytes += more
        matrix.moveAway()
      } else {
        bytes += more
        storage.count(by: self, bytes: more)
      }
    }
  }

  /// Whether `more` bytes fit into the budget.
  func hasRoom(for more: Int) -> Bool {
    device.perform { bytes + more <= budget }
  }

  func forget(bytes: Int) {
    device.perform { self.bytes -= bytes }
  }

  private static func limit(_ device: CUDADevice) -> Int {
    Int(share * Double(device.memory.total))
  }
}
