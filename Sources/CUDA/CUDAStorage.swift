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

  /// The matrix, back in the GPU's memory if it was away.
  var matrix: DeviceMatrix? {
    whole?.bringBack()
    return whole
  }

  /// Has `keeper` count the matrix once; nil where there is none or it is counted already.
  func beginKeeping(by keeper: KeptMemory) -> DeviceMatrix? {
    guard self.keeper == nil, let whole else { return nil }
    self.keeper = keeper
    keptBytes = whole.bytes
    return whole
  }
}

/// The matrices that wait to be used again, and how many bytes of them may stay in the GPU's memory.
final class KeptMemory: @unchecked Sendable {
  private let device: CUDADevice
  private var budget: Int
  private var bytes = 0
  private(set) var movedBytes = 0

  /// Of the GPU's memory, what matrices that wait may have at most: the rest is for the work.
  private static let share = 0.6

  init(_ device: CUDADevice) {
    self.device = device
    budget = Self.limit(device)
  }

  func setBudget(_ bytes: Int) {
    device.perform { budget = min(bytes, Self.limit(device)) }
  }

  /// Counts a matrix among those that wait; beyond the budget it waits in the host's memory.
  func keep(_ storage: CUDAStorage) {
    device.perform {
      guard let matrix = storage.beginKeeping(by: self) else { return }
      bytes += matrix.bytes
      if bytes > budget {
        movedBytes += matrix.bytes
        matrix.moveAway()
      }
    }
  }

  func forget(bytes: Int) {
    device.perform { self.bytes -= bytes }
  }

  private static func limit(_ device: CUDADevice) -> Int {
    Int(share * Double(device.memory.total))
  }
}
