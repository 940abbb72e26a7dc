import Compute
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CUDAGroupEngine {
  // MARK: Crossings

  public func upload(_ matrix: Matrix<Float>) -> EngineBuffer { wrap(engines[0].upload(matrix)) }

  public func upload(_ matrix: EncodedMatrix) -> EngineBuffer { wrap(engines[0].upload(matrix)) }

  public var takesEncoded: Bool { true }

  public var loadsAhead: Bool { true }

  public func nonFiniteCount(_ x: EngineBuffer) -> Int {
    read(x) { $0.nonFiniteCount($1(x)) }
  }

  public func download(_ buffer: EngineBuffer) -> Matrix<Float> {
    read(buffer) { $0.download($1(buffer)) }
  }

  public func upload(
    _ codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32]
  ) -> KeptCodes {
    wrap(engines[0].upload(codes, grids: grids, groupIndex: groupIndex), on: 0)
  }

  public func download(_ codes: KeptCodes) -> (codes: Matrix<UInt8>, grids: GroupGrids) {
    read(codes.codes) { $0.download(unwrap(codes, $1)) }
  }

  public func diagonal(_ h: EngineBuffer) -> [Float] { read(h) { $0.diagonal($1(h)) } }

  // MARK: Decoder layers

  public func linear(
    _ x: EngineBuffer, weight: EngineBuffer, rows: Range<Int>, bias: EngineBuffer?
  ) -> EngineBuffer {
    let gpu = home(x)
    let weight = part(weight, on: gpu, inBrains: true)
    return run(x) { $0.linear($1(x), weight: weight, rows: rows, bias: bias.map($1)) }
  }

  public func rmsNorm(_ x: EngineBuffer, weight: EngineBuffer, epsilon: Float) -> EngineBuffer {
    run(x) { $0.rmsNorm($1(x), weight: $1(weight), epsilon: epsilon) }
  }

  public func rotate(
    _ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int, table: RotaryTable
  ) {
    change(&x) { engine, x, part in
      engine.rotate(
        &x, runs, headDimension: headDimension,
        table: RotaryTable(cosines: part(table.cosines), sines: part(table.sines)))
    }
  }

  public func attention(
    q: EngineBuffer, k: EngineBuffer, v: EngineBuffer, shape: AttentionShape,
    sinks: EngineBuffer?, windows: [AttentionWindow]
  ) -> EngineBuffer {
    run(q) {
      $0.attention(
        q: $1(q), k: $1(k), v: $1(v), shape: shape, sinks: sinks.map($1), windows: windows)
    }
  }

  public func replaceRows(_ rows: [Int32], of x: inout EngineBuffer, with y: EngineBuffer) {
    change(&x) { $0.replaceRows(rows, of: &$1, with: $2(y)) }
  }

  public func gatedActivation(
    _ activation: Activation, gate: EngineBuffer, up: EngineBuffer
  ) -> EngineBuffer {
    run(gate) { $0.gatedActivation(activation, gate: $1(gate), up: $1(up)) }
  }

  public func add(_ y: EngineBuffer, to x: inout EngineBuffer) {
    change(&x) { $0.add($2(y), to: &$1) }
  }

  public func softCap(_ x: inout EngineBuffer, limit: Float) {
    change(&x) { engine, x, _ in engine.softCap(&x, limit: limit) }
  }

  // MARK: Experts

  public func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing {
    read(logits) { $0.route($1(logits), rule) }
  }

  /// Where the first part is; others send the rows that are asked for.
  public func gatherRows(_ parts: [(buffer: EngineBuffer, rows: [Int32])]) -> EngineBuffer {
    guard let first = parts.first else { return wrap(engines[0].gatherRows([])) }
    let gpu = home(first.buffer)
    return run(first.buffer) { engine, part in
      engine.gatherRows(
        parts.map { buffer, rows in
          if home(buffer) == gpu { return (part(buffer), rows) }
          let sent = run(buffer) { $0.gatherRows([($1(buffer), rows)]) }
          return (part(sent), rows.indices.map(Int32.init))
        })
    }
  }

  public func scatterAdd(
    _ y: EngineBuffer, weights: [Float], to x: inout EngineBuffer, rows: [Int32]
  ) {
    change(&x) { $0.scatterAdd($2(y), weights: weights, to: &$1, rows: rows) }
  }

  public func zeros(rows: Int, columns: Int) -> EngineBuffer {
    wrap(engines[0].zeros(rows: rows, columns: columns))
  }

  // MARK: The head

  public func makeTokenStatistics(targets: [Int32]) -> EngineBuffer {
    wrap(engines[0].makeTokenStatistics(targets: targets))
  }

  public func accumulate(
    base: EngineBuffer, trial: EngineBuffer, firstToken: Int, into statistics: inout EngineBuffer
  ) {
    change(&statistics) {
      $0.accumulate(base: $2(base), trial: $2(trial), firstToken: firstToken, into: &$1)
    }
  }

  public func tokenStatistics(_ statistics: EngineBuffer) -> [TokenStatistics] {
    read(statistics) { $0.tokenStatistics($1(statistics)) }
  }
}
