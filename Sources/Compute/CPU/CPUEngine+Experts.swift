import Foundation
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing {
    let logits = logits.floats
    let count = rule.expertsPerToken
    precondition(count > 0 && count <= logits.columns, "as many experts as there are, or fewer")
    var experts: [Int32] = []
    var weights: [Float] = []
    for row in 0..<logits.rows {
      let row = Array(logits.row(row))
      let chosen = Array(row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count))
      let largest = row[chosen[0]]
      func exponential(_ expert: Int) -> Float { exp(row[expert] - largest) }
      let all = rule.softmax == .all ? Array(row.indices) : chosen
      var sum = all.reduce(Float(0)) { $0 + exponential($1) }
      if rule.isNormalized { sum = chosen.reduce(Float(0)) { $0 + exponential($1) } }
      experts += chosen.map(Int32.init)
      weights += chosen.map { exponential($0) / sum }
    }
    return Routing(experts: experts, weights: weights, expertsPerToken: count)
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
    x.updateFloats { x in
      for (place, row) in rows.enumerated() {
        let start = Int(row) * x.columns
        for column in 0..<x.columns {
          x.elements[start + column] += weights[place] * y[place, column]
        }
      }
    }
  }
}
