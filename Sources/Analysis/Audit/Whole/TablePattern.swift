import Basics
import Foundation
import Model
import Tensor

/// How a table of rows, such as the embeddings, came to differ from the base's.
enum TablePattern {
  /// What `tensor` of `source` is in terms of `original` of `base`; nil for nothing that is known.
  static func name(
    _ tensor: PlainTensor, of source: SafetensorsDirectory, base: ModelWeights,
    original: String
  ) throws(InputError) -> AuditSentence? {
    let rows = tensor.shape[0]
    guard rows > 2 * reach else { return nil }
    let places = stride(from: reach, to: rows - reach, by: max(1, rows / samples)).map { $0 }
    var shifts: [Int: Int] = [:]
    var wanted: [[Float]: Int] = [:]
    for place in places {
      let own = try source.matrix(tensor.name, rows: place..<place + 1).elements
      let near = try base.matrix(original, rows: place - reach..<place + reach + 1)
      for shift in -reach...reach where isNear(own, Array(near.row(reach + shift))) {
        shifts[shift, default: 0] += 1
      }
      wanted[Array(own.prefix(keyLength)), default: place] = place
    }
    if let best = shifts.max(by: { $0.value < $1.value }), best.value * 2 > places.count,
      best.key != 0
    {
      return best.key > 0
        ? .tensors(.rowsFurtherOn, best.key)
        : .tensors(.rowsBefore, -best.key)
    }
    if (shifts[0] ?? 0) * 2 > places.count {
      return .tensors(.someRowsOther, places.count - (shifts[0] ?? 0), places.count)
    }
    let found = try rowsElsewhere(wanted, tensor, base, original)
    return found * 2 > places.count ? .tensors(.rowsReordered) : nil
  }

  /// Whether the rows are the base's turned by one orthogonal matrix, as QuaRot and SpinQuant turn the
  /// residual stream: they differ, and their lengths and angles do not.
  static func isTurned(
    _ tensor: PlainTensor, of source: SafetensorsDirectory, base: ModelWeights, original: String
  ) throws(InputError) -> Bool {
    let step = max(1, tensor.shape[0] / samples)
    var (mine, theirs): ([[Float]], [[Float]]) = ([], [])
    for row in stride(from: 0, to: tensor.shape[0], by: step) {
      mine.append(try source.matrix(tensor.name, rows: row..<row + 1).elements)
      theirs.append(try base.matrix(original, rows: row..<row + 1).elements)
    }
    var (apart, power) = (0.0, 0.0)
    for i in mine.indices {
      for j in mine.indices.prefix(i + 1) {
        let (own, other) = (product(mine[i], mine[j]), product(theirs[i], theirs[j]))
        apart += (own - other) * (own - other)
        power += other * other
      }
    }
    // Rounding to bfloat16 leaves a hundredth of that.
    return power > 0 && apart < 1e-3 * power
  }

  private static func product(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// How many different values rows of `tensor` have at most, of those that are looked at.
  static func levels(
    _ tensor: PlainTensor, of source: SafetensorsDirectory
  ) throws(InputError) -> Int {
    var levels = 0
    for row in stride(from: 0, to: tensor.shape[0], by: max(1, tensor.shape[0] / samples)) {
      levels = max(levels, Set(try source.matrix(tensor.name, rows: row..<row + 1).elements).count)
    }
    return levels
  }

  /// Rows on either side that are tried.
  private static let reach = 3
  private static let samples = 48
  private static let keyLength = 8

  private static func isNear(_ own: [Float], _ base: [Float]) -> Bool {
    var (error, power) = (0.0, 0.0)
    for (a, b) in zip(own, base) {
      error += Double(a - b) * Double(a - b)
      power += Double(b) * Double(b)
    }
    return error <= 1e-4 * power
  }

  /// How many of `wanted`, beginnings of rows, are the beginning of some row of the base.
  private static func rowsElsewhere(
    _ wanted: [[Float]: Int], _ tensor: PlainTensor, _ base: ModelWeights,
    _ original: String
  ) throws(InputError) -> Int {
    let format = tensor.format ?? .f32
    var found = Set<[Float]>()
    let block = max(1, (1 << 21) / max(tensor.shape[1], 1))
    for start in stride(from: 0, to: tensor.shape[0], by: block) {
      let part = try base.matrix(original, rows: start..<min(start + block, tensor.shape[0]))
      for row in 0..<part.rows {
        let key = part.row(row).prefix(keyLength).map(format.round)
        if wanted[key] != nil { found.insert(key) }
      }
    }
    return found.count
  }
}
