/// A row-major matrix, (rows, columns), in the bytes in which a file stores it: half of float32 for an
/// engine that computes on the stored type.
public struct EncodedMatrix: Sendable, Equatable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// What its elements are stored in.
  public let format: FloatFormat
  /// The elements, little-endian.
  public let bytes: [UInt8]

  /// Puts the parts together.
  /// - Precondition: `bytes` are those of rows · columns elements.
  public init(rows: Int, columns: Int, format: FloatFormat, bytes: [UInt8]) {
    precondition(
      bytes.count == rows * columns * format.storageType.byteCount, "bytes for each element")
    self.rows = rows
    self.columns = columns
    self.format = format
    self.bytes = bytes
  }

  /// Writes the elements of `rows` to `out`, as float32.
  /// - Precondition: the matrix has those rows, and `out` room for them.
  public func decode(rows: Range<Int>, to out: UnsafeMutablePointer<Float>) {
    let row = columns * format.storageType.byteCount
    let range = rows.lowerBound * row..<rows.upperBound * row
    precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "rows of the matrix")
    bytes.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      format.decode(base + range.lowerBound, count: rows.count * columns, to: out)
    }
  }

  /// The elements as float32.
  public var decoded: Matrix<Float> {
    Matrix(rows: rows, columns: columns, elements: format.decode(bytes))
  }
}
