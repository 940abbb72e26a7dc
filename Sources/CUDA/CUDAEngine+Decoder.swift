import Compute
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
    // The kernel reads a window's keys in one run.
    let (k, v, windows) = joiningKeys(k, v, windows)
    return wrap(
      device.attention(
        q: matrix(q), k: matrix(k), v: matrix(v), shape: shape, sinks: sinks.map(matrix),
        windows: windows))
  }

  public func replaceRows(_ rows: [Int32], of x: inout EngineBuffer, with y: EngineBuffer) {
    device.replaceRows(rows, of: matrix(changing: &x), with: matrix(y))
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
    Routing(choosing: device.download(matrix(logits)), rule)
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
