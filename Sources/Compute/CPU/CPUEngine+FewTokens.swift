import CKernels
import Tensor

/// Steps over the weights with a few tokens each, in which reading the weights is the work. They are kept
/// as they are stored, and decoded a few rows at a time on the way into the product.
extension CPUEngine {
  /// Up to this many tokens BLAS, which packs a weight before it multiplies, is the slower way.
  private static let fewTokens = 32

  /// Rows of a weight that are decoded together: they and the tokens' numbers stay in the caches.
  private static let rowsAtOnce = 32

  /// Whether the product of `tokens` tokens is one of `fewRowsProduct`.
  func isForFew(_ tokens: Int) -> Bool { takesEncoded && tokens > 0 && tokens <= Self.fewTokens }

  /// X·W[rows]ᵀ, each number of which is summed in the same order however many tokens there are.
  func fewRowsProduct(_ x: Matrix<Float>, _ weight: EngineBuffer, rows: Range<Int>) -> Matrix<Float>
  {
    let (tokens, width, inputs) = (x.rows, rows.count, x.columns)
    let source = WeightRows(weight)
    let elements = [Float](unsafeUninitializedCapacity: tokens * width) { out, initialized in
      initialized = tokens * width
      guard let out = out.baseAddress else { return }
      let shared = SharedPointer(out)
      parallelFor(width, chunk: Self.rowsAtOnce) { part in
        let first = rows.lowerBound + part.lowerBound
        x.elements.withUnsafeBufferPointer { x in
          source.withRows(first..<first + part.count) { weight in
            tenbin_multiply_few_rows(
              x.baseAddress, tokens, inputs, weight, part.count, shared.base + part.lowerBound,
              width)
          }
        }
      }
    }
    return Matrix(rows: tokens, columns: width, elements: elements)
  }
}

/// The rows of a weight as float32, wherever they are.
struct WeightRows: Sendable {
  private enum Source {
    case floats(Matrix<Float>)
    case encoded(EncodedMatrix)
  }
  private let source: Source

  init(_ weight: EngineBuffer) {
    source =
      if case .encoded(let matrix) = weight.cpu.contents { .encoded(matrix) } else {
        .floats(weight.floats)
      }
  }

  /// Calls `body` with the numbers of some rows, row after row.
  func withRows(_ rows: Range<Int>, _ body: (UnsafePointer<Float>) -> Void) {
    switch source {
    case .floats(let matrix):
      matrix.elements.withUnsafeBufferPointer { elements in
        guard let base = elements.baseAddress else { return }
        body(base + rows.lowerBound * matrix.columns)
      }
    case .encoded(let matrix):
      withUnsafeTemporaryAllocation(of: Float.self, capacity: rows.count * matrix.columns) {
        scratch in
        guard let base = scratch.baseAddress else { return }
        matrix.decode(rows: rows, to: base)
        body(base)
      }
    }
  }

  /// Some rows as a matrix, decoded on all cores.
  func matrix(_ rows: Range<Int>) -> (elements: [Float], first: Int) {
    switch source {
    case .floats(let matrix): return (matrix.elements, rows.lowerBound * matrix.columns)
    case .encoded(let matrix):
      let elements = [Float](unsafeUninitializedCapacity: rows.count * matrix.columns) {
        out, initialized in
        initialized = rows.count * matrix.columns
        guard let out = out.baseAddress else { return }
        let shared = SharedPointer(out)
        parallelFor(rows.count, chunk: 64) { part in
          matrix.decode(
            rows: rows.lowerBound + part.lowerBound..<rows.lowerBound + part.upperBound,
            to: shared.base + part.lowerBound * matrix.columns)
        }
      }
      return (elements, 0)
    }
  }
}
