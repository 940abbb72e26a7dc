import CKernels

/// Sums over float32 matrices, accumulated in Double by C kernels on all cores. The parts that are
/// summed do not depend on the number of cores, so neither do the bits.
extension Matrix where Scalar == Float {
  /// The sum of the squares of all elements, ‖A‖² (Frobenius).
  public var squaredNorm: Double {
    elements.withUnsafeBufferPointer { x in
      guard let x = x.baseAddress else { return 0 }
      let shared = SharedPointer(UnsafeMutablePointer(mutating: x))
      return sumOfParts(elements.count) { part in
        tenbin_squared_norm(shared.base + part.lowerBound, part.count)
      }
    }
  }

  /// ‖A − B‖² (Frobenius).
  public func squaredDistance(to other: Matrix) -> Double {
    sum(with: other) { tenbin_squared_distance($0, $1, $2) }
  }

  /// Σ A∘B, the inner product of all elements.
  public func dot(_ other: Matrix) -> Double {
    sum(with: other) { tenbin_dot($0, $1, $2) }
  }

  /// A − B.
  public func subtracting(_ other: Matrix) -> Matrix {
    precondition(elements.count == other.elements.count, "equal shapes")
    let count = elements.count
    let difference = [Float](unsafeUninitializedCapacity: count) { out, initialized in
      if let out = out.baseAddress {
        elements.withUnsafeBufferPointer { x in
          other.elements.withUnsafeBufferPointer { y in
            guard let x = x.baseAddress, let y = y.baseAddress else { return }
            nonisolated(unsafe) let pointers = (x: x, y: y, out: out)
            parallelFor(count, chunk: partSize) { part in
              let start = part.lowerBound
              tenbin_subtract(
                pointers.x + start, pointers.y + start, pointers.out + start, part.count)
            }
          }
        }
      }
      initialized = count
    }
    return Matrix(rows: rows, columns: columns, elements: difference)
  }

  /// Adds `other`, element by element.
  public mutating func add(_ other: Matrix) {
    precondition(elements.count == other.elements.count, "equal shapes")
    let count = elements.count
    other.elements.withUnsafeBufferPointer { y in
      elements.withUnsafeMutableBufferPointer { x in
        guard let y = y.baseAddress, let x = x.baseAddress else { return }
        nonisolated(unsafe) let pointers = (y: y, x: x)
        parallelFor(count, chunk: partSize) { part in
          tenbin_add(pointers.y + part.lowerBound, pointers.x + part.lowerBound, part.count)
        }
      }
    }
  }

  /// Multiplies every element with `factor`.
  public mutating func scale(by factor: Float) {
    let count = elements.count
    elements.withUnsafeMutableBufferPointer { x in
      guard let x = x.baseAddress else { return }
      let shared = SharedPointer(x)
      parallelFor(count, chunk: partSize) { part in
        tenbin_scale(shared.base + part.lowerBound, part.count, factor)
      }
    }
  }

  /// The rows that hold a NaN or an infinity, or whose sum of squares overflows.
  public var nonFiniteRows: [Int] {
    var bad = [UInt8](repeating: 0, count: rows)
    let count = bad.withUnsafeMutableBufferPointer { bad in
      elements.withUnsafeBufferPointer { x -> Int in
        guard let x = x.baseAddress, let bad = bad.baseAddress else { return 0 }
        return tenbin_rows_not_finite(x, rows, columns, bad)
      }
    }
    return count == 0 ? [] : bad.indices.filter { bad[$0] != 0 }
  }

  private func sum(
    with other: Matrix,
    _ kernel: @Sendable (UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Double
  ) -> Double {
    precondition(elements.count == other.elements.count, "equal shapes")
    return elements.withUnsafeBufferPointer { x in
      other.elements.withUnsafeBufferPointer { y in
        guard let x = x.baseAddress, let y = y.baseAddress else { return 0 }
        nonisolated(unsafe) let pointers = (x: x, y: y)
        return sumOfParts(elements.count) { part in
          kernel(pointers.x + part.lowerBound, pointers.y + part.lowerBound, part.count)
        }
      }
    }
  }
}

/// Elements that one call of a kernel sums.
private let partSize = 1 << 16

/// The sum of `body` over parts of `0..<count`, added in their order.
private func sumOfParts(_ count: Int, _ body: @Sendable (Range<Int>) -> Double) -> Double {
  let parts = (count + partSize - 1) / partSize
  var sums = [Double](repeating: 0, count: parts)
  sums.withUnsafeMutableBufferPointer { sums in
    guard let base = sums.baseAddress else { return }
    let shared = SharedPointer(base)
    parallelFor(parts, chunk: 1) { range in
      for part in range {
        shared.base[part] = body(part * partSize..<min(count, (part + 1) * partSize))
      }
    }
  }
  return sums.reduce(0, +)
}
