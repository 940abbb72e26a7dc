import CKernels
import COpenBLAS
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func linear(
    _ x: EngineBuffer, weight: EngineBuffer, rows: Range<Int>, bias: EngineBuffer?
  ) -> EngineBuffer {
    precondition(
      x.columns == weight.columns && rows.lowerBound >= 0 && rows.upperBound <= weight.rows,
      "rows of a weight of \(x.columns) inputs")
    var y =
      isForFew(x.rows)
      ? fewRowsProduct(x.floats, weight, rows: rows) : product(x.floats, weight, rows: rows)
    if let bias {
      precondition(bias.columns == weight.rows, "a bias of \(weight.rows)")
      let bias = Array(bias.floats.elements[rows])
      forEachRow(of: &y) { row, _ in tenbin_add(bias, row, bias.count) }
    }
    return EngineBuffer(y)
  }

  /// X·W[rows]ᵀ.
  private func product(
    _ x: Matrix<Float>, _ weight: EngineBuffer, rows: Range<Int>
  ) -> Matrix<Float> {
    let (tokens, width, inputs) = (x.rows, rows.count, x.columns)
    if tokens == 0 || width == 0 || inputs == 0 { return Matrix(rows: tokens, columns: width) }
    let (numbers, first) = WeightRows(weight).matrix(rows)
    let elements = [Float](unsafeUninitializedCapacity: tokens * width) { out, initialized in
      initialized = tokens * width
      numbers.withUnsafeBufferPointer { weight in
        guard let out = out.baseAddress, let weight = weight.baseAddress else { return }
        Float.gemm(
          CblasNoTrans, CblasTrans, Int32(tokens), Int32(width), Int32(inputs), 1, x.elements,
          Int32(inputs), weight + first, Int32(inputs), 0, out, Int32(width))
      }
    }
    return Matrix(rows: tokens, columns: width, elements: elements)
  }

  public func rmsNorm(
    _ x: EngineBuffer, weight: EngineBuffer, epsilon: Float
  ) -> EngineBuffer {
    let (x, weight) = (x.floats, weight.floats.elements)
    let width = weight.count
    precondition(x.columns % max(width, 1) == 0, "rows of whole norms of \(width)")
    return makeRows(x.rows, x.columns) { row, index in
      x.elements.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress else { return }
        let source = x + index * row.count
        for start in stride(from: 0, to: row.count, by: width) {
          tenbin_rms_norm(source + start, weight, row.start + start, width, epsilon)
        }
      }
    }
  }

  public func rotate(
    _ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int, table: RotaryTable
  ) {
    let half = table.halfDimension
    let columns = x.columns
    precondition(
      2 * half <= headDimension && columns % headDimension == 0, "whole heads of \(headDimension)")
    var positions = [Int?](repeating: nil, count: x.rows)
    for run in runs {
      precondition(
        run.firstPosition + run.rows.count <= table.positions, "positions within the table")
      for row in run.rows { positions[row] = run.firstPosition + row - run.rows.lowerBound }
    }
    let (cosines, sines) = (table.cosines.floats, table.sines.floats)
    x.updateFloats { x in
      forEachRow(of: &x) { [positions] row, index in
        guard let position = positions[index] else { return }
        cosines.elements.withUnsafeBufferPointer { cosines in
          sines.elements.withUnsafeBufferPointer { sines in
            guard let cosines = cosines.baseAddress, let sines = sines.baseAddress else { return }
            let entry = position * half
            for head in stride(from: 0, to: columns, by: headDimension) {
              tenbin_rotate(row + head, cosines + entry, sines + entry, half)
            }
          }
        }
      }
    }
  }

  public func gatedActivation(
    _ activation: Activation, gate: EngineBuffer, up: EngineBuffer
  ) -> EngineBuffer {
    precondition(gate.rows == up.rows && gate.columns == up.columns, "equal shapes")
    let (gate, up) = (gate.floats, up.floats)
    return makeRows(gate.rows, gate.columns) { row, index in
      gate.elements.withUnsafeBufferPointer { gate in
        up.elements.withUnsafeBufferPointer { up in
          guard let gate = gate.baseAddress, let up = up.baseAddress else { return }
          let offset = index * row.count
          switch activation {
          case .silu: tenbin_silu_multiply(gate + offset, up + offset, row.start, row.count)
          case .geluTanh: tenbin_gelu_multiply(gate + offset, up + offset, row.start, row.count)
          case .clampedSwiGLU(let alpha, let limit):
            tenbin_clamped_swiglu(gate + offset, up + offset, row.start, row.count, alpha, limit)
          }
        }
      }
    }
  }

  public func softCap(_ x: inout EngineBuffer, limit: Float) {
    let columns = x.columns
    x.updateFloats { forEachRow(of: &$0) { row, _ in tenbin_soft_cap(row, columns, limit) } }
  }

  public func add(_ y: EngineBuffer, to x: inout EngineBuffer) {
    precondition(y.rows == x.rows && y.columns == x.columns, "equal shapes")
    let y = y.floats
    x.updateFloats { $0.add(y) }
  }

  public func attention(
    q: EngineBuffer, k: EngineBuffer, v: EngineBuffer, shape: AttentionShape, sinks: EngineBuffer?,
    windows: [AttentionWindow]
  ) -> EngineBuffer {
    precondition(
      windows.allSatisfy { $0.firstPosition + $0.queries.count <= $0.keyCount },
      "a key for each query")
    precondition(sinks.map { $0.columns == shape.heads } ?? true, "a sink for each head")
    let parts = windows.flatMap { AttentionPart.all(of: $0, shape) }
    let (q, k, v, sinks) = (q.floats, k.floats, v.floats, sinks?.floats.elements)
    var output = Matrix<Float>(rows: q.rows, columns: q.columns)
    output.elements.withUnsafeMutableBufferPointer { out in
      q.elements.withUnsafeBufferPointer { q in
        k.elements.withUnsafeBufferPointer { k in
          v.elements.withUnsafeBufferPointer { v in
            guard let out = out.baseAddress, let q = q.baseAddress, let k = k.baseAddress,
              let v = v.baseAddress
            else { return }
            nonisolated(unsafe) let pointers = (q: q, k: k, v: v, out: out)
            parallelFor(parts.count, chunk: 1) { range in
              for part in parts[range] {
                part.attend(pointers.q, pointers.k, pointers.v, pointers.out, shape, sinks: sinks)
              }
            }
          }
        }
      }
    }
    return EngineBuffer(output)
  }

  public func replaceRows(_ rows: [Int32], of x: inout EngineBuffer, with y: EngineBuffer) {
    precondition(y.rows == rows.count && y.columns == x.columns, "a row for each row of y")
    let y = y.floats
    let columns = y.columns
    x.updateFloats { x in
      for (place, row) in rows.enumerated() {
        let start = Int(row) * columns
        x.elements.replaceSubrange(start..<start + columns, with: y.row(place))
      }
    }
  }

  /// A matrix whose rows `body` fills, given the row and its index, on all cores.
  private func makeRows(
    _ rows: Int, _ columns: Int,
    _ body: @Sendable ((start: UnsafeMutablePointer<Float>, count: Int), Int) -> Void
  ) -> EngineBuffer {
    let elements = [Float](unsafeUninitializedCapacity: rows * columns) { out, initialized in
      initialized = rows * columns
      guard let out = out.baseAddress else { return }
      let shared = SharedPointer(out)
      parallelFor(rows, chunk: 64) { part in
        for row in part { body((shared.base + row * columns, columns), row) }
      }
    }
    return EngineBuffer(Matrix(rows: rows, columns: columns, elements: elements))
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
