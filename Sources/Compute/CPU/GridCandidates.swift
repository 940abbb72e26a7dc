import CKernels
import COpenBLAS

/// The grids that are tried for one group of one row, and room for their errors.
struct GridCandidates<S: BLASScalar> {
  private let factors: [S]
  private var scales: [Float]
  private var zeros: [Int32]
  private var errors: [S] = []
  private var products: [S] = []

  init(_ factors: [Double]) {
    self.factors = factors.map { S($0) }
    scales = [Float](repeating: 0, count: factors.count)
    zeros = [Int32](repeating: 0, count: factors.count)
  }

  /// The grid with the least error on `count` weights between `low` and `high`; the first of several.
  mutating func best(
    _ weights: UnsafePointer<S>, _ count: Int, low: S, high: S, grid: QuantizationGrid,
    weighting: GroupWeights<S>
  ) -> (scale: Float, zero: Int32) {
    for (place, factor) in factors.enumerated() {
      (scales[place], zeros[place]) = grid.fit(low: factor * low, high: factor * high)
    }
    let best =
      switch weighting {
      case .each(let importance):
        S.leastGrid(
          weights, importance, count, scales, zeros, factors.count, maxCode: grid.maxCode)
      case .together(let block): least(weights, count, block, maxCode: grid.maxCode)
      }
    return (scales[best], zeros[best])
  }

  /// The first place whose eᵀ·B·e is least: one product for all grids.
  private mutating func least(
    _ weights: UnsafePointer<S>, _ count: Int, _ block: [S], maxCode: Int32
  ) -> Int {
    let grids = factors.count
    if errors.count != grids * count {
      errors = [S](repeating: 0, count: grids * count)
      products = errors
    }
    S.gridErrors(weights, count, scales, zeros, grids, maxCode: maxCode, &errors)
    S.tileGemm(
      CblasNoTrans, CblasNoTrans, Int32(grids), Int32(count), Int32(count), 1, errors,
      Int32(count), block, Int32(count), 0, &products, Int32(count))
    return S.leastProduct(errors, products, count, grids)
  }
}

extension Float {
  static func leastGrid(
    _ weights: UnsafePointer<Float>, _ importance: UnsafePointer<Float>, _ columns: Int,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32
  ) -> Int {
    tenbin_least_grid_f32(weights, importance, columns, scales, zeros, grids, maxCode)
  }

  static func gridErrors(
    _ weights: UnsafePointer<Float>, _ columns: Int, _ scales: UnsafePointer<Float>,
    _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32,
    _ errors: UnsafeMutablePointer<Float>
  ) {
    tenbin_grid_errors_f32(weights, columns, scales, zeros, grids, maxCode, errors)
  }

  static func leastProduct(
    _ errors: UnsafePointer<Float>, _ products: UnsafePointer<Float>, _ columns: Int, _ grids: Int
  ) -> Int {
    tenbin_least_product_f32(errors, products, columns, grids)
  }
}

extension Double {
  static func leastGrid(
    _ weights: UnsafePointer<Double>, _ importance: UnsafePointer<Double>, _ columns: Int,
    _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32
  ) -> Int {
    tenbin_least_grid_f64(weights, importance, columns, scales, zeros, grids, maxCode)
  }

  static func gridErrors(
    _ weights: UnsafePointer<Double>, _ columns: Int, _ scales: UnsafePointer<Float>,
    _ zeros: UnsafePointer<Int32>, _ grids: Int, maxCode: Int32,
    _ errors: UnsafeMutablePointer<Double>
  ) {
    tenbin_grid_errors_f64(weights, columns, scales, zeros, grids, maxCode, errors)
  }

  static func leastProduct(
    _ errors: UnsafePointer<Double>, _ products: UnsafePointer<Double>, _ columns: Int,
    _ grids: Int
  ) -> Int {
    tenbin_least_product_f64(errors, products, columns, grids)
  }
}
