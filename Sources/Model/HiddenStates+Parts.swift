import Compute
import Tensor

/// The residual stream as bytes, part after part, for a pass that saves itself between two layers.
extension HiddenStates {
  /// How many parts the stream has: one a chunk.
  public var partCount: Int { stream.count }

  /// Bytes of the whole stream.
  public var byteCount: Int { stream.indices.reduce(0) { $0 + partBytes($1) } }

  /// Bytes of one part.
  public func partBytes(_ index: Int) -> Int { 4 * stream[index].rows * stream[index].columns }

  /// One part, as little-endian float32.
  public func part(_ index: Int) -> [UInt8] {
    engine.download(stream[index]).elements.littleEndianBytes
  }

  /// Replaces one part by what `part` gave.
  /// - Precondition: `bytes` are `partBytes(index)`.
  public mutating func replacePart(_ index: Int, with bytes: [UInt8]) {
    let (rows, columns) = (stream[index].rows, stream[index].columns)
    let part = engine.upload(
      Matrix(rows: rows, columns: columns, elements: [Float](littleEndianBytes: bytes)))
    updateStream(index) { $0 = part }
  }
}
