import Tensor

/// How the grid of a group is chosen among narrower and wider ones, where it does not simply span the
/// range of the group's weights: the first whose error is least, of ranges 1, 0.99 … 0.21 and then
/// 1.01, 1.02 … `widest` times that range. (IST-DASLab/gptq's `mse`, with weighted errors.)
public struct GridSearch: Sendable {
  /// What the errors e = ŵ − w of a group's weights are weighted by.
  public enum Weighting: Sendable {
    /// Nothing: Σ e².
    case none
    /// The mean square of each input, diag H in the original order of the columns: Σ h·e².
    case diagonal([Float])
    /// The Hessian, (in, in), in that order: eᵀ·H_gg·e with the group's block of it.
    case hessian(EngineBuffer)
  }

  /// What errors are weighted by.
  public var weighting: Weighting
  /// The widest range that is tried, 1 or more, as a multiple of the weights' range.
  public var widest: Double

  /// A search with that weighting.
  public init(_ weighting: Weighting, widest: Double = 1) {
    self.weighting = weighting
    self.widest = widest
  }
}

/// A search for an engine that fits grids on the host: `GridSearch` with the columns in the order of
/// processing.
public struct HostGridSearch: Sendable {
  private enum Weighting: Sendable {
    case none
    case diagonal([Float])
    case hessian(Matrix<Float>, order: [Int])
  }

  private let weighting: Weighting
  /// The ranges that are tried, as multiples of the weights' range.
  let factors: [Double]

  /// `order` has the original column at each place; `download` brings a Hessian to the host.
  public init(
    _ search: GridSearch, order: [Int], download: (EngineBuffer) -> Matrix<Float>
  ) {
    weighting =
      switch search.weighting {
      case .none: .none
      case .diagonal(let diagonal): .diagonal(order.map { diagonal[$0] })
      case .hessian(let hessian): .hessian(download(hessian), order: order)
      }
    let wider = Int(((search.widest - 1) * 100).rounded())
    factors =
      (0..<80).map { 1 - Double($0) / 100 } + (0..<max(wider, 0)).map { 1 + Double($0 + 1) / 100 }
  }

  /// What the errors of a group at these places are weighted by; negative numbers and NaN count 0.
  func weights<S: BLASScalar>(of columns: Range<Int>) -> GroupWeights<S> {
    switch weighting {
    case .none: return .each([S](repeating: 1, count: columns.count))
    case .diagonal(let diagonal):
      return .each(
        Self.normalized(columns.map { S(diagonal[$0] > 0 ? diagonal[$0] : 0) }, mean: columns.count)
      )
    case .hessian(let hessian, let order):
      let places = columns.map { order[$0] }
      let block = places.flatMap { row in
        places.map { column -> S in
          let value = (S(hessian[row, column]) + S(hessian[column, row])) / 2
          return value.isNaN ? 0 : value
        }
      }
      let trace = places.reduce(S(0)) { $0 + max(S(hessian[$1, $1]), 0) }
      return .together(Self.scaled(block, by: trace / S(places.count)))
    }
  }

  /// Divided by their mean, so that no square of theirs overflows.
  private static func normalized<S: BLASScalar>(_ values: [S], mean count: Int) -> [S] {
    scaled(values, by: values.reduce(0, +) / S(count))
  }

  private static func scaled<S: BLASScalar>(_ values: [S], by mean: S) -> [S] {
    mean > 0 && mean.isFinite ? values.map { $0 / mean } : values
  }
}

/// What the errors of one group are weighted by.
enum GroupWeights<S: BLASScalar>: Sendable {
  /// A number for each column.
  case each([S])
  /// A symmetric matrix, row after row.
  case together([S])
}
