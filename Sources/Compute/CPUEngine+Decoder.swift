import CKernels
import COpenBLAS
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func linear(
    _ x: Matrix<Float>, weight: Matrix<Float>, rows: Range<Int>, bias: [Float]?
  ) -> Matrix<Float> {
    var y = multiply(x, transposingA: false, weight.rows(in: rows), transposingB: true)
    if let bias {
      precondition(bias.count == rows.count, "a bias of \(rows.count)")
      forEachRow(of: &y) { row, _ in tenbin_add(bias, row, bias.count) }
    }
    return y
  }

  public func rmsNorm(
    _ x: Matrix<Float>, gain: [Float], epsilon: Float
  ) -> Matrix<Float> {
    let width = gain.count
    precondition(x.columns % max(width, 1) == 0, "rows of whole norms of \(width)")
    return makeRows(x.rows, x.columns) { row, index in
      x.elements.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        let source = x + index * (row.count)
        for start in stride(from: 0, to: row.count, by: width) {
          tenbin_rms_norm(source + start, gain, row.start + start, width, epsilon)
        }
      }
    }
  }

  public func rotate(
    _ x: inout Matrix<Float>, _ runs: [TokenRun], headDimension: Int, table: RotaryTable
  ) {
    let half = table.halfDimension
    let columns = x.columns
    precondition(
      2 * half <= headDimension && columns % headDimension == 0, "whole heads of \(headDimension)")
    var positions = [Int?](repeating: nil, count: x.rows)
    for run in runs {
      precondition(
        run.firstPosition + run.rows.count <= table.cosines.rows, "positions within the table")
      for row in run.rows { positions[row] = run.firstPosition + row - run.rows.lowerBound }
    }
    forEachRow(of: &x) { [positions] row, index in
      guard let position = positions[index] else { return }
      table.cosines.elements.withUnsafeBufferPointer { cosines in
        table.sines.elements.withUnsafeBufferPointer { sines in
          guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
          let entry = position * half
          for head in stride(from: 0, to: columns, by: headDimension) {
            tenbin_rotate(row + head, cosines + entry, sines + entry, half)
          }
        }
      }
    }
  }

  public func gatedActivation(
    _ activation: Activation, gate: Matrix<Float>, up: Matrix<Float>
  ) -> Matrix<Float> {
    precondition(gate.elements.count == up.elements.count, "equal shapes")
    return makeRows(gate.rows, gate.columns) { row, index in
      gate.elements.withUnsafeBufferPointer { gate in
        up.elements.withUnsafeBufferPointer { up in
          guard let gate = gate.baseAddress, let up = up.baseAddress else { return }
          let offset = index * row.count
          switch activation {
          case .silu: tenbin_silu_multiply(gate + offset, up + offset, row.start, row.count)
          case .geluTanh: tenbin_gelu_multiply(gate + offset, up + offset, row.start, row.count)
          }
        }
      }
    }
  }

  public func softCap(_ x: inout Matrix<Float>, limit: Float) {
    let columns = x.columns
    forEachRow(of: &x) { row, _ in tenbin_soft_cap(row, columns, limit) }
  }

  public func add(_ y: Matrix<Float>, to x: inout Matrix<Float>) {
    precondition(y.elements.count == x.elements.count, "equal shapes")
    let count = y.elements.count
    y.elements.withUnsafeBufferPointer { y in
      x.elements.withUnsafeMutableBufferPointer { x in
        guard let y = y.baseAddress, let x = x.baseAddress else { return }
        nonisolated(unsafe) let pointers = (y: y, x: x)
        parallelFor(count, chunk: 1 << 16) { part in
          tenbin_add(
            pointers.y + part.lowerBound, pointers.x + part.lowerBound, part.count)
        }
      }
    }
  }

  public func attention(
    q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>, shape: AttentionShape,
    windows: [AttentionWindow]
  ) -> Matrix<Float> {
    precondition(
      windows.allSatisfy { $0.firstPosition + $0.queries.count <= $0.keys.count },
      "a key for each query")
    let blocks = windows.flatMap { window in
      stride(from: window.queries.lowerBound, to: window.queries.upperBound, by: queryBlock).map {
        (window: window, queries: $0..<min($0 + queryBlock, window.queries.upperBound))
      }
    }
    var output = Matrix<Float>(rows: q.rows, columns: q.columns)
    output.elements.withUnsafeMutableBufferPointer { out in
      q.elements.withUnsafeBufferPointer { q in
        k.elements.withUnsafeBufferPointer { k in
          v.elements.withUnsafeBufferPointer { v in
            guard let out = out.baseAddress, let q = q.baseAddress, let k = k.baseAddress,
              let v = v.baseAddress
            else { return }
            nonisolated(unsafe) let pointers = (q: q, k: k, v: v, out: out)
            singleThreadedBLAS {
              parallelFor(blocks.count * shape.heads, chunk: 1) { range in
                for index in range {
                  attend(
                    pointers.q, pointers.k, pointers.v, pointers.out, shape,
                    head: index % shape.heads, window: blocks[index / shape.heads].window,
                    queries: blocks[index / shape.heads].queries)
                }
              }
            }
          }
        }
      }
    }
    return output
  }

  public func accumulate(
    baseLogits: Matrix<Float>, trialLogits: Matrix<Float>, firstToken: Int, targets: [Int32],
    into statistics: inout [TokenStatistics]
  ) {
    precondition(
      baseLogits.rows == targets.count && trialLogits.rows == targets.count
        && statistics.count == targets.count, "a row for each token")
    let columns = baseLogits.columns
    statistics.withUnsafeMutableBufferPointer { statistics in
      baseLogits.elements.withUnsafeBufferPointer { base in
        trialLogits.elements.withUnsafeBufferPointer { trial in
          guard let base = base.baseAddress, let trial = trial.baseAddress,
            let statistics = statistics.baseAddress
          else { return }
          nonisolated(unsafe) let pointers = (base: base, trial: trial, statistics: statistics)
          parallelFor(targets.count, chunk: 32) { rows in
            for row in rows {
              tenbin_token_state_update(
                &pointers.statistics[row].state, pointers.base + row * columns,
                pointers.trial + row * columns, Int32(columns), Int32(firstToken), targets[row])
            }
          }
        }
      }
    }
  }

  /// A matrix whose rows `body` fills, given the row and its index, on all cores.
  private func makeRows(
    _ rows: Int, _ columns: Int,
    _ body: @Sendable ((start: UnsafeMutablePointer<Float>, count: Int), Int) -> Void
  ) -> Matrix<Float> {
    let elements = [Float](unsafeUninitializedCapacity: rows * columns) { out, initialized in
      initialized = rows * columns
      guard let out = out.baseAddress else { return }
      let shared = SharedPointer(out)
      parallelFor(rows, chunk: 64) { part in
        for row in part { body((shared.base + row * columns, columns), row) }
      }
    }
    return Matrix(rows: rows, columns: columns, elements: elements)
  }

  /// Calls `body` with the start of each row of `x` and its index, on all cores.
  private func forEachRow(
    of x: inout Matrix<Float>, _ body: @Sendable (UnsafeMutablePointer<Float>, Int) -> Void
  ) {
    let columns = x.columns
    x.elements.withUnsafeMutableBufferPointer { elements in
      guard let base = elements.baseAddress else { return }
      let shared = SharedPointer(base)
      parallelFor(elements.count / max(columns, 1), chunk: 64) { rows in
        for row in rows { body(shared.base + row * columns, row) }
      }
    }
  }
}

/// Queries are taken in blocks of this many rows, so that scores are (block, keys), never (T, T).
private let queryBlock = 128

/// One head's attention of a block of queries over the keys of its window that they may see.
private func attend(
  _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
  _ out: UnsafeMutablePointer<Float>, _ shape: AttentionShape, head: Int,
  window: AttentionWindow, queries: Range<Int>
) {
  let d = shape.headDimension
  let qStride = shape.heads * d
  let kvStride = shape.keyValueHeads * d
  let kvHead = head / (shape.heads / shape.keyValueHeads)
  // The row among the keys at which a query stands.
  let shift = window.keys.lowerBound + window.firstPosition - window.queries.lowerBound
  func firstKey(_ query: Int) -> Int {
    shape.span.map { max(window.keys.lowerBound, query + shift - $0 + 1) } ?? window.keys.lowerBound
  }
  let keys = firstKey(queries.lowerBound)..<queries.upperBound + shift
  let scores = UnsafeMutablePointer<Float>.allocate(capacity: queries.count * keys.count)
  defer { scores.deallocate() }
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasTrans, Int32(queries.count), Int32(keys.count), Int32(d), 1,
    q + queries.lowerBound * qStride + head * d, Int32(qStride),
    k + keys.lowerBound * kvStride + kvHead * d, Int32(kvStride), 0, scores, Int32(keys.count))
  for query in queries {
    let row = scores + (query - queries.lowerBound) * keys.count
    let visible = firstKey(query) - keys.lowerBound..<query + shift + 1 - keys.lowerBound
    if let cap = shape.softCap {
      // c·tanh(scale·s/c)
      tenbin_scale(row + visible.lowerBound, visible.count, shape.scale)
      tenbin_soft_cap(row + visible.lowerBound, visible.count, cap)
    }
    tenbin_softmax(row + visible.lowerBound, visible.count, shape.softCap == nil ? shape.scale : 1)
    for hidden in 0..<visible.lowerBound { row[hidden] = 0 }
    for hidden in visible.upperBound..<keys.count { row[hidden] = 0 }
  }
  cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(queries.count), Int32(d), Int32(keys.count), 1,
    scores, Int32(keys.count), v + keys.lowerBound * kvStride + kvHead * d, Int32(kvStride), 0,
    out + queries.lowerBound * qStride + head * d, Int32(qStride))
}
