import CKernels
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing {
    Routing(choosing: logits.floats, rule)
  }

  public func gatherRows(_ parts: [(buffer: EngineBuffer, rows: [Int32])]) -> EngineBuffer {
    let columns = parts.first?.buffer.columns ?? 0
    let count = parts.reduce(0) { $0 + $1.rows.count }
    var elements: [Float] = []
    elements.reserveCapacity(count * columns)
    for (buffer, rows) in parts where !rows.isEmpty {
      precondition(buffer.columns == columns, "buffers of one width")
      let matrix = buffer.floats
      for row in rows { elements += matrix.row(Int(row)) }
    }
    return EngineBuffer(Matrix(rows: count, columns: columns, elements: elements))
  }

  public func scatterAdd(
    _ y: EngineBuffer, weights: [Float], to x: inout EngineBuffer, rows: [Int32]
  ) {
    precondition(
      y.rows == rows.count && weights.count == rows.count && y.columns == x.columns,
      "a row and a weight for each row of y")
    let y = y.floats
    let columns = y.columns
    x.updateFloats { x in
      precondition(rows.allSatisfy { $0 >= 0 && Int($0) < x.rows }, "rows of x")
      x.elements.withUnsafeMutableBufferPointer { x in
        y.elements.withUnsafeBufferPointer { y in
          guard let x = x.baseAddress, let y = y.baseAddress else { return }
          nonisolated(unsafe) let (target, source) = (x, y)
          // The rows differ, so that no two of them meet.
          parallelFor(rows.count, chunk: 64) { part in
            for place in part {
              tenbin_add_scaled(
                source + place * columns, weights[place], target + Int(rows[place]) * columns,
                columns)
            }
          }
        }
      }
    }
  }
}
