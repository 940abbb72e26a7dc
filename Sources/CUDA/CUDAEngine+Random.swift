import Compute

extension CUDAEngine {
  /// A matrix of random weights, made on the GPU in BF16: rowScales[r] · columnScales[c] · (u + v + w −
  /// 1.5) with u, v and w even between 0 and 1, row r being what `SplitMix64(seed + r·step)` gives, 16
  /// bits of a number each.
  public func randomWeights(
    seed: UInt64, step: UInt64, rowScales: [Float], columnScales: [Float]
  ) -> EngineBuffer {
    let matrix = DeviceMatrix(brains: rowScales.count, columnScales.count, on: device)
    device.launch(
      Kernel("random", "random_weights"), grid: (matrix.rows, 1),
      [
        .pointer(matrix.brainPointer), .memory(device.upload(rowScales)),
        .memory(device.upload(columnScales)), .long(Int64(bitPattern: seed)),
        .long(Int64(bitPattern: step)), .int(matrix.columns),
      ])
    return wrap(matrix)
  }
}
