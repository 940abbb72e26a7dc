import Basics
import Tensor

extension QuantizedLinear {
  /// A hash of what a checkpoint stores of it: codes, zeros, scales in their type, groups. 32
  /// hexadecimal digits: equal linears have equal ones, whoever wrote them.
  public var digest: String {
    var hash = SHA256()
    hash.update("\(bits) \(codes.rows) \(codes.columns) \(scalesDtype.rawValue)\n".utf8)
    hash.update(codes.elements)
    hash.update(scalesDtype.encode(grids.scales.elements))
    hash.update(grids.zeros.elements.littleEndianBytes)
    hash.update(groupIndex.littleEndianBytes)
    return String(hash.hexDigest().prefix(32))
  }
}
