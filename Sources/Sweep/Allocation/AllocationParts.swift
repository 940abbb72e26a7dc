import Basics
import GPTQ
import Model
import Results

/// A part of the model whose linears take one option together.
struct AllocationPart: Sendable {
  let layer: Int
  /// What it is called inside the layer, the same in every layer that has it.
  let name: String
  let linears: [Linear]

  func contains(_ layer: Int, _ name: LinearName) -> Bool {
    layer == self.layer && linears.contains { $0.name == name }
  }

  /// Bits that its linears take under `config`.
  func bits(_ config: TrialConfig) -> Int {
    linears.reduce(0) { sum, linear in
      let stored = config.stored.quantize(for: layer, linear.name)?
        .storedBits(outFeatures: linear.rows, inFeatures: linear.columns)
      return sum + (stored ?? 16 * linear.weights)
    }
  }

  /// The mean relative error of its linears in a trial, each with the weight of its size, so that a part
  /// that the trial lacks has none; linears without a number are left out, as experts that no token
  /// reaches.
  func error(_ modules: [ModuleResult], _ kind: KeyPath<ModuleResult, Double>) -> Double? {
    var (sum, weights) = (0.0, 0)
    for module in modules where module.layer == layer {
      guard let linear = linears.first(where: { $0.name.rawValue == module.module }),
        module[keyPath: kind].isFinite
      else { continue }
      sum += module[keyPath: kind] * Double(linear.weights)
      weights += linear.weights
    }
    return weights > 0 ? sum / Double(weights) : nil
  }
}

extension ModelConfig {
  /// The parts of the model, layer by layer: the linears that `isChosen` names, those together that
  /// loaders fuse, which read the same input (q, k and v; gate and up), and the experts of a layer; each
  /// for itself where that `isFree`.
  func allocationParts(
    isFree: Bool, where isChosen: (Int, LinearName) -> Bool
  ) -> [AllocationPart] {
    description.layers.enumerated().flatMap { index, layer -> [AllocationPart] in
      func part(_ name: String, _ linears: [Linear]) -> AllocationPart? {
        let chosen = linears.filter { isChosen(index, $0.name) }
        return chosen.isEmpty ? nil : AllocationPart(layer: index, name: name, linears: chosen)
      }
      if isFree { return layer.linears.compactMap { part($0.name.rawValue, [$0]) } }
      let groups = layer.stages.flatMap(\.groups)
      let experts = groups.filter { $0.expert != nil }.flatMap(\.linears)
      return groups.filter { $0.expert == nil }.compactMap {
        part(Self.name($0.linears), $0.linears)
      }
        + [part("experts", experts)].compactMap(\.self)
    }
  }

  /// `self_attn.q_proj k_proj v_proj`.
  private static func name(_ linears: [Linear]) -> String {
    let names = linears.map { $0.name.rawValue }
    guard let first = names.first else { return "" }
    let others = names.dropFirst().map { $0.split(separator: ".").last.map(String.init) ?? $0 }
    return ([first] + others).joined(separator: " ")
  }
}
