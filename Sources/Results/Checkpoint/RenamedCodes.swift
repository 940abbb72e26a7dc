import Basics
import Foundation
import GPTQ
import Model

/// The codes of a checkpoint under the names that a study has for its linears: Mixtral's experts and
/// Phi-3's gate and up have others in a checkpoint of `--names gptqmodel`.
struct RenamedCodes {
  private let reader: GPTQCheckpointReader
  private let own: ModelConfig
  private let theirs: ModelConfig

  /// Codes of `reader`, whose model is `own`, under the names of linears that `modules` has; nil where
  /// no convention of its family has them.
  init?(_ reader: GPTQCheckpointReader, _ own: ModelConfig, as modules: [ModuleResult]) {
    let wanted = Set(modules.map(\.module))
    let others = ModelNames.Convention.allCases.lazy.compactMap {
      try? ModelConfig(directory: reader.tensors.url, convention: $0)
    }
    guard
      let theirs = others.first(where: { wanted.isSubset(of: $0.linearNames.map(\.rawValue)) }),
      theirs.layers == own.layers
    else { return nil }
    (self.reader, self.own, self.theirs) = (reader, own, theirs)
  }

  /// A linear's rows among those of all linears of its layer.
  private struct Place {
    var name: LinearName
    var rows: Range<Int>
    var columns: Int
  }

  /// The digest of the rows that are the linear `name` of `layer` there; nil where they are not all
  /// quantized alike.
  func digest(layer: Int, _ name: String) throws(InputError) -> String? {
    guard theirs.description.layers.indices.contains(layer),
      let wanted = Self.places(theirs.layer(layer)).first(where: { $0.name.rawValue == name })
    else { return nil }
    var joined: QuantizedLinear?
    var columns = Set([wanted.columns])
    for part in Self.places(own.layer(layer)) where part.rows.overlaps(wanted.rows) {
      columns.insert(part.columns)
      let module = part.name.tensorPrefix(layer: layer)
      guard columns.count == 1, reader.isQuantized(module) else { return nil }
      let rows = part.rows.clamped(to: wanted.rows)
      let linear = try reader.linear(module).rows(
        in: rows.lowerBound - part.rows.lowerBound..<rows.upperBound - part.rows.lowerBound)
      guard let before = joined else {
        joined = linear
        continue
      }
      guard before.hasGroups(of: linear) else { return nil }
      joined = before.appending(linear)
    }
    return joined?.digest
  }

  /// How many rows the linears `modules` have together.
  func quantizedRows(of modules: [ModuleResult]) -> Int {
    modules.reduce(0) { sum, module in
      guard theirs.description.layers.indices.contains(module.layer) else { return sum }
      let linear = theirs.layer(module.layer)[LinearName(rawValue: module.module)]
      return sum + (linear?.rows ?? 0)
    }
  }

  private static func places(_ layer: LayerDescription) -> [Place] {
    var end = 0
    return layer.linears.map { linear in
      defer { end += linear.rows }
      return Place(name: linear.name, rows: end..<end + linear.rows, columns: linear.columns)
    }
  }
}
