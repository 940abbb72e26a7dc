import Analysis
import Basics
import Compute
import GPTQ
import Model
import Report
import Tensor

/// An engine's solutions of the linears of a model held against the CPU's in Double: on the same
/// Hessians, which the engine has gathered itself, and for some rows of each linear, which do not depend
/// on the others. Beside it the CPU's own codes in float32, which differ from those in Double where the
/// Hessian is near-singular, and how many of the engine's codes are theirs.
struct LayerCheck {
  let decoder: Decoder
  let windows: [[Int32]]
  let config: QuantizeConfig

  /// Rows of each linear that are compared.
  private static let rows = 64

  /// One line for each linear, and one for all of them.
  func run() throws(InputError) -> Table {
    let cpu = try CPUEngine.opened(threads: nil)
    var states = try decoder.embed(windows)
    var lines: [[Table.Cell]] = []
    var all = Agreement()
    try decoder.walk(positions: windows.longest) { (layer, stage) throws(InputError) in
      let hessians = layer.hessians(of: stage, in: states)
      for (group, gathered) in zip(stage.groups, hessians) {
        lines += try compare(group, layer, gathered.hessian(), cpu, &all)
      }
      layer.advance(&states, through: stage)
    }
    lines.append([.text("all"), .text("")] + all.cells)
    return Table(
      columns: [
        .init("layer"), .init("module"), .init("codes"), .init("equal_codes"),
        .init("cpu_float32_equal_codes"), .init("equal_to_cpu_float32"),
        .init("relative_error"), .init("rtn_relative_error"), .init("better_than_rtn"),
      ], rows: lines)
  }

  /// How many codes were compared, and how many of them are equal.
  private struct Agreement {
    var codes = 0
    /// The engine's and those in Double.
    var engine = 0
    /// The CPU's in float32 and those in Double.
    var cpu = 0
    /// The engine's and the CPU's in float32.
    var both = 0

    init() {}

    init(_ found: [UInt8], cpu: [UInt8], double: [UInt8]) {
      codes = double.count
      engine = zip(found, double).count { $0 == $1 }
      self.cpu = zip(cpu, double).count { $0 == $1 }
      both = zip(found, cpu).count { $0 == $1 }
    }

    mutating func add(_ other: Agreement) {
      codes += other.codes
      engine += other.engine
      cpu += other.cpu
      both += other.both
    }

    var cells: [Table.Cell] {
      [.integer(codes)] + [engine, cpu, both].map { .number(Double($0) / Double(codes)) }
    }
  }

  private func compare(
    _ group: Stage.Group, _ layer: DecoderLayer, _ hessian: EngineBuffer, _ cpu: CPUEngine,
    _ all: inout Agreement
  ) throws(InputError) -> [[Table.Cell]] {
    let engine = decoder.engine
    var factors = HessianFactors(hessian, engine: engine)
    var inHost = HessianFactors(cpu.upload(engine.download(hessian)), engine: cpu)
    let solver = GPTQSolver(engine: engine)
    let norm = HessianNorm(hessian, engine: engine)
    func factor(_ precision: Precision) throws(InputError) -> FactoredHessian {
      do {
        return try inHost.factor(
          Damping(dampPercent: config.dampPercent), ColumnOrder(config), precision)
      } catch {
        throw InputError(
          .failed, asked: "factorise the Hessian of \(group.linears[0].name.rawValue)",
          found: "it is not positive definite (leading minor \(error.leadingMinor))",
          hint: "give more --samples")
      }
    }
    let (reference, single) = (try factor(.float64), try factor(.float32))
    var lines: [[Table.Cell]] = []
    for linear in group.linears {
      let weight = layer.weight(linear.name)
      let meter = try ReconstructionMeter(weight: weight, norm: norm)
      let companion = solver.roundToNearest(meter, config: config)
      let solution = try solver.quantize(
        meter, factors: &factors, config: config, companion: companion)
      let found = solution.linear.downloaded().codes
      let some = stride(from: 0, to: linear.rows, by: max(1, linear.rows / Self.rows))
        .prefix(Self.rows).map { $0 }
      let rows = engine.download(engine.gatherRows([(weight, some.map(Int32.init))]))
      func codes(with factor: FactoredHessian) -> [UInt8] {
        let columns = cpu.gptqColumns(
          cpu.upload(rows), order: factor.permutation, factor: factor.factor, correction: nil,
          grid: QuantizationGrid(
            bits: config.bits, sym: config.sym, scalesDtype: config.scalesDtype),
          groups: .runs(
            size: config.groupSize == -1 ? linear.columns : config.groupSize, fresh: false),
          blockSize: 128)
        return cpu.download(columns.kept).codes.elements
      }
      let agreement = Agreement(
        found.selectingRows(some).elements, cpu: codes(with: single), double: codes(with: reference)
      )
      all.add(agreement)
      lines.append(
        [.integer(layer.index), .text(linear.name.rawValue)] + agreement.cells
          + [
            .number(solution.error.relative), .number(companion.error.relative),
            .text(
              solution.error.squaredError < companion.error.squaredError ? "yes" : "no"),
          ])
    }
    return lines
  }
}
