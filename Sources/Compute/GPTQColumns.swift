/// What the GPTQ column loop leaves behind.
public struct GPTQColumns: Sendable {
  /// The codes, columns in their original order, and the grids that they count in.
  public var kept: KeptCodes
  /// ½·Σ((w − q)/d)², which other tools report as the loss.
  public var loss: Double
  /// Weights that lay more than half a step outside their grid when their turn came.
  public var clipped: Int

  /// Puts the parts together.
  public init(kept: KeptCodes, loss: Double, clipped: Int) {
    self.kept = kept
    self.loss = loss
    self.clipped = clipped
  }
}

/// Which columns share a grid, and when it is fitted, for columns in the order of processing.
public enum ColumnGroups: Sendable {
  /// Grids fixed before the loop, and the group of each column in the order of processing.
  case fixed(KeptGrids, index: [Int32])
  /// Runs of `size` columns, fitted during the loop to the weights as moved so far: when a run's
  /// block begins, or (`fresh`) when the run itself begins; by `search` where there is one.
  case runs(size: Int, fresh: Bool, search: GridSearch? = nil)
}

/// H is not positive definite, so that it has no Cholesky factor in finite numbers.
public struct NotPositiveDefinite: Error, Sendable, Equatable {
  /// The order of the first leading minor that is not positive (1-based, as LAPACK's `info`).
  public let leadingMinor: Int

  /// The failure at `leadingMinor`.
  public init(leadingMinor: Int) {
    self.leadingMinor = leadingMinor
  }
}
