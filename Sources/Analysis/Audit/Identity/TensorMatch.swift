import Basics
import Compute
import GPTQ
import Model
import Tensor

/// Which of the base's tensors modules hold, whatever they are called: each is held against all of the
/// base's of its shape by a few rows.
///
/// A module is another tensor where its rows leave less than half as much unexplained by that one's,
/// 1 − cos², as by those of its own name. That also tells apart tensors that resemble each other, such as
/// experts that were trained from one MLP, and finds nothing among equal ones.
struct TensorMatch {
  let reader: GPTQCheckpointReader
  let base: ModelWeights
  let engine: any Engine

  /// Rows of each that are compared, and columns of them.
  private static let (rows, columns) = (8, 1024)
  /// Modules that are held against one pass over the base.
  private static let together = 1024
  /// The mean cosine of rows below which they have nothing in common.
  private static let least: Float = 0.5

  /// The base's tensor that each of `modules` is; those that are their own, or nothing known, are left
  /// out.
  func others(of modules: [String]) throws(InputError) -> [String: String] {
    var byShape: [[Int]: [String]] = [:]
    for module in modules {
      let codes = try reader.linear(module).codes
      byShape[[codes.rows, codes.columns], default: []].append(module)
    }
    var found: [String: String] = [:]
    for (shape, modules) in byShape {
      for start in stride(from: 0, to: modules.count, by: Self.together) {
        let some = Array(modules[start..<min(start + Self.together, modules.count)])
        for (module, tensor) in try match(some, shape) { found[module] = tensor }
      }
    }
    return found
  }

  private func match(
    _ modules: [String], _ shape: [Int]
  ) throws(InputError) -> [(module: String, tensor: String)] {
    let places = Self.places(shape[0])
    var signatures: [Float] = []
    for module in modules {
      let linear = try reader.linear(module)
      for place in places {
        signatures += Self.unit(linear.rows(in: place..<place + 1).dequantized().elements)
      }
    }
    let width = places.count * min(shape[1], Self.columns)
    let mine = engine.upload(Matrix(rows: modules.count, columns: width, elements: signatures))
    var own = [Float](repeating: 0, count: modules.count)
    var best = [(cosine: Float, tensor: String)](repeating: (0, ""), count: modules.count)
    for tensor in base.tensorNames where tensor.hasSuffix(".weight") {
      guard try base.shape(of: tensor) == shape else { continue }
      let cosines = engine.download(
        engine.multiply(
          mine, transposingA: false, engine.upload(try signature(tensor, places)),
          transposingB: true)
      ).elements.map { $0 / Float(places.count) }
      for (place, module) in modules.enumerated() {
        if base.originalName(of: module) == tensor {
          own[place] = cosines[place]
        } else if cosines[place] > best[place].cosine {
          best[place] = (cosines[place], tensor)
        }
      }
    }
    return modules.indices.compactMap { place in
      let (other, mine) = (best[place].cosine, max(own[place], 0))
      let isOther = other > Self.least && 2 * (1 - other * other) < 1 - mine * mine
      return isOther ? (modules[place], best[place].tensor) : nil
    }
  }

  /// Some rows of a tensor of the base, each of length 1, one after another.
  private func signature(_ tensor: String, _ places: [Int]) throws(InputError) -> Matrix<Float> {
    var elements: [Float] = []
    let whole = base.isStacked(tensor) ? try base.matrix(tensor) : nil
    for place in places {
      let row = place..<place + 1
      if let whole {
        elements += Self.unit(whole.rows(in: row).elements)
      } else {
        elements += Self.unit(try base.matrix(tensor, rows: row).elements)
      }
    }
    return Matrix(rows: 1, columns: elements.count, elements: elements)
  }

  private static func places(_ count: Int) -> [Int] {
    // An odd step, so that not all of them are even rows.
    Array(stride(from: 0, to: count, by: max(1, count / rows) | 1).prefix(rows))
  }

  /// The beginning of a row, divided by its norm.
  private static func unit(_ row: [Float]) -> [Float] {
    let row = row.prefix(columns)
    let size = row.reduce(Float(0)) { $0 + $1 * $1 }.squareRoot()
    return size > 0 && size.isFinite ? row.map { $0 / size } : row.map { _ in 0 }
  }
}
