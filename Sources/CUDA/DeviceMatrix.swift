import Tensor

/// A row-major matrix in a GPU's memory.
///
/// One of float32 is kept in float32, in BF16, or in both: products read BF16, and what only products
/// read (a norm's or an activation's result) is made in BF16 and never anything else. Operations that
/// say so change it in place.
final class DeviceMatrix: @unchecked Sendable {
  /// What its elements are.
  enum Element: Sendable {
    case float32
    case float64
    case code
    case int32

    var bytes: Int {
      switch self {
      case .float32, .int32: 4
      case .float64: 8
      case .code: 1
      }
    }
  }

  /// The number of rows.
  let rows: Int
  /// The number of columns.
  let columns: Int
  /// What its elements are.
  let element: Element
  let device: CUDADevice
  private var main: DeviceMemory?
  private var brains: DeviceMemory?
  private var pending: PendingRows?
  private var away: PinnedMemory?
  /// When it has been moved away.
  private var left: DeviceEvent?
  private var isAwayInBrains = false
  /// Whether all of its numbers are BF16: a weight as its file stores it.
  private(set) var isExactInBrains = false

  /// When it is there, where it is on its way up and the stream that computes has not waited for it.
  private var arrival: DeviceEvent?
  /// Where it comes from, which nobody may write to before.
  private var source: PinnedMemory?

  /// When it was made, for who reads it on another stream while this one works on; nil where nobody
  /// does.
  var ready: DeviceEvent?

  /// A matrix with whatever stands in its memory.
  init(_ rows: Int, _ columns: Int, _ element: Element = .float32, on device: CUDADevice) {
    self.rows = rows
    self.columns = columns
    self.element = element
    self.device = device
    main = DeviceMemory(bytes: rows * columns * element.bytes, on: device)
  }

  /// A float32 matrix kept in BF16, with whatever stands in its memory.
  init(brains rows: Int, _ columns: Int, on device: CUDADevice) {
    self.rows = rows
    self.columns = columns
    self.device = device
    element = .float32
    brains = DeviceMemory(bytes: rows * columns * 2, on: device)
    isExactInBrains = true
  }

  /// A matrix that is on its way into `memory`, and there at `arrival`.
  init(
    _ rows: Int, _ columns: Int, _ element: Element = .float32, arriving memory: DeviceMemory,
    inBrains: Bool = false, at arrival: DeviceEvent, on device: CUDADevice
  ) {
    self.rows = rows
    self.columns = columns
    self.element = element
    self.device = device
    self.arrival = arrival
    if inBrains { brains = memory } else { main = memory }
    isExactInBrains = inBrains
  }

  deinit {
    // Its memory is let go on the stream that computes.
    arrival?.hold(device.stream)
  }

  /// Where its numbers are as they are stored, and whether they are still on their way there.
  var stored: (kind: String, pointer: DevicePointer, arrival: DeviceEvent?) {
    device.perform {
      if arrival == nil { finishPending() }
      guard let memory = main ?? brains else { return ("f32", .none, nil) }
      return (main == nil ? "bf16" : "f32", DevicePointer(memory), arrival)
    }
  }

  /// The number of elements.
  var count: Int { rows * columns }

  /// Where its elements are, in their own type.
  var pointer: DevicePointer {
    device.perform {
      finishPending()
      if let main { return DevicePointer(main) }
      guard let brains else { return .none }
      let made = DeviceMemory(bytes: count * 4, on: device)
      main = made
      device.launch(
        Kernel("elements", "brains_to_floats"), grid: (device.blocks(for: count), 1),
        [.memory(brains), .memory(made), .long(count)])
      return DevicePointer(made)
    }
  }

  /// Where its elements are in BF16, which is made on first use. Float32 only.
  var brainPointer: DevicePointer {
    device.perform {
      finishPending()
      if let brains { return DevicePointer(brains) }
      guard let main else { return .none }
      let made = DeviceMemory(bytes: count * 2, on: device)
      brains = made
      device.launch(
        Kernel("elements", "floats_to_brains"), grid: (device.blocks(for: count), 1),
        [.memory(main), .memory(made), .long(count)])
      return DevicePointer(made)
    }
  }

  /// Whether it is kept in BF16 alone.
  var isBrains: Bool { main == nil }

  /// Where its elements are, in their own type, for a change in place.
  var pointerToChange: DevicePointer {
    let pointer = pointer
    brains = nil
    isExactInBrains = false
    return pointer
  }

  /// Bytes that it takes.
  var bytes: Int { device.perform { (main ?? brains)?.bytes ?? away?.bytes ?? 0 } }

  /// Moves it to the host's memory until `bringBack`.
  func moveAway() {
    device.perform {
      finishPending()
      guard device.isWell, away == nil, let memory = main ?? brains, memory.bytes > 0 else {
        return
      }
      let (room, code) = device.pinned.take(memory.bytes)
      device.check(code, "taking \(memory.bytes) bytes of pinned host memory")
      guard let room else { return }
      device.check(
        device.timed("states", .down) {
          device.api.copy_down(room.pointer, memory.address, memory.bytes, device.stream)
        }, "a download")
      away = room
      left = DeviceEvent(on: device)
      isAwayInBrains = main == nil
      main = nil
      brains = nil
    }
  }

  /// Whether it is in the host's memory.
  var isAway: Bool { device.perform { away != nil } }

  /// Moves it back to the GPU's memory.
  func bringBack() {
    device.perform {
      takeUp(self)
      away = nil
    }
  }

  /// The same matrix in the GPU's memory, for one use; this one stays where it is.
  func broughtUp() -> DeviceMatrix {
    let matrix = DeviceMatrix(sharing: self)
    device.perform { takeUp(matrix) }
    return matrix
  }

  /// Sends up to `matrix` what is away of this one, beside what the device does meanwhile.
  private func takeUp(_ matrix: DeviceMatrix) {
    guard let room = away else { return }
    device.limitArrivals()
    let stream = device.uploads.stream
    let memory = DeviceMemory(bytes: room.bytes, on: device, from: stream)
    if device.isWell {
      left?.hold(stream)
      device.check(
        device.timed("states", .up, on: stream) {
          device.api.copy_up(memory.address, room.pointer, room.bytes, stream)
        }, "an upload")
    }
    if isAwayInBrains { matrix.brains = memory } else { matrix.main = memory }
    matrix.arrival = DeviceEvent(on: device, stream: stream)
    matrix.source = room
  }

  /// A second matrix with the same elements.
  func copy() -> DeviceMatrix {
    DeviceMatrix(copying: self)
  }

  /// The shape of `other`, and no memory.
  private init(sharing other: DeviceMatrix) {
    rows = other.rows
    columns = other.columns
    element = other.element
    device = other.device
  }

  private init(copying other: DeviceMatrix) {
    rows = other.rows
    columns = other.columns
    element = other.element
    device = other.device
    device.perform {
      other.finishPending()
      main = other.main.map(device.copy)
      brains = main == nil ? other.brains.map(device.copy) : nil
    }
  }

  /// Has the Gram matrix of `rows` rows of BF16, of this matrix's width, added once it is looked at,
  /// together with others that wait: products over few rows spend most of their time on H itself.
  /// `fill` writes them to the place it is given.
  func addGramLater(rows: Int, fill: (DevicePointer) -> Void) {
    device.perform {
      if let pending, pending.rows + rows > pending.capacity { finishPending() }
      if pending == nil {
        let capacity = max(rows, PendingRows.rows(columns: columns))
        pending = PendingRows(
          memory: DeviceMemory(bytes: capacity * columns * 2, on: device), capacity: capacity)
      }
      guard let pending else { return }
      fill(DevicePointer(pending.memory).advanced(by: pending.rows * columns * 2))
      self.pending?.rows += rows
      // As soon as as many more would not fit: the GPU is busy with it while the host goes on.
      if pending.rows + 2 * rows > pending.capacity { finishPending() }
    }
  }

  /// Has the stream that computes wait for what is on its way up, and adds what waits to be added.
  private func finishPending() {
    if let arrival {
      arrival.hold(device.stream)
      self.arrival = nil
      source = nil
    }
    guard let pending else { return }
    self.pending = nil
    device.addGram(
      of: DevicePointer(pending.memory), rows: pending.rows, to: pointerToChange, columns)
  }

  private struct PendingRows {
    /// Rows of one product: as many as make what it reads and writes of H small beside it.
    static func rows(columns: Int) -> Int { columns < 8192 ? 8192 : 32768 }
    let memory: DeviceMemory
    let capacity: Int
    var rows = 0
  }
}

extension CUDADevice {
  /// A matrix of Double.
  func upload(_ matrix: Matrix<Double>) -> DeviceMatrix {
    let result = DeviceMatrix(matrix.rows, matrix.columns, .float64, on: self)
    write(matrix.elements, to: result.pointer)
    return result
  }

  /// A matrix of codes.
  func upload(_ codes: Matrix<UInt8>) -> DeviceMatrix {
    let result = DeviceMatrix(codes.rows, codes.columns, .code, on: self)
    write(codes.elements, to: result.pointer)
    return result
  }

  /// A matrix of whole numbers.
  func upload(_ numbers: Matrix<Int32>) -> DeviceMatrix {
    let result = DeviceMatrix(numbers.rows, numbers.columns, .int32, on: self)
    write(numbers.elements, to: result.pointer)
    return result
  }

  /// A matrix of zeros.
  func zeros(rows: Int, columns: Int) -> DeviceMatrix {
    let result = DeviceMatrix(rows, columns, on: self)
    perform {
      guard isWell, result.count > 0 else { return }
      check(api.fill_bytes(result.pointer.address, 0, result.count * 4, stream), "filling memory")
    }
    return result
  }

  /// The elements of a float32 matrix; zeros after a failure.
  func download(_ matrix: DeviceMatrix) -> Matrix<Float> {
    Matrix(rows: matrix.rows, columns: matrix.columns, elements: read(matrix, zero: Float(0)))
  }

  /// The elements of a matrix of Double.
  func downloadDoubles(_ matrix: DeviceMatrix) -> Matrix<Double> {
    Matrix(rows: matrix.rows, columns: matrix.columns, elements: read(matrix, zero: 0.0))
  }

  /// The elements of a matrix of codes.
  func downloadCodes(_ matrix: DeviceMatrix) -> Matrix<UInt8> {
    Matrix(rows: matrix.rows, columns: matrix.columns, elements: read(matrix, zero: UInt8(0)))
  }

  /// The elements of a matrix of whole numbers.
  func downloadInts(_ matrix: DeviceMatrix) -> Matrix<Int32> {
    Matrix(rows: matrix.rows, columns: matrix.columns, elements: read(matrix, zero: Int32(0)))
  }

  /// Writes the elements of `matrix`, in their own type.
  func write<Element>(_ elements: [Element], to matrix: DeviceMatrix) {
    write(elements, to: matrix.pointer)
  }

  private func write<Element>(_ elements: [Element], to pointer: DevicePointer) {
    perform {
      guard isWell, !elements.isEmpty else { return }
      let code = elements.withUnsafeBytes { staging.up($0, to: pointer.address) }
      check(code, "an upload")
    }
  }

  private func read<Element: BitwiseCopyable>(
    _ matrix: DeviceMatrix, zero: Element
  ) -> [Element] {
    guard let ready = matrix.ready else {
      return read(matrix.pointer, count: matrix.count, zero: zero)
    }
    ready.hold(copies.stream)
    return read(matrix.pointer, count: matrix.count, zero: zero, through: copies)
  }
}
