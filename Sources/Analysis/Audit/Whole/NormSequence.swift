import Basics
import Foundation
import Model
import Tensor

/// Weights of one kind of norm from layer to layer. Neighbours resemble each other, so that a layer whose
/// two norms were exchanged shows by itself: each continues the other's sequence.
enum NormSequence {
  /// The layers whose two norms continue each other's sequences, of `source`.
  static func exchanged(in source: SafetensorsDirectory) throws(InputError) -> [Int] {
    var normWeights: [[[Float]]] = []
    while true {
      let prefix = "model.layers.\(normWeights.count)."
      let names = ["input_layernorm", "post_attention_layernorm"].map { "\(prefix)\($0).weight" }
      guard names.allSatisfy(source.contains) else { break }
      var both: [[Float]] = []
      for name in names {
        guard try source.shape(of: name).count == 1 else { return [] }
        both.append(try source.vector(name))
      }
      guard both[0].count == both[1].count, both[0].count >= enough,
        normWeights.last.map({ $0[0].count == both[0].count }) ?? true
      else { return [] }
      normWeights.append(both)
    }
    return normWeights.indices.filter { layer in
      let near = [layer - 1, layer + 1].filter(normWeights.indices.contains)
      // How well weights of `from` continue the kind `kind` in the layers beside.
      func kinship(_ from: Int, _ kind: Int) -> Double {
        near.map { correlation(normWeights[layer][from], normWeights[$0][kind]) }.max() ?? 0
      }
      return [0, 1].contains { kind in
        let other = kinship(1 - kind, kind)
        return other > resembling && other - kinship(kind, kind) > apart
      }
    }
  }

  /// Channels from which on a correlation says something.
  private static let enough = 64
  /// The correlation of weights that continue a sequence.
  private static let resembling = 0.6
  /// By how much the other norm must continue it better: in healthy models it never does by 0.2.
  private static let apart = 0.4

  private static func correlation(_ a: [Float], _ b: [Float]) -> Double {
    let count = Double(max(a.count, 1))
    let (meanA, meanB) = (
      a.reduce(0) { $0 + Double($1) } / count, b.reduce(0) { $0 + Double($1) } / count
    )
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (x, y) = (Double(x) - meanA, Double(y) - meanB)
      xy += x * y
      xx += x * x
      yy += y * y
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }
}
