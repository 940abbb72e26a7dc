import CKernels
import COpenBLAS

/// What one thread computes of an attention at a time: a block of queries of one head, or one query of all
/// heads that share their keys.
struct AttentionPart: Sendable {
  private let window: AttentionWindow
  private let queries: Range<Int>
  private let heads: Range<Int>

  /// Queries are taken in blocks of this many rows, so that scores are (block, keys), never (T, T).
  private static let queryBlock = 128

  /// The parts of a window, block after block.
  static func all(of window: AttentionWindow, _ shape: AttentionShape) -> [AttentionPart] {
    // Heads of one query are rows that stand in order as well as queries of one head are.
    let together = window.queries.count == 1 ? shape.heads / shape.keyValueHeads : 1
    return stride(from: window.queries.lowerBound, to: window.queries.upperBound, by: queryBlock)
      .flatMap { first in
        let queries = first..<min(first + queryBlock, window.queries.upperBound)
        return stride(from: 0, to: shape.heads, by: together).map { head in
          AttentionPart(window: window, queries: queries, heads: head..<head + together)
        }
      }
  }

  /// Writes its rows of the result, over the keys that the queries may see.
  func attend(
    _ q: UnsafePointer<Float>, _ k: UnsafePointer<Float>, _ v: UnsafePointer<Float>,
    _ out: UnsafeMutablePointer<Float>, _ shape: AttentionShape, sinks: [Float]?
  ) {
    let d = shape.headDimension
    let keyStride = shape.keyValueHeads * d
    let keyHead = heads.lowerBound / (shape.heads / shape.keyValueHeads) * d
    // Rows of the product: queries, or heads of one query.
    let rows = queries.count * heads.count
    let stride = heads.count == 1 ? shape.heads * d : d
    let start = queries.lowerBound * shape.heads * d + heads.lowerBound * d

    let shift = window.firstPosition - window.queries.lowerBound
    let keys = shape.firstVisibleKey(of: queries.lowerBound + shift)..<queries.upperBound + shift
    let runs = window.runs(of: keys)
    let scores = UnsafeMutablePointer<Float>.allocate(capacity: rows * keys.count)
    defer { scores.deallocate() }
    var column = 0
    for run in runs {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasTrans, Int32(rows), Int32(run.count), Int32(d), 1,
        q + start, Int32(stride), k + run.lowerBound * keyStride + keyHead, Int32(keyStride), 0,
        scores + column, Int32(keys.count))
      column += run.count
    }
    for query in queries {
      for head in heads {
        let row = scores + (query - queries.lowerBound + head - heads.lowerBound) * keys.count
        let first = shape.firstVisibleKey(of: query + shift)
        let visible = first - keys.lowerBound..<query + shift + 1 - keys.lowerBound
        share(row, visible, shape, sink: sinks?[head])
        for hidden in 0..<visible.lowerBound { row[hidden] = 0 }
        for hidden in visible.upperBound..<keys.count { row[hidden] = 0 }
      }
    }
    column = 0
    for run in runs {
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(rows), Int32(d), Int32(run.count), 1,
        scores + column, Int32(keys.count), v + run.lowerBound * keyStride + keyHead,
        Int32(keyStride), column == 0 ? 0 : 1, out + start, Int32(stride))
      column += run.count
    }
  }

  /// The softmax of the scores `visible` of a row, in place.
  private func share(
    _ row: UnsafeMutablePointer<Float>, _ visible: Range<Int>, _ shape: AttentionShape,
    sink: Float?
  ) {
    let (first, count) = (row + visible.lowerBound, visible.count)
    if let cap = shape.softCap {
      // c·tanh(scale·s/c)
      tenbin_scale(first, count, shape.scale)
      tenbin_soft_cap(first, count, cap)
    }
    let scale = shape.softCap == nil ? shape.scale : 1
    if let sink {
      tenbin_softmax_sink(first, count, scale, sink)
    } else {
      tenbin_softmax(first, count, scale)
    }
  }
}
