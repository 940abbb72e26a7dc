import CCUDA
import Compute

extension CUDADevice {
  /// x / √(mean(x²) + ε) · weight over every run of `weight.columns` columns: a whole row, which
  /// products read and is made in BF16, or each head.
  func rmsNorm(_ x: DeviceMatrix, weight: DeviceMatrix, epsilon: Float) -> DeviceMatrix {
    let width = weight.count
    precondition(width > 0 && x.columns % width == 0, "rows of whole norms")
    let isRow = width == x.columns
    let y =
      isRow
      ? DeviceMatrix(brains: x.rows, x.columns, on: self)
      : DeviceMatrix(x.rows, x.columns, on: self)
    launch(
      Kernel("norms", "rms_norm"), grid: (x.count / width, 1),
      [
        .pointer(x.pointer), .pointer(weight.pointer), .pointer(isRow ? y.brainPointer : .none),
        .pointer(isRow ? .none : y.pointer), .int(width), .float(epsilon),
      ])
    return y
  }

  /// Rotates each head's halves in place: row r by the row `positions[r]` of `cosines` and `sines`,
  /// (positions, half); a row whose position is negative stays.
  func rotate(
    _ x: DeviceMatrix, positions: [Int32], headWidth: Int, cosines: DeviceMatrix,
    sines: DeviceMatrix
  ) {
    precondition(positions.count == x.rows && x.columns % headWidth == 0, "a position a row")
    precondition(positions.allSatisfy { $0 < cosines.rows }, "positions within the table")
    let kept = upload(positions)
    launch(
      Kernel("norms", "rotate"), grid: (x.rows, 1),
      [
        .pointer(x.pointerToChange), .pointer(cosines.pointer), .pointer(sines.pointer),
        .memory(kept), .int(x.columns / headWidth), .int(headWidth), .int(cosines.columns),
      ])
  }

  /// activation(gate)·up, made in BF16.
  func gatedActivation(
    _ activation: Activation, gate: DeviceMatrix, up: DeviceMatrix
  ) -> DeviceMatrix {
    precondition(gate.count == up.count, "equal shapes")
    let y = DeviceMatrix(brains: gate.rows, gate.columns, on: self)
    launch(
      Kernel("norms", "gated_activation"), grid: (blocks(for: y.count), 1),
      [
        .pointer(gate.pointer), .pointer(up.pointer), .pointer(y.brainPointer), .pointer(.none),
        .long(y.count),
      ] + activation.arguments)
    return y
  }

  /// x := cap·tanh(x/cap), in place.
  func softCap(_ x: DeviceMatrix, limit: Float) {
    launch(
      Kernel("norms", "soft_cap"), grid: (blocks(for: x.count), 1),
      [.pointer(x.pointerToChange), .float(limit), .long(x.count)])
  }

  /// x += y, in place.
  func add(_ y: DeviceMatrix, to x: DeviceMatrix) {
    precondition(y.count == x.count, "equal shapes")
    launch(
      Kernel("elements", "add"), grid: (blocks(for: x.count), 1),
      [.pointer(y.pointer), .pointer(x.pointerToChange), .long(x.count)])
  }

  /// Causal attention with grouped heads: Q (Tq, heads·d), K and V (Tk, keyValueHeads·d); the result,
  /// (Tq, heads·d), is made in BF16 and 0 outside the windows. `sinks`, (1, heads), are logits that
  /// take part in the softmax and have no value.
  func attention(
    q: DeviceMatrix, k: DeviceMatrix, v: DeviceMatrix, shape: AttentionShape,
    sinks: DeviceMatrix?, windows: [AttentionWindow]
  ) -> DeviceMatrix {
    precondition(
      q.columns == shape.heads * shape.headDimension && v.columns == k.columns
        && k.columns == shape.keyValueHeads * shape.headDimension && shape.headDimension <= 256,
      "heads of one width, at most 256")
    let out = DeviceMatrix(brains: q.rows, q.columns, on: self)
    perform {
      guard isWell, out.count > 0 else { return }
      check(api.fill_bytes(out.brainPointer.address, 0, out.count * 2, stream), "filling memory")
    }
    let tasks = attentionTasks(windows)
    let kept = upload(tasks.flatMap { $0.fields })
    let padded = (shape.headDimension + 15) / 16 * 16
    // A warp of 32 threads takes 32 queries, or 16 of a wide head.
    let threads = padded <= 128 ? 128 : 256
    launch(
      Kernel("attention", "attention", headWidth: shape.headDimension),
      grid: (tasks.count, shape.heads), block: (threads, 1),
      shared: (128 + 4 * 64) * (padded + 8) * 2,
      [
        .pointer(q.brainPointer), .pointer(k.brainPointer), .pointer(v.brainPointer),
        .pointer(out.brainPointer), .memory(kept), .pointer(sinks?.pointer ?? .none),
        .fields(
          [],
          [
            pair(Int32(shape.heads), Int32(shape.keyValueHeads)), UInt64(q.columns),
            UInt64(k.columns), UInt64(v.columns), UInt64(q.columns),
            UInt64(shape.scale.bitPattern) | UInt64((shape.softCap ?? 0).bitPattern) << 32,
            pair(Int32(shape.slidingWindow ?? 0), 0),
          ]),
      ])
    return out
  }

  /// Blocks of queries, those with the most keys first, so that none is left alone at the end.
  private func attentionTasks(_ windows: [AttentionWindow]) -> [AttentionTask] {
    var tasks: [AttentionTask] = []
    for window in windows {
      for start in stride(from: 0, to: window.queries.count, by: 128) {
        tasks.append(
          AttentionTask(
            query: window.queries.lowerBound + start, key: window.keys.lowerBound,
            queries: min(128, window.queries.count - start), keys: window.keys.count,
            position: window.firstPosition + start))
      }
    }
    return tasks.sorted { $0.position > $1.position }
  }
}

/// The kernel's `AttentionTask`.
private struct AttentionTask {
  var query: Int
  var key: Int
  var queries: Int
  var keys: Int
  var position: Int

  var fields: [UInt64] {
    [UInt64(query), UInt64(key), pair(Int32(queries), Int32(keys)), pair(Int32(position), 0)]
  }
}

/// Two 32-bit fields of a struct, one after the other.
func pair(_ first: Int32, _ second: Int32) -> UInt64 {
  UInt64(UInt32(bitPattern: first)) | UInt64(UInt32(bitPattern: second)) << 32
}

extension Activation {
  /// The kernel's number of it, and its numbers.
  fileprivate var arguments: [KernelArgument] {
    switch self {
    case .silu: [.int(0 as Int32), .float(0), .float(0)]
    case .geluTanh: [.int(1 as Int32), .float(0), .float(0)]
    case .clampedSwiGLU(let alpha, let limit): [.int(2 as Int32), .float(alpha), .float(limit)]
    }
  }
}
