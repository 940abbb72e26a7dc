import Basics
import Model
import Tensor

/// Weights whose rows are taken in another order than they are stored in.
struct ReorderedRows: WeightSource {
  private let inner: any WeightSource
  /// For a tensor, the stored row of each row that is read.
  private let orders: [String: [Int]]

  /// The rows of queries and keys of `model` as if each head stood in the interleaved order, number by
  /// number of a rotated pair, where this format has all first numbers and then all second ones.
  static func interleaved(_ model: Decoder) -> ReorderedRows? {
    var orders: [String: [Int]] = [:]
    for (index, layer) in model.config.description.layers.enumerated() {
      guard let attention = layer.attention else { continue }
      let (head, rotated) = (attention.shape.headDimension, attention.rope.headDimension)
      for linear in layer.linears {
        let parts = linear.parts.filter { $0.role == .query || $0.role == .key }
        guard !parts.isEmpty else { continue }
        var order = Array(0..<linear.rows)
        for part in parts {
          for start in stride(from: part.rows.lowerBound, to: part.rows.upperBound, by: head) {
            for place in 0..<rotated {
              let half = rotated / 2
              order[start + place] = start + (place < half ? 2 * place : 2 * (place - half) + 1)
            }
          }
        }
        let prefix = linear.name.tensorPrefix(layer: index)
        for name in ["\(prefix).weight", "\(prefix).bias"] { orders[name] = order }
      }
    }
    return orders.isEmpty ? nil : ReorderedRows(inner: model.source, orders: orders)
  }

  func contains(_ name: String) -> Bool { inner.contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try inner.shape(of: name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    guard let order = orders[name] else { return try inner.matrix(name, rows: rows) }
    let stored = try inner.matrix(name, rows: 0..<order.count)
    return Matrix(
      rows: rows.count, columns: stored.columns,
      elements: rows.flatMap { stored.row(order[$0]) })
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    let stored = try inner.vector(name)
    return orders[name].map { $0.map { stored[$0] } } ?? stored
  }
}

/// Weights some of which are read under the names of others.
struct RenamedTensors: WeightSource {
  private let inner: any WeightSource
  private let names: [String: String]

  /// Every layer of `model` with its linears of two roles exchanged; nil where they are parts of one
  /// tensor, or differ in shape.
  static func exchanging(
    _ first: Linear.Role, _ second: Linear.Role, of model: Decoder
  ) -> RenamedTensors? {
    var names: [String: String] = [:]
    for (index, layer) in model.config.description.layers.enumerated() {
      for group in layer.stages.flatMap(\.groups) {
        func linear(_ role: Linear.Role) -> Linear? {
          group.linears.first { $0.parts.map(\.role) == [role] }
        }
        guard let one = linear(first), let other = linear(second), one.rows == other.rows,
          one.hasBias == other.hasBias
        else { continue }
        for part in ["weight", "bias"] {
          let a = "\(one.name.tensorPrefix(layer: index)).\(part)"
          let b = "\(other.name.tensorPrefix(layer: index)).\(part)"
          (names[a], names[b]) = (b, a)
        }
      }
    }
    return names.isEmpty ? nil : RenamedTensors(inner: model.source, names: names)
  }

  private func stored(_ name: String) -> String { names[name] ?? name }

  func contains(_ name: String) -> Bool { inner.contains(stored(name)) }

  func shape(of name: String) throws(InputError) -> [Int] { try inner.shape(of: stored(name)) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    try inner.matrix(stored(name), rows: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] { try inner.vector(stored(name)) }
}

/// Weights of which one vector is read times a factor.
struct ScaledVector: WeightSource {
  private let inner: any WeightSource
  private let name: String
  private let factor: Float

  /// The gains of `norm`; nil where the family stores them otherwise than they are.
  init?(_ inner: any WeightSource, _ norm: Norm, by factor: Float) {
    guard norm.offset == 0 else { return nil }
    (self.inner, name, self.factor) = (inner, norm.tensor, factor)
  }

  func contains(_ name: String) -> Bool { inner.contains(name) }

  func shape(of name: String) throws(InputError) -> [Int] { try inner.shape(of: name) }

  func matrix(_ name: String, rows: Range<Int>) throws(InputError) -> Matrix<Float> {
    try inner.matrix(name, rows: rows)
  }

  func vector(_ name: String) throws(InputError) -> [Float] {
    let stored = try inner.vector(name)
    return name == self.name ? stored.map { $0 * factor } : stored
  }
}
