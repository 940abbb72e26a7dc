import Basics
import Compute
import GPTQ
import Model
import Results
import Tensor

/// lm_head as one trial leaves it.
public struct SolvedHead: Sendable {
  /// Codes, scales, zeros and g_idx as the column loop left them, and how it went.
  public let solved: SolvedLinear
  /// The codes as the packer wrote them.
  public let packed: QuantizedLinear

  /// The weights that whoever loads the file sees.
  func tiles(on engine: any Engine) -> DecoderHead.Tiles {
    { [packed] in packed.rows(in: $0).dequantized(on: engine) }
  }
}

/// Quantizes lm_head for one trial, on the Hessian of the normed residual stream. Rows of a linear do
/// not depend on each other, so that they are taken a tile at a time: each is rescued on its own, and
/// only codes of the whole head are in memory.
struct HeadSolver {
  let head: DecoderHead
  let engine: any Engine

  /// Solves it on the tokens that have gone through all layers. `base` is the base model's, where
  /// GPTAQ asks for them.
  func solve(
    _ config: TrialConfig, calibration: HiddenStates?, base: HiddenStates?
  ) throws(InputError) -> SolvedHead? {
    guard var quantize = config.quantizeHead, let calibration else { return nil }
    if config.packer == .autogptqBF16 { quantize.scalesDtype = .f32 }
    var accumulator = HessianAccumulator(features: head.shape.columns, engine: engine)
    head.forEachInput(in: calibration) { accumulator.accumulate($0) }
    let hessian = accumulator.hessian()
    var factors = HessianFactors(
      hessian, shift: quantize.usesShift ? shift(calibration, base) : nil,
      engine: engine)
    let norm = HessianNorm(hessian, engine: engine)
    let solver = GPTQSolver(engine: engine)

    var whole: SolvedLinear?
    for first in stride(from: 0, to: head.shape.rows, by: Self.tile) {
      let rows = first..<min(first + Self.tile, head.shape.rows)
      let meter = try ReconstructionMeter(weight: try head.weight(rows: rows), norm: norm)
      let part = try solver.quantize(meter, factors: &factors, config: quantize).downloaded()
      whole = whole.map { $0.appending(part) } ?? part
    }
    guard let whole else { return nil }
    let packed =
      config.packer == .exact ? whole.linear : try AutoGPTQPacker.packBF16(whole.linear).linear
    return SolvedHead(solved: whole, packed: packed)
  }

  private func shift(_ states: HiddenStates, _ base: HiddenStates?) -> EngineBuffer? {
    guard let base else { return nil }
    var theirs: [EngineBuffer] = []
    head.forEachInput(in: base) { theirs.append($0) }
    var shift = InputShift(features: head.shape.columns, engine: engine)
    var index = 0
    head.forEachInput(in: states) {
      shift.accumulate($0, base: theirs[index])
      index += 1
    }
    return shift.matrix()
  }

  private static let tile = 8192
}
