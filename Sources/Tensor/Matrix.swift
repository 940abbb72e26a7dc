/// A dense row-major matrix, (rows, columns), with value semantics.
public struct Matrix<Scalar: Sendable>: Sendable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// The elements, row after row.
  public var elements: [Scalar]

  /// Wraps `elements`, row after row.
  /// - Precondition: there are `rows * columns` of them.
  @inlinable public init(rows: Int, columns: Int, elements: [Scalar]) {
    precondition(elements.count == rows * columns, "a \(rows) x \(columns) matrix")
    self.rows = rows
    self.columns = columns
    self.elements = elements
  }

  /// A matrix whose every element is `value`.
  @inlinable public init(rows: Int, columns: Int, repeating value: Scalar) {
    self.init(
      rows: rows, columns: columns, elements: Array(repeating: value, count: rows * columns))
  }

  /// The element at (`row`, `column`).
  @inlinable public subscript(row: Int, column: Int) -> Scalar {
    get { elements[row * columns + column] }
    set { elements[row * columns + column] = newValue }
  }

  /// The elements of one row.
  @inlinable public func row(_ row: Int) -> ArraySlice<Scalar> {
    elements[row * columns..<(row + 1) * columns]
  }

  /// The rows in `range`, as a matrix.
  @inlinable public func rows(in range: Range<Int>) -> Matrix {
    if range == 0..<rows { return self }
    return Matrix(
      rows: range.count, columns: columns,
      elements: Array(elements[range.lowerBound * columns..<range.upperBound * columns]))
  }

  /// Overwrites the rows from `start` on with those of `other`.
  @inlinable public mutating func replaceRows(startingAt start: Int, with other: Matrix) {
    precondition(other.columns == columns && start + other.rows <= rows, "rows that fit")
    elements.replaceSubrange(
      start * columns..<(start + other.rows) * columns, with: other.elements)
  }

  /// The matrix whose row `i` is this one's row `order[i]`.
  @inlinable public func selectingRows(_ order: some Collection<Int>) -> Matrix {
    var result = [Scalar]()
    result.reserveCapacity(order.count * columns)
    for row in order { result.append(contentsOf: self.row(row)) }
    return Matrix(rows: order.count, columns: columns, elements: result)
  }

  /// The matrix whose column `j` is this one's column `order[j]`.
  @inlinable public func selectingColumns(_ order: [Int]) -> Matrix {
    var result = [Scalar]()
    result.reserveCapacity(rows * order.count)
    for row in 0..<rows {
      let start = row * columns
      for column in order { result.append(elements[start + column]) }
    }
    return Matrix(rows: rows, columns: order.count, elements: result)
  }

  /// The transpose, (columns, rows).
  @inlinable public func transposed() -> Matrix {
    var result = [Scalar]()
    result.reserveCapacity(elements.count)
    for column in 0..<columns {
      for row in 0..<rows { result.append(elements[row * columns + column]) }
    }
    return Matrix(rows: columns, columns: rows, elements: result)
  }

  /// The matrix with `transform` applied to each element.
  @inlinable public func map<Other: Sendable>(_ transform: (Scalar) -> Other) -> Matrix<Other> {
    Matrix<Other>(rows: rows, columns: columns, elements: elements.map(transform))
  }
}

extension Matrix: Equatable where Scalar: Equatable {}

extension Matrix where Scalar: AdditiveArithmetic {
  /// A matrix of zeros.
  @inlinable public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, repeating: .zero)
  }
}

extension Matrix where Scalar: BinaryFloatingPoint {
  /// The same values in another precision.
  @inlinable public init<Other: BinaryFloatingPoint>(_ other: Matrix<Other>) {
    self.init(
      rows: other.rows, columns: other.columns, elements: other.elements.map { Scalar($0) })
  }

  /// The elements (i, i).
  @inlinable public var diagonal: [Scalar] {
    (0..<min(rows, columns)).map { self[$0, $0] }
  }

  /// The sum of the squares of all elements, ‖A‖² (Frobenius), accumulated in Double.
  @inlinable public var squaredNorm: Double {
    elements.reduce(into: 0.0) { $0 += Double($1) * Double($1) }
  }

  /// ‖A − B‖² (Frobenius), accumulated in Double.
  @inlinable public func squaredDistance(to other: Matrix) -> Double {
    precondition(elements.count == other.elements.count, "equal shapes")
    var sum = 0.0
    for index in elements.indices {
      let difference = Double(elements[index]) - Double(other.elements[index])
      sum += difference * difference
    }
    return sum
  }
}
