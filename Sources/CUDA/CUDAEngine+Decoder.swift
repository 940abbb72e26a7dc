import Compute
import Foundation
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAEngine {
  public func linear(
    _ x: EngineBuffer, weight: EngineBuffer, rows: Range<Int>, bias: EngineBuffer?
  ) -> EngineBuffer {
    wrap(device.linear(matrix(x), weight: matrix(weight), rows: rows, bias: bias.map(matrix)))
  }

  public func rmsNorm(_ x: EngineBuffer, weight: EngineBuffer, epsilon: Float) -> EngineBuffer {
    wrap(device.rmsNorm(matrix(x), weight: matrix(weight), epsilon: epsilon))
  }

  public func rotate(
    _ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int, table: RotaryTable
  ) {
    var positions = [Int32](repeating: -1, count: x.rows)
    for run in runs {
      for row in run.rows {
        positions[row] = Int32(run.firstPosition + row - run.rows.lowerBound)
      }
    }
    device.rotate(
      matrix(changing: &x), positions: positions, headWidth: headDimension,
      cosines: matrix(table.cosines), sines: matrix(table.sines))
  }

  public func attention(
    q: EngineBuffer, k: EngineBuffer, v: EngineBuffer, shape: AttentionShape,
    sinks: EngineBuffer?, windows: [AttentionWindow]
  ) -> EngineBuffer {
    wrap(
      device.attention(
        q: matrix(q), k: matrix(k), v: matrix(v), shape: shape, sinks: sinks.map(matrix),
        windows: windows))
  }

  public func gatedActivation(
    _ activation: Activation, gate: EngineBuffer, up: EngineBuffer
  ) -> EngineBuffer {
    wrap(device.gatedActivation(activation, gate: matrix(gate), up: matrix(up)))
  }

  public func add(_ y: EngineBuffer, to x: inout EngineBuffer) {
    device.add(matrix(y), to: matrix(changing: &x))
  }

  public func softCap(_ x: inout EngineBuffer, limit: Float) {
    device.softCap(matrix(changing: &x), limit: limit)
  }

  // MARK: Experts

  public func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing {
    // A few numbers a token: chosen on the host.
    let logits = device.download(matrix(logits))
    let count = rule.expertsPerToken
    precondition(count > 0 && count <= logits.columns, "as many experts as there are, or fewer")
    var (experts, weights): ([Int32], [Float]) = ([], [])
    for row in 0..<logits.rows {
      let row = Array(logits.row(row))
      let chosen = Array(row.indices.sorted { (row[$1], $0) < (row[$0], $1) }.prefix(count))
      let exponentials = row.map { exp($0 - row[chosen[0]]) }
      let summed = rule.softmax == .chosen || rule.isNormalized ? chosen : Array(row.indices)
      let sum = summed.reduce(Float(0)) { $0 + exponentials[$1] }
      experts += chosen.map(Int32.init)
      weights += chosen.map { exponentials[$0] / sum }
    }
    return Routing(experts: experts, weights: weights, expertsPerToken: count)
  }

  public func gatherRows(_ parts: [(buffer: EngineBuffer, rows: [Int32])]) -> EngineBuffer {
    wrap(device.gatherRows(parts.map { (matrix($0.buffer), $0.rows) }))
  }

  public func scatterAdd(
    _ y: EngineBuffer, weights: [Float], to x: inout EngineBuffer, rows: [Int32]
  ) {
    device.scatterAdd(matrix(y), weights: weights, to: matrix(changing: &x), rows: rows)
  }

  public func zeros(rows: Int, columns: Int) -> EngineBuffer {
    wrap(device.zeros(rows: rows, columns: columns))
  }

  // MARK: The head

  public func makeTokenStatistics(targets: [Int32]) -> EngineBuffer {
    EngineBuffer(
      rows: targets.count, columns: 1, element: .tokenStatistics,
      storage: CUDAStorage(device.makeTokens(targets: targets)))
  }

  public func accumulate(
    base: EngineBuffer, trial: EngineBuffer, firstToken: Int, into statistics: inout EngineBuffer
  ) {
    guard statistics.isUnique(), let tokens = (statistics.storage as? CUDAStorage)?.tokens else {
      preconditionFailure("statistics of this engine, held once")
    }
    device.accumulate(
      base: matrix(base), trial: matrix(trial), firstToken: firstToken, into: tokens)
  }

  public func tokenStatistics(_ statistics: EngineBuffer) -> [TokenStatistics] {
    guard let tokens = (statistics.storage as? CUDAStorage)?.tokens else {
      preconditionFailure("statistics of this engine")
    }
    return device.statistics(of: tokens)
  }
}
