import Basics
import Compute
import GPTQ
import Model
import Tensor

/// What the base model's linears read, stage by stage: how well their Hessians can be inverted, and
/// how large their inputs become.
public struct InputSpectrum: Sendable {
  /// One stage of one layer.
  public struct Entry: Sendable {
    /// The decoder layer, from 0.
    public let layer: Int
    /// The stage.
    public let stage: Stage
    /// The condition of H; nil where it is too wide to decompose.
    public let condition: HessianCondition?
    /// The largest |x| of any token.
    public let largestInput: Double
  }

  /// All stages, in the order in which tokens meet them.
  public let entries: [Entry]

  /// Moves `windows` through `decoder` once.
  public init(
    _ decoder: Decoder, windows: [[Int32]], engine: any Engine
  ) throws(InputError) {
    var entries: [Entry] = []
    var states = try decoder.embed(windows)
    let longest = windows.map(\.count).max() ?? 0
    for index in 0..<decoder.config.layers {
      let layer = try decoder.layer(index, positions: longest)
      for stage in Stage.allCases {
        let features = stage.modules.first.map { decoder.config.shape(of: $0).columns } ?? 0
        var hessian = HessianAccumulator(features: features)
        var largest: Float = 0
        layer.forEachInput(of: stage, in: states) { x in
          hessian.accumulate(x, engine: engine)
          largest = x.elements.reduce(largest) { max($0, abs($1)) }
        }
        entries.append(
          Entry(
            layer: index, stage: stage,
            condition: HessianCondition(hessian.hessian(), engine: engine),
            largestInput: Double(largest)))
        layer.advance(&states, through: stage, weights: layer.weights(of: stage))
      }
    }
    self.entries = entries
  }

  /// The condition of the Hessian that `module` of `layer` is solved on.
  public func condition(layer: Int, _ module: LinearModule) -> HessianCondition? {
    entries.first { $0.layer == layer && $0.stage == module.stage }?.condition
  }

  /// The largest |x| that any linear reads.
  public var largestInput: Double { entries.map(\.largestInput).max() ?? 0 }

  /// The condition numbers, ascending.
  public var conditionNumbers: [Double] { entries.compactMap { $0.condition?.number }.sorted() }
}
