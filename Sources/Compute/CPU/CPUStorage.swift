import CKernels
import Tensor

/// What the CPU keeps of a buffer.
final class CPUStorage: EngineStorage, @unchecked Sendable {
  enum Contents {
    case floats(Matrix<Float>)
    /// float32 to whoever reads it, in the bytes of a file.
    case encoded(EncodedMatrix)
    /// A kept matrix, which may wait in a file.
    case waiting(StoredMatrix)
    case doubles(Matrix<Double>)
    case codes(Matrix<UInt8>)
    case int32s(Matrix<Int32>)
    case tokens([tenbin_token_state], targets: [Int32])
    /// Taken out to be changed.
    case nothing
  }

  var contents: Contents

  init(_ contents: Contents) {
    self.contents = contents
  }

  /// Takes the contents out, so that they can be changed without a copy.
  func take() -> Contents {
    defer { contents = .nothing }
    return contents
  }
}

/// Buffers of the CPU. Reading one copies nothing.
extension EngineBuffer {
  init(_ matrix: Matrix<Float>) {
    self.init(rows: matrix.rows, columns: matrix.columns, storage: CPUStorage(.floats(matrix)))
  }

  init(_ matrix: EncodedMatrix) {
    self.init(rows: matrix.rows, columns: matrix.columns, storage: CPUStorage(.encoded(matrix)))
  }

  init(_ matrix: Matrix<Double>) {
    self.init(
      rows: matrix.rows, columns: matrix.columns, element: .float64,
      storage: CPUStorage(.doubles(matrix)))
  }

  init(_ matrix: Matrix<UInt8>) {
    self.init(
      rows: matrix.rows, columns: matrix.columns, element: .code,
      storage: CPUStorage(.codes(matrix)))
  }

  init(_ matrix: Matrix<Int32>) {
    self.init(
      rows: matrix.rows, columns: matrix.columns, element: .int32,
      storage: CPUStorage(.int32s(matrix)))
  }

  var cpu: CPUStorage {
    guard let storage = storage as? CPUStorage else { preconditionFailure("a buffer of the CPU") }
    return storage
  }

  var floats: Matrix<Float> {
    switch cpu.contents {
    case .floats(let matrix): matrix
    case .encoded(let matrix): matrix.decoded
    case .waiting(let stored): stored.matrix
    default: preconditionFailure("a float32 buffer")
    }
  }

  var doubles: Matrix<Double> {
    guard case .doubles(let matrix) = cpu.contents else { preconditionFailure("a float64 buffer") }
    return matrix
  }

  var codes: Matrix<UInt8> {
    guard case .codes(let matrix) = cpu.contents else { preconditionFailure("a buffer of codes") }
    return matrix
  }

  var int32s: Matrix<Int32> {
    guard case .int32s(let matrix) = cpu.contents else { preconditionFailure("an int32 buffer") }
    return matrix
  }

  /// Changes the elements, in place where nobody else holds them.
  mutating func updateFloats(_ body: (inout Matrix<Float>) -> Void) {
    guard isUnique() else {
      var matrix = floats
      body(&matrix)
      self = EngineBuffer(matrix)
      return
    }
    let storage = cpu
    var matrix: Matrix<Float>
    switch storage.take() {
    case .floats(let floats): matrix = floats
    case .encoded(let encoded): matrix = encoded.decoded
    case .waiting(var stored): matrix = stored.take()
    default: preconditionFailure("a float32 buffer")
    }
    body(&matrix)
    storage.contents = .floats(matrix)
  }
}

extension GroupGrids {
  init(_ kept: KeptGrids) {
    self.init(scales: kept.scales.floats, zeros: kept.zeros.int32s)
  }
}

extension KeptGrids {
  init(_ grids: GroupGrids) {
    self.init(scales: EngineBuffer(grids.scales), zeros: EngineBuffer(grids.zeros))
  }
}
