import Compute
import Tensor

/// The grids of a linear on a GPU: scales (float32) and zeros (int32), (out, groups) both.
struct DeviceGrids: Sendable {
  /// What a step is, float32 as stored.
  var scales: DeviceMatrix
  /// The code that stands for 0, int32.
  var zeros: DeviceMatrix
}

/// Which columns share a grid, and when it is fitted; positions are those of the processing order.
enum DeviceGroups: Sendable {
  /// Fixed before the loop, and the group of each position.
  case fixed(DeviceGrids, index: [Int32])
  /// Runs of `size` positions, fitted when the block they begin in begins, or (`fresh`) when they
  /// begin themselves; by `search` on the host where there is one.
  case runs(size: Int, fresh: Bool, search: HostGridSearch?)
}

/// What the column loop leaves behind, columns in their original order.
struct DeviceColumns: Sendable {
  /// The codes, (out, in).
  var codes: DeviceMatrix
  /// The grids that they count in.
  var grids: DeviceGrids
  /// The group of each column.
  var groupIndex: [Int32]
  /// ½·Σ((w − q)/d)².
  var loss: Double
  /// Weights that lay more than half a step outside their grid when their turn came.
  var clipped: Int
}

extension CUDADevice {
  /// Columns that the kernel holds at once.
  static let largestBlock = 128

  /// A grid for each row and run of `groupSize` columns of W, (out, in), as `QuantizationGrid.fit`.
  func fitGrids(
    _ weight: DeviceMatrix, groupSize: Int, grid: QuantizationGrid
  ) -> DeviceGrids {
    let groups = (weight.columns + groupSize - 1) / groupSize
    let grids = emptyGrids(weight.rows, groups)
    fit(grids, to: weight.pointer, weight, size: groupSize, groups: 0..<groups, grid)
    return grids
  }

  /// scale·(code − zero), float32 (out, in); column j counts in the grid of group `index[j]`.
  func dequantize(
    _ codes: DeviceMatrix, grids: DeviceGrids, index: [Int32]
  ) -> DeviceMatrix {
    precondition(index.count == codes.columns && grids.scales.rows == codes.rows, "a grid each")
    let weight = DeviceMatrix(codes.rows, codes.columns, on: self)
    launch(
      Kernel("grids", "dequantize"), grid: (codes.rows, 1),
      [
        .pointer(codes.pointer), .pointer(grids.scales.pointer), .pointer(grids.zeros.pointer),
        .memory(upload(index)), .pointer(.none), .pointer(weight.pointer), .int(codes.columns),
        .int(grids.scales.columns),
      ])
    return weight
  }

  /// How far `codes`, (out, in), are from `weight`, counted in slots: `WeightErrorTally.bins` of weights
  /// in their grid, as many of clipped ones, those that are not finite, those of `dead` inputs; and the sum
  /// of the squared errors, in squared steps.
  func weightErrors(
    _ weight: DeviceMatrix, _ codes: DeviceMatrix, grids: DeviceGrids, index: [Int32],
    dead: [UInt8], top: Int
  ) -> (counts: [Int], squares: Double) {
    let slots = 2 * WeightErrorTally.bins + 2
    // A number of its own, so that the sum does not depend on the GPU's size.
    let blocks = min(weight.rows, sumBlocks)
    if blocks == 0 { return ([Int](repeating: 0, count: slots), 0) }
    let partial = DeviceMemory(bytes: blocks * slots * 4, on: self)
    let squares = DeviceMemory(bytes: blocks * 8, on: self)
    launch(
      Kernel("grids", "weight_errors"), grid: (blocks, 1),
      [
        .pointer(weight.pointer), .pointer(codes.pointer), .pointer(grids.scales.pointer),
        .pointer(grids.zeros.pointer), .memory(upload(index)), .memory(upload(dead)),
        .memory(partial), .memory(squares), .int(weight.rows), .int(weight.columns),
        .int(grids.scales.columns), .int(top),
      ])
    let counts = DeviceMemory(bytes: slots * 8, on: self)
    launch(
      Kernel("grids", "finish_weight_errors"), grid: (1, 1),
      [.memory(partial), .memory(counts), .int(blocks)])
    let sum = DeviceMemory(bytes: 8, on: self)
    finishSum(squares, count: blocks, into: sum)
    return (
      download(counts, count: slots, zero: Int64(0)).map(Int.init),
      download(sum, count: 1, zero: 0.0)[0]
    )
  }

  /// Sets columns to 0, in place.
  func clearColumns(_ x: DeviceMatrix, _ columns: [Int32]) {
    if columns.isEmpty { return }
    launch(
      Kernel("elements", "clear_columns"), grid: (x.rows, 1),
      [
        .pointer(x.pointerToChange), .memory(upload(columns)), .int(columns.count),
        .int(x.columns),
      ])
  }

  /// The GPTQ column loop on W, (out, in) in float32, its column order[i] being taken at position i.
  ///
  /// `factor` is U of `inverseFactor`; the loop runs in its precision. Without one nothing moves, which
  /// is round to nearest. `correction` is P of `shiftCorrection`. A kernel takes a block of `blockSize`
  /// columns, or a larger block in parts of 128; the columns after it are moved by one product, and
  /// those after a run of blocks by one over the whole run, which is not thin.
  func gptqColumns(
    _ weight: DeviceMatrix, order: [Int32], factor: DeviceMatrix?, correction: DeviceMatrix?,
    grid: QuantizationGrid, groups: DeviceGroups, blockSize: Int
  ) -> DeviceColumns {
    precondition(blockSize > 0, "columns of a block")
    precondition(order.count == weight.columns, "an order of W's columns")
    var loop = ColumnLoop(
      weight, order: order, factor: factor, correction: correction, grid: grid, groups: groups,
      blockSize: blockSize, device: self)
    loop.run()
    return loop.result(order: order)
  }

  fileprivate func emptyGrids(_ rows: Int, _ groups: Int) -> DeviceGrids {
    DeviceGrids(
      scales: DeviceMatrix(rows, groups, on: self),
      zeros: DeviceMatrix(rows, groups, .int32, on: self))
  }

  /// Fits some groups' grids to the weights at `weights`, shaped as `weight`.
  fileprivate func fit(
    _ grids: DeviceGrids, to weights: DevicePointer, _ weight: DeviceMatrix, size: Int,
    groups: Range<Int>, _ grid: QuantizationGrid
  ) {
    let warps = Self.blockThreads / 32
    launch(
      Kernel("grids", "fit_grids_\(weight.element == .float64 ? "f64" : "f32")"),
      grid: ((weight.rows * groups.count + warps - 1) / warps, 1),
      [
        .pointer(weights), .long(weight.rows), .long(weight.columns), .int(size),
        .int(groups.lowerBound), .int(groups.count), .int(grids.scales.columns),
        .int(grid.sym ? 1 : 0), .int(grid.maxCode), .int(grid.scalesDtype.kernelNumber),
        .pointer(grids.scales.pointerToChange), .pointer(grids.zeros.pointerToChange),
      ])
  }
}

/// One run of the column loop: the working copy of W in the order of processing, and what comes out.
private struct ColumnLoop {
  /// Columns whose errors are gathered before the rest of W is moved by them.
  static let runColumns = 1024
  private static let partColumns = CUDADevice.largestBlock

  let device: CUDADevice
  let work: DeviceMatrix
  let factor: DeviceMatrix?
  let correction: DeviceMatrix?
  let grid: QuantizationGrid
  let groups: DeviceGroups
  let blockSize: Int
  let grids: DeviceGrids
  let index: [Int32]
  let keptIndex: DeviceMemory
  let error: DeviceMatrix
  let quantized: DeviceMatrix?
  /// w of each column before it was quantized, by which a correction moves the rest of a block that is
  /// taken in parts.
  let taken: DeviceMatrix?
  let codes: DeviceMatrix
  let losses: DeviceMemory
  let clipped: DeviceMemory

  init(
    _ weight: DeviceMatrix, order: [Int32], factor: DeviceMatrix?, correction: DeviceMatrix?,
    grid: QuantizationGrid, groups: DeviceGroups, blockSize: Int, device: CUDADevice
  ) {
    let (rows, columns) = (weight.rows, weight.columns)
    let element = factor?.element ?? .float32
    self.device = device
    self.factor = factor
    self.correction = correction
    self.grid = grid
    self.groups = groups
    self.blockSize = blockSize
    work = DeviceMatrix(rows, columns, element, on: device)
    device.launch(
      Kernel("elements", "gather_columns_\(element == .float64 ? "f64" : "f32")"), grid: (rows, 1),
      [
        .pointer(weight.pointer), .memory(device.upload(order)), .pointer(work.pointer),
        .int(columns),
      ])
    switch groups {
    case .fixed(let fixed, let fixedIndex):
      grids = fixed
      index = fixedIndex
    case .runs(let size, _, _):
      grids = device.emptyGrids(rows, (columns + size - 1) / size)
      index = (0..<columns).map { Int32($0 / size) }
    }
    keptIndex = device.upload(index)
    let width = min(columns, max(Self.runColumns, blockSize))
    error = DeviceMatrix(factor == nil ? 0 : rows, width, element, on: device)
    quantized = correction.map { _ in DeviceMatrix(rows, width, element, on: device) }
    taken =
      blockSize > CUDADevice.largestBlock
      ? correction.map { _ in DeviceMatrix(rows, width, element, on: device) } : nil
    codes = DeviceMatrix(rows, columns, .code, on: device)
    losses = DeviceMemory(bytes: rows * 8, on: device)
    clipped = DeviceMemory(bytes: rows * 4, on: device)
    device.fill(losses)
    device.fill(clipped)
  }

  mutating func run() {
    for blocks in runs() {
      guard let start = blocks.first?.lowerBound, let end = blocks.last?.upperBound else {
        continue
      }
      for block in blocks {
        fitGroups(startingIn: block)
        for first in stride(from: block.lowerBound, to: block.upperBound, by: Self.partColumns) {
          let part = first..<min(first + Self.partColumns, block.upperBound)
          quantize(part, runStart: start)
          move(part.upperBound..<block.upperBound, by: part, runStart: start, corrected: taken)
        }
        move(block.upperBound..<end, by: block, runStart: start, corrected: quantized)
      }
      moveRest(end..<work.columns, by: start..<end)
    }
  }

  func result(order: [Int32]) -> DeviceColumns {
    let (rows, columns) = (work.rows, work.columns)
    let original = DeviceMatrix(rows, columns, .code, on: device)
    device.launch(
      Kernel("grids", "scatter_codes"), grid: (rows, 1),
      [
        .pointer(codes.pointer), .memory(device.upload(order)), .pointer(original.pointer),
        .int(columns),
      ])
    let ready = DeviceEvent(on: device)
    for matrix in [original, grids.scales, grids.zeros] { matrix.ready = ready }
    var groupIndex = [Int32](repeating: 0, count: columns)
    for (position, column) in order.enumerated() { groupIndex[Int(column)] = index[position] }
    let sums = DeviceMemory(bytes: 16, on: device)
    device.finishSum(losses, count: rows, into: sums)
    let loss = device.download(sums, count: 1, zero: 0.0)[0]
    device.launch(
      Kernel("reductions", "finish_count"), grid: (1, 1),
      [.memory(clipped), .memory(sums), .long(rows)])
    let outside = Int(device.download(sums, count: 1, zero: Int64(0))[0])
    return DeviceColumns(
      codes: original, grids: grids, groupIndex: groupIndex, loss: loss / 2, clipped: outside)
  }

  /// The blocks, in runs of about `runColumns` columns. A group that is fitted in one run must end in
  /// it, for what lies after the run has not been moved yet.
  private func runs() -> [[Range<Int>]] {
    var blocks: [Range<Int>] = []
    var start = 0
    while start < work.columns {
      var end = min((start / blockSize + 1) * blockSize, work.columns)
      if case .runs(let size, fresh: true, _) = groups { end = min(end, (start / size + 1) * size) }
      blocks.append(start..<end)
      start = end
    }
    var runs: [[Range<Int>]] = []
    for block in blocks {
      if let first = runs.last?.first, block.upperBound - first.lowerBound <= Self.runColumns,
        !endsGroup(at: block.lowerBound, from: first.lowerBound)
      {
        runs[runs.count - 1].append(block)
      } else {
        runs.append([block])
      }
    }
    // Where groups cross the runs' ends, every block is a run.
    let areWhole = runs.allSatisfy { isGroupEnd($0.last?.upperBound ?? 0) }
    return areWhole ? runs : blocks.map { [$0] }
  }

  private func isGroupEnd(_ position: Int) -> Bool {
    guard case .runs(let size, _, _) = groups else { return true }
    return position % size == 0 || position == work.columns
  }

  /// Whether a run that began at `start` is better ended at `position`: the last whole group that
  /// fits.
  private func endsGroup(at position: Int, from start: Int) -> Bool {
    guard case .runs(let size, _, _) = groups, isGroupEnd(position) else { return false }
    let next = position + size
    return next < work.columns && next - start > Self.runColumns
  }

  private func fitGroups(startingIn block: Range<Int>) {
    guard case .runs(let size, _, let search) = groups else { return }
    let starting = (block.lowerBound + size - 1) / size..<(block.upperBound + size - 1) / size
    guard search != nil || grid.isFittedOnHost else {
      return device.fit(grids, to: work.pointer, work, size: size, groups: starting, grid)
    }
    if starting.isEmpty { return }
    var fitted = GroupGrids(
      scales: device.download(grids.scales), zeros: device.downloadInts(grids.zeros))
    if work.element == .float64 {
      fitted.fit(
        to: device.downloadDoubles(work), groups: starting, groupSize: size, grid: grid,
        search: search)
    } else {
      fitted.fit(
        to: device.download(work), groups: starting, groupSize: size, grid: grid, search: search)
    }
    device.write(fitted.scales.elements, to: grids.scales)
    device.write(fitted.zeros.elements, to: grids.zeros)
  }

  private var elementBytes: Int { work.element.bytes }

  private func quantize(_ block: Range<Int>, runStart: Int) {
    let offset = (block.lowerBound - runStart) * elementBytes
    // As many as the kernel's blocks have lanes for.
    let rows = CUDADevice.blockThreads / (work.element == .float64 ? 16 : 8)
    let corner = CUDADevice.largestBlock * CUDADevice.largestBlock * elementBytes
    device.launch(
      Kernel("column_loop", "quantize_columns_\(work.element == .float64 ? "f64" : "f32")"),
      grid: ((work.rows + rows - 1) / rows, 1), shared: corner + CUDADevice.largestBlock * 4,
      [
        .fields(
          [
            work.pointer, factor?.pointer ?? .none, correction?.pointer ?? .none,
            grids.scales.pointer, grids.zeros.pointer, DevicePointer(keptIndex),
            factor == nil ? .none : error.pointer.advanced(by: offset),
            quantized?.pointer.advanced(by: offset) ?? .none,
            taken?.pointer.advanced(by: offset) ?? .none, codes.pointer,
            DevicePointer(losses), DevicePointer(clipped),
          ],
          [
            UInt64(work.rows), UInt64(work.columns), UInt64(error.columns),
            pair(Int32(grids.scales.columns), Int32(block.lowerBound)),
            pair(Int32(block.count), grid.maxCode),
          ])
      ])
  }

  /// W[:, later] −= Err[:, columns]·U[columns, later], and GPTAQ's += `corrected`·P likewise.
  private func move(
    _ later: Range<Int>, by columns: Range<Int>, runStart: Int, corrected: DeviceMatrix?
  ) {
    guard let factor, !later.isEmpty else { return }
    let type: ProductType = work.element == .float64 ? .float64 : .float32
    func add(_ values: DeviceMatrix, _ triangle: DeviceMatrix, _ sign: Double) {
      let offset = (columns.lowerBound - runStart) * elementBytes
      let corner = (columns.lowerBound * work.columns + later.lowerBound) * elementBytes
      device.multiply(
        ProductSide(
          pointer: values.pointer.advanced(by: offset), type: type, rowStride: values.columns),
        ProductSide(
          pointer: triangle.pointer.advanced(by: corner), type: type, rowStride: work.columns),
        into: work.pointer.advanced(by: later.lowerBound * elementBytes), rowStride: work.columns,
        m: work.rows, n: later.count, k: columns.count, alpha: sign, beta: 1)
    }
    add(error, factor, -1)
    if let correction, let corrected { add(corrected, correction, 1) }
  }

  /// The same by a whole run, whose product is large enough for the tensor cores.
  private func moveRest(_ later: Range<Int>, by run: Range<Int>) {
    guard let factor, !later.isEmpty else { return }
    guard work.element == .float32, run.count >= Self.runColumns / 2 else {
      return move(later, by: run, runStart: run.lowerBound, corrected: quantized)
    }
    func add(_ values: DeviceMatrix, _ triangle: DeviceMatrix, _ sign: Double) {
      let rows = 0..<work.rows
      device.multiplyInJoinedParts(
        MatrixView(values).part(rows, 0..<run.count), MatrixView(triangle).part(run, later),
        into: MatrixView(work, changing: true).part(rows, later), factor: sign, isAdded: true)
    }
    add(error, factor, -1)
    if let correction, let quantized { add(quantized, correction, 1) }
  }
}

extension QuantizationGrid {
  /// Whether no kernel fits it.
  var isFittedOnHost: Bool { sym && span == .fullRange }
}

extension FloatFormat {
  /// The kernels' number of the type.
  fileprivate var kernelNumber: Int32 {
    switch self {
    case .f16: 0
    case .bf16: 1
    case .f32: 2
    }
  }
}
