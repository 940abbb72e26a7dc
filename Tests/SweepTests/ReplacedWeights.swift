import Basics
import GPTQ
import Model
import Sweep
import Tensor

/// Keeps the weights that a pass solves, by tensor name.
final class Recorder: PassObserver {
  private(set) var weights: [String: Matrix<Float>] = [:]

  func solved(_ trial: Int, layer: Int, modules: [SolvedModule]) throws(InputError) {
    for module in modules {
      weights["\(module.name.tensorPrefix(layer: layer)).weight"] =
        module.solved.linear.dequantized()
    }
  }
}

/// A model's weights with some replaced.
struct Replaced: WeightSource {
  var base: any WeightSource
  var weights: [String: Matrix<Float>]

  func contains(_ name: String) -> Bool { base.contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try base.shape(of: name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    if let weight = weights[name] { return weight.rows(in: rows) }
    return try base.matrix(name, rows: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] { try base.vector(name) }
}
