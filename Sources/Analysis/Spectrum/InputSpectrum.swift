import Basics
import Compute
import GPTQ
import Model
import Tensor

/// What the base model's linears read: how well their Hessians can be inverted, and
/// how large their inputs become.
public struct InputSpectrum: Sendable {
  /// Linears of one layer that read the same.
  public struct Entry: Sendable {
    /// The decoder layer, from 0.
    public let layer: Int
    /// The linears.
    public let linears: [LinearName]
    /// The condition of H; nil where it is too wide to decompose.
    public let condition: HessianCondition?
    /// The largest |x| of any token.
    public let largestInput: Double
  }

  /// All inputs, in the order in which tokens meet them.
  public let entries: [Entry]

  /// Moves `windows` through `decoder` once.
  public init(_ decoder: Decoder, windows: [[Int32]]) throws(InputError) {
    var entries: [Entry] = []
    var states = try decoder.embed(windows)
    try decoder.walk(positions: windows.longest) { layer, stage in
      let hessians = layer.hessians(of: stage, in: states)
      var largest = [Float](repeating: 0, count: hessians.count)
      layer.forEachInput(of: stage, in: states) { group, x in
        largest[group] = max(largest[group], layer.engine.largestMagnitude(x))
      }
      for (place, group) in stage.groups.enumerated() {
        entries.append(
          Entry(
            layer: layer.index, linears: group.linears.map(\.name),
            condition: HessianCondition(hessians[place].hessian(), engine: layer.engine),
            largestInput: Double(largest[place])))
      }
      layer.advance(&states, through: stage)
    }
    self.entries = entries
  }

  /// The condition of the Hessian that the linear `name` of `layer` is solved on.
  public func condition(layer: Int, _ name: LinearName) -> HessianCondition? {
    entries.first { $0.layer == layer && $0.linears.contains(name) }?.condition
  }

  /// The largest |x| that any linear reads.
  public var largestInput: Double { entries.map(\.largestInput).max() ?? 0 }

  /// The condition numbers, ascending.
  public var conditionNumbers: [Double] { entries.compactMap { $0.condition?.number }.sorted() }
}
