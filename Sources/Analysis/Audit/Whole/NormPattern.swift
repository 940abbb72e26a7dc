import Foundation

/// How a vector of norm weights or biases came to differ from the base's.
struct NormPattern {
  /// What it is.
  let words: AuditSentence
  /// Whether nothing that computes the same makes it so.
  var standsByItself = false

  /// What `own` is in terms of `base`, the base's vector of that name, and of `others`, all of the
  /// base's vectors of that length; nil for nothing that is known.
  static func of(
    _ own: [Float], base: [Float], others: [(name: String, values: [Float])]
  ) -> NormPattern? {
    guard own.count == base.count, norm(base) > 0 else { return nil }
    if let other = others.first(where: { isStored(own, $0.values) }) {
      return NormPattern(words: .tensors(.otherTensor, other.name), standsByItself: true)
    }
    if own.first != own.last || own.contains(where: { $0 != own[0] }),
      isStored(own.sorted(), base.sorted())
    {
      return NormPattern(
        words: .tensors(.valuesReordered), standsByItself: true)
    }
    return resembling(own, base, others).map { NormPattern(words: $0) }
  }

  /// Whether `own` is `other` but for rounding to bfloat16.
  private static func isStored(_ own: [Float], _ other: [Float]) -> Bool {
    own.count == other.count && zip(own, other).allSatisfy { abs($0 - $1) <= 0x1p-8 * abs($1) }
  }

  private static func resembling(
    _ own: [Float], _ base: [Float], _ others: [(name: String, values: [Float])]
  ) -> AuditSentence? {
    let size = norm(base)
    func isNear(_ other: (Int) -> Float) -> Bool {
      var error = 0.0
      for index in own.indices {
        let off = Double(own[index]) - Double(other(index))
        error += off * off
      }
      return error.squareRoot() < tolerance * size
    }
    if isNear({ base[$0] - 1 }) {
      return
        .tensors(.lessOne)
    }
    if isNear({ base[$0] + 1 }) { return .tensors(.oneAdded) }
    for other in others where other.values.count == own.count {
      if isNear({ other.values[$0] }) { return .tensors(.otherTensor, other.name) }
    }
    for shift in [1, -1, 2, -2] {
      let count = base.count
      if isNear({ base[(($0 + shift) % count + count) % count] }) {
        return .tensors(.shifted, abs(shift))
      }
    }
    if let first = own.first, own.allSatisfy({ $0 == first }) {
      return .tensors(.oneValue, first)
    }
    let factor = zip(own, base).reduce(0.0) { $0 + Double($1.0 * $1.1) } / (size * size)
    if isNear({ Float(factor) * base[$0] }) {
      return .tensors(.scaled, String(format: "%.3g", factor))
    }
    return nil
  }

  /// Relative differences that rounding to eight bits of precision makes.
  private static let tolerance = 0.01

  private static func norm(_ values: [Float]) -> Double {
    values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
