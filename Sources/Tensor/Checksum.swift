import CKernels

/// A 64-bit sum over parts of a file that tells a damaged one from a whole one. It guards against
/// accidents, not against people.
public struct Checksum: Sendable, Equatable {
  /// The sum of the parts so far.
  public private(set) var value: UInt64 = 0

  /// The sum of nothing.
  public init() {}

  /// Takes in the next part. Where parts begin and end matters.
  public mutating func update(_ bytes: [UInt8]) {
    value = tenbin_checksum(bytes, bytes.count, value)
  }
}
