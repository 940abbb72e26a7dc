import Basics
import Foundation
import Model
import Tensor

/// A stored tensor, taken through once, beside the base's where that is at hand.
struct TensorComparison: Sendable {
  /// Values in all.
  private(set) var count = 0
  /// NaN and infinity.
  private(set) var nonFinite = 0
  /// Values below 0.
  private(set) var negative = 0
  /// Values that are 0.
  private(set) var zeros = 0
  /// Rows of zeros before one that is not: at the end they are room for more.
  private(set) var innerZeroRows = 0
  /// Whether all values are one.
  private(set) var isConstant = true
  private var first: Float?
  private var zeroRows = 0
  /// Whether there is a base's tensor of the same shape.
  private(set) var hasBase = false
  /// Values other than the base's, rounded to the stored type.
  private(set) var differing = 0
  /// Values other than the base's as they are.
  private(set) var changed = 0
  /// Bits of the mantissas that occur.
  private var mantissas: UInt32 = 0
  private var error = 0.0
  private var power = 0.0

  /// Elements that are in memory at a time.
  private static let blockElements = 1 << 21

  /// Takes `tensor` of `source` through; `original` is its name in `base`.
  init(
    _ tensor: PlainTensor, of source: SafetensorsDirectory, base: ModelWeights?,
    original: String
  ) throws(InputError) {
    let format = tensor.format ?? .f32
    let baseShape =
      try base?.contains(original) == true ? base?.shape(of: original) : nil
    hasBase = baseShape == tensor.shape
    if tensor.shape.count == 2 {
      let rows = max(1, Self.blockElements / max(tensor.shape[1], 1))
      for start in stride(from: 0, to: tensor.shape[0], by: rows) {
        let range = start..<min(start + rows, tensor.shape[0])
        let theirs = try hasBase ? base?.matrix(original, rows: range).elements : nil
        let own = try source.matrix(tensor.name, rows: range)
        countZeroRows(own)
        add(own.elements, theirs, format)
      }
    } else {
      let theirs = try hasBase ? base?.vector(original) : nil
      add(try source.file(of: tensor.name)?.floats(tensor.name) ?? [], theirs, format)
    }
  }

  private mutating func countZeroRows(_ own: Matrix<Float>) {
    for row in 0..<own.rows {
      if own.row(row).contains(where: { $0 != 0 }) {
        innerZeroRows += zeroRows
        zeroRows = 0
      } else {
        zeroRows += 1
      }
    }
  }

  private mutating func add(_ own: [Float], _ base: [Float]?, _ format: FloatFormat) {
    count += own.count
    if let value = first ?? own.first {
      first = value
      isConstant = isConstant && own.allSatisfy { $0 == value }
    }
    for value in own {
      nonFinite += value.isFinite ? 0 : 1
      negative += value < 0 ? 1 : 0
      zeros += value == 0 ? 1 : 0
      mantissas |= value.bitPattern
    }
    guard let base, base.count == own.count else { return }
    for (value, original) in zip(own, base) where value != original {
      changed += 1
      if value != format.round(original) { differing += 1 }
      let off = Double(value) - Double(original)
      error += off * off
    }
    power += base.reduce(0) { $0 + Double($1) * Double($1) }
  }

  /// ‖a − b‖/‖b‖.
  var relativeError: Double {
    error == 0 ? 0 : (error / max(power, .leastNormalMagnitude)).squareRoot()
  }

  /// Whether the values are the base's, or those rounded to the stored type.
  var isBase: Bool { hasBase && differing == 0 }

  /// The most bits of mantissa that a value uses.
  var precision: Int { max(0, 23 - (mantissas & 0x7F_FFFF).trailingZeroBitCount) }

  /// What came of it, for the list of what was looked at.
  func result(storedAs dtype: String) -> AuditSentence {
    guard hasBase else { return .tensors(.valuesLookedAt) }
    if changed == 0 { return .shared(.equal) }
    if differing == 0 { return .tensors(.roundedTo, dtype) }
    return .tensors(.movedBy, String(format: "%.2g", 100 * relativeError))
  }
}
