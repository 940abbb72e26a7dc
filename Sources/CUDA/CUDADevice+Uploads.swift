import Tensor

/// Matrices go up on a stream of their own, so that the next layer's come while this one is computed.
/// The stream that computes waits for one when it first reads it.
extension CUDADevice {
  /// A float32 matrix with the elements of `matrix`.
  func upload(_ matrix: Matrix<Float>) -> DeviceMatrix {
    let (memory, arrival) = sendUp(matrix.elements)
    return DeviceMatrix(matrix.rows, matrix.columns, arriving: memory, at: arrival, on: self)
  }

  /// A matrix as a file stores it: BF16 goes up, and stays, as it is.
  func upload(_ matrix: EncodedMatrix) -> DeviceMatrix {
    guard matrix.format == .bf16 else { return upload(matrix.decoded) }
    let (memory, arrival) = sendUp(matrix.bytes)
    return DeviceMatrix(
      matrix.rows, matrix.columns, arriving: memory, inBrains: true, at: arrival, on: self)
  }

  /// Lets the host be no more than some matrices ahead that come back from its memory: each of them takes
  /// room until the device is done with it.
  func limitArrivals() {
    if arrivals.count >= 4 { arrivals.removeFirst().wait() }
    arrivals.append(DeviceEvent(on: self))
  }

  /// Copies `elements` up; `arrival` is when they are there. Other threads may use the device meanwhile.
  private func sendUp<Element>(
    _ elements: [Element]
  ) -> (memory: DeviceMemory, arrival: DeviceEvent) {
    let memory = DeviceMemory(
      bytes: elements.count * MemoryLayout<Element>.stride, on: self, from: uploads.stream)
    if isReady, memory.address != 0 {
      let code = inContext { elements.withUnsafeBytes { uploads.up($0, to: memory.address) } }
      perform { _ = check(code, "an upload") }
    }
    return (memory, DeviceEvent(on: self, stream: uploads.stream))
  }

  /// How many numbers of x are NaN or infinity. One that is on its way up is looked at on the way.
  func nonFiniteCount(_ x: DeviceMatrix) -> Int {
    if x.count == 0 { return 0 }
    let (kind, pointer, arrival) = x.stored
    let stream = arrival == nil ? stream : uploads.stream
    arrival?.hold(stream)
    let partial = DeviceMemory(bytes: sumBlocks * 4, on: self, from: stream, until: stream)
    let total = DeviceMemory(bytes: 8, on: self, from: stream, until: stream)
    launch(
      Kernel("reductions", "count_non_finite_\(kind)"), grid: (sumBlocks, 1), on: stream,
      [.pointer(pointer), .memory(partial), .long(x.count)])
    launch(
      Kernel("reductions", "finish_count"), grid: (1, 1), on: stream,
      [.memory(partial), .memory(total), .long(sumBlocks)])
    let counts = read(
      DevicePointer(total), count: 1, zero: Int64(0), through: arrival == nil ? nil : uploads)
    return Int(counts[0])
  }
}
