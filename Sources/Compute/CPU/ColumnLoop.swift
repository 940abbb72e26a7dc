import CKernels
import COpenBLAS
import Tensor

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension CPUEngine {
  public func gptqColumns(
    _ weight: EngineBuffer, order: [Int], factor: EngineBuffer?, correction: EngineBuffer?,
    grid: QuantizationGrid, groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns {
    precondition(order.count == weight.columns, "a place for each column")
    let isNatural = order.indices.allSatisfy { order[$0] == $0 }
    let ordered = isNatural ? weight.floats : weight.floats.selectingColumns(order)
    let search = groups.search.map { HostGridSearch($0, order: order, download: \.floats) }
    let loop =
      switch factor?.element {
      case .float64?:
        columnLoop(
          Matrix<Double>(ordered), factor?.doubles, correction?.doubles, grid, groups, search,
          blockSize)
      default:
        columnLoop(ordered, factor?.floats, correction?.floats, grid, groups, search, blockSize)
      }
    var position = [Int](repeating: 0, count: order.count)
    for (place, column) in order.enumerated() { position[column] = place }
    return GPTQColumns(
      kept: KeptCodes(
        codes: EngineBuffer(isNatural ? loop.codes : loop.codes.selectingColumns(position)),
        grids: KeptGrids(loop.grids), groupIndex: position.map { loop.index[$0] }),
      loss: loop.tally.loss / 2, clipped: loop.tally.clipped)
  }

  /// What the loop leaves behind, columns in the order of processing.
  private struct Loop {
    var codes: Matrix<UInt8>
    var grids: GroupGrids
    var index: [Int32]
    var tally = tenbin_column_loop_tally(loss: 0, clipped: 0)
  }

  /// The column loop: blocks of columns by a C kernel whose SIMD lanes are rows, the columns after a
  /// block by one matrix product.
  @specialized(where S == Float)
  @specialized(where S == Double)
  private func columnLoop<S: BLASScalar>(
    _ weight: Matrix<S>, _ factor: Matrix<S>?, _ correction: Matrix<S>?, _ grid: QuantizationGrid,
    _ groups: ColumnGroups, _ search: HostGridSearch?, _ blockSize: Int
  ) -> Loop {
    let (rows, columns) = (weight.rows, weight.columns)
    precondition(
      correction.map { factor != nil && $0.rows == columns && $0.columns == columns } ?? true,
      "P belongs to a U")
    precondition(blockSize > 0, "a block has columns")
    precondition(factor.map { $0.rows == columns && $0.columns == columns } ?? true, "U is square")
    var weight = weight
    var loop = Loop(
      codes: Matrix(rows: rows, columns: columns),
      grids: groups.initialGrids(rows: rows, columns: columns),
      index: groups.index(columns: columns))
    var error = [S](repeating: 0, count: factor == nil ? 0 : rows * min(blockSize, columns))

    for block in groups.blocks(columns: columns, blockSize: blockSize) {
      if case .runs(let size, _, _) = groups {
        let starting = (block.lowerBound + size - 1) / size..<(block.upperBound + size - 1) / size
        loop.grids.fitAny(
          to: weight, groups: starting, groupSize: size, grid: grid, search: search)
      }
      let part = quantizeBlock(
        block, of: weight, factor: factor, correction: correction, grids: loop.grids,
        index: loop.index, maxCode: grid.maxCode, codes: &loop.codes, error: &error)
      loop.tally.loss += part.loss
      loop.tally.clipped += part.clipped
      if let factor {
        moveLaterColumns(of: &weight, after: block, by: error, factor: factor)
      }
      if let correction {
        let quantized = Self.quantized(S.self, block, loop.codes, loop.grids, loop.index)
        moveLaterColumns(of: &weight, after: block, by: quantized, factor: correction, -1)
      }
    }
    return loop
  }

  /// Quantizes the columns of one block, 16 rows at a time, on all cores.
  private func quantizeBlock<S: BLASScalar>(
    _ block: Range<Int>, of weight: Matrix<S>, factor: Matrix<S>?, correction: Matrix<S>?,
    grids: GroupGrids, index: [Int32], maxCode: Int32, codes: inout Matrix<UInt8>,
    error: inout [S]
  ) -> tenbin_column_loop_tally {
    let (rows, columns, groups) = (weight.rows, weight.columns, grids.scales.columns)
    let tiles = (rows + tileRows - 1) / tileRows
    var tallies = [tenbin_column_loop_tally](repeating: tenbin_column_loop_tally(), count: tiles)
    tallies.withUnsafeMutableBufferPointer { tallies in
      codes.elements.withUnsafeMutableBufferPointer { codes in
        error.withUnsafeMutableBufferPointer { error in
          guard let tallies = tallies.baseAddress, let codes = codes.baseAddress else { return }
          nonisolated(unsafe) let out = (tallies: tallies, codes: codes, error: error.baseAddress)
          parallelFor(tiles, chunk: 4) { range in
            let work = UnsafeMutablePointer<S>.allocate(capacity: block.count * tileRows)
            defer { work.deallocate() }
            for tile in range {
              let first = tile * tileRows
              var shape = tenbin_column_loop_tile(
                rows: min(tileRows, rows - first), columns: block.count, groups: groups,
                weight_stride: columns, factor_stride: columns, error_stride: rows,
                code_stride: columns, max_code: maxCode)
              out.tallies[tile] = withPointers(weight, factor, correction, grids, index) {
                weight, factor, correction, scales, zeros, index in
                S.gptqTile(
                  &shape, weight + first * columns + block.lowerBound,
                  factor.map { $0 + block.lowerBound * (columns + 1) },
                  correction.map { $0 + block.lowerBound * (columns + 1) }, scales + first * groups,
                  zeros + first * groups, index + block.lowerBound,
                  factor == nil ? nil : out.error.map { $0 + first },
                  out.codes + first * columns + block.lowerBound, work)
              }
            }
          }
        }
      }
    }
    return tallies.reduce(into: tenbin_column_loop_tally()) {
      $0.loss += $1.loss
      $0.clipped += $1.clipped
    }
  }

  /// The weights that the codes of a block stand for, (block, rows).
  private static func quantized<S: BLASScalar>(
    _: S.Type, _ block: Range<Int>, _ codes: Matrix<UInt8>, _ grids: GroupGrids, _ index: [Int32]
  ) -> [S] {
    var quantized: [S] = []
    quantized.reserveCapacity(block.count * codes.rows)
    for column in block {
      let group = Int(index[column])
      for row in 0..<codes.rows {
        let steps = Int32(codes[row, column]) - grids.zeros[row, group]
        quantized.append(S(grids.scales[row, group]) * S(steps))
      }
    }
    return quantized
  }

  /// W[:, after] −= sign·Err·U[block, after], `error` being (block, rows).
  private func moveLaterColumns<S: BLASScalar>(
    of weight: inout Matrix<S>, after block: Range<Int>, by error: [S], factor: Matrix<S>,
    _ sign: S = 1
  ) {
    let (rows, columns) = (weight.rows, weight.columns)
    let later = columns - block.upperBound
    if later == 0 || rows == 0 { return }
    weight.elements.withUnsafeMutableBufferPointer { weight in
      factor.elements.withUnsafeBufferPointer { factor in
        guard let weight = weight.baseAddress, let factor = factor.baseAddress else { return }
        S.gemm(
          CblasTrans, CblasNoTrans, Int32(rows), Int32(later), Int32(block.count), -sign, error,
          Int32(rows), factor + block.lowerBound * columns + block.upperBound, Int32(columns), 1,
          weight + block.upperBound, Int32(columns))
      }
    }
  }
}

/// The rows that one call of the kernel takes, as its SIMD lanes.
private let tileRows = 16

extension ColumnGroups {
  /// How grids are searched for during the loop.
  fileprivate var search: GridSearch? {
    if case .runs(_, _, let search) = self { search } else { nil }
  }

  /// The group of each column.
  fileprivate func index(columns: Int) -> [Int32] {
    switch self {
    case .fixed(_, let index):
      precondition(index.count == columns, "a group for each column")
      return index
    case .runs(let size, _, _): return (0..<columns).map { Int32($0 / size) }
    }
  }

  /// The fixed grids, or room for those to come.
  fileprivate func initialGrids(rows: Int, columns: Int) -> GroupGrids {
    switch self {
    case .fixed(let kept, let index):
      let grids = GroupGrids(kept)
      let groups = 0..<Int32(grids.scales.columns)
      precondition(grids.scales.rows == rows && index.allSatisfy(groups.contains), "a grid each")
      return grids
    case .runs(let size, _, _):
      precondition(size > 0, "a group has columns")
      return GroupGrids(rows: rows, groups: (columns + size - 1) / size)
    }
  }

  /// The blocks of the loop. A fresh group begins a block of its own, so that every update has
  /// reached its columns when its grid is fitted.
  fileprivate func blocks(columns: Int, blockSize: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var start = 0
    while start < columns {
      var end = min((start / blockSize + 1) * blockSize, columns)
      if case .runs(let size, fresh: true, _) = self { end = min(end, (start / size + 1) * size) }
      blocks.append(start..<end)
      start = end
    }
    return blocks
  }
}

/// Calls `body` with the starts of everything that the kernel reads.
private func withPointers<S: BLASScalar, Result>(
  _ weight: Matrix<S>, _ factor: Matrix<S>?, _ correction: Matrix<S>?, _ grids: GroupGrids,
  _ index: [Int32],
  _ body: (
    UnsafePointer<S>, UnsafePointer<S>?, UnsafePointer<S>?, UnsafePointer<Float>,
    UnsafePointer<Int32>, UnsafePointer<Int32>
  ) -> Result
) -> Result {
  func call(_ factor: UnsafePointer<S>?, _ correction: UnsafePointer<S>?) -> Result {
    body(weight.elements, factor, correction, grids.scales.elements, grids.zeros.elements, index)
  }
  guard let factor else { return call(nil, nil) }
  guard let correction else { return call(factor.elements, nil) }
  return call(factor.elements, correction.elements)
}

extension Float {
  /// The kernel in this precision.
  static func gptqTile(
    _ shape: UnsafePointer<tenbin_column_loop_tile>, _ weight: UnsafePointer<Float>,
    _ factor: UnsafePointer<Float>?, _ correction: UnsafePointer<Float>?,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>, _ group: UnsafePointer<Int32>,
    _ error: UnsafeMutablePointer<Float>?, _ codes: UnsafeMutablePointer<UInt8>,
    _ work: UnsafeMutablePointer<Float>
  ) -> tenbin_column_loop_tally {
    tenbin_column_loop_f32(
      shape, weight, factor, correction, scales, zeros, group, error, codes, work)
  }

  /// The smallest and the largest of some values and 0.
  static func range(_ values: UnsafePointer<Float>, _ count: Int) -> (
    low: Float, high: Float
  ) {
    var range = (low: Float(0), high: Float(0))
    tenbin_range_f32(values, count, &range.low, &range.high)
    return range
  }
}

extension Double {
  /// The kernel in this precision.
  static func gptqTile(
    _ shape: UnsafePointer<tenbin_column_loop_tile>, _ weight: UnsafePointer<Double>,
    _ factor: UnsafePointer<Double>?, _ correction: UnsafePointer<Double>?,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>, _ group: UnsafePointer<Int32>,
    _ error: UnsafeMutablePointer<Double>?, _ codes: UnsafeMutablePointer<UInt8>,
    _ work: UnsafeMutablePointer<Double>
  ) -> tenbin_column_loop_tally {
    tenbin_column_loop_f64(
      shape, weight, factor, correction, scales, zeros, group, error, codes, work)
  }

  /// The smallest and the largest of some values and 0.
  static func range(
    _ values: UnsafePointer<Double>, _ count: Int
  ) -> (low: Double, high: Double) {
    var range = (low: 0.0, high: 0.0)
    tenbin_range_f64(values, count, &range.low, &range.high)
    return range
  }
}
