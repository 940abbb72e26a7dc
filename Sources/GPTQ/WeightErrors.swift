import Compute

/// How far quantized weights are from the original ones, as counts by the size of the error.
///
/// The error of a weight is (w − ŵ)/scale: the original weight less the one that is loaded in its place, in
/// steps of its group's grid. Rounding to the nearest code leaves it within half a step. Beyond half a
/// step are weights that were clipped, since their grid ends before them; and those that the column loop
/// moved on purpose, so as to make up for the errors of other columns (or that a packer changed).
public struct WeightErrors: Sendable, Codable, Equatable {
  /// Weights by bin (`bounds`), those that are clipped left out.
  public private(set) var counts: [Int]
  /// Weights by bin whose code is an end of the grid, and that lie more than half a step beyond it.
  public private(set) var clipped: [Int]
  /// Weights of inputs that are always 0 in calibration: they were set to 0, and are in no bin.
  public private(set) var dead: Int
  /// Weights whose squared error is no finite number in float32; in no bin either.
  public private(set) var notFinite: Int
  /// Σ error² of all weights in bins, in squared steps.
  public private(set) var squares: Double

  /// Counts of no weight.
  public init() {
    counts = [Int](repeating: 0, count: Self.bounds.count + 1)
    clipped = counts
    (dead, notFinite, squares) = (0, 0, 0)
  }

  /// Counts given one by one, as many as there are bins.
  public init(counts: [Int], clipped: [Int], dead: Int = 0, notFinite: Int = 0, squares: Double) {
    precondition(
      counts.count == Self.bounds.count + 1 && clipped.count == counts.count, "a count for each bin"
    )
    (self.counts, self.clipped) = (counts, clipped)
    (self.dead, self.notFinite, self.squares) = (dead, notFinite, squares)
  }

  /// Holds the weights that `codes` stand for against the `original` ones, (out, in); `deadColumns` are
  /// inputs whose weights the solve has set to 0.
  public init(
    of codes: KeptCodes, bits: Int, original: EngineBuffer, deadColumns: [Int], engine: any Engine
  ) {
    let tally = engine.weightErrors(
      of: codes, original: original, bits: bits, deadColumns: deadColumns)
    (counts, clipped) = (tally.counts, tally.clipped)
    (dead, notFinite, squares) = (tally.dead, tally.notFinite, tally.squares)
  }

  /// The errors between bins, in steps, ascending: the first bin is below the first, the last from the
  /// last one on. Half a step, on either side, belongs to the bins within.
  public static let bounds: [Double] = {
    let ends = WeightErrorTally.steps * WeightErrorTally.binsPerStep
    return (-ends...ends).map { Double($0) / Double(WeightErrorTally.binsPerStep) }
  }()

  /// Takes in the weights of another linear.
  public mutating func add(_ other: WeightErrors) {
    for bin in counts.indices {
      counts[bin] += other.counts[bin]
      clipped[bin] += other.clipped[bin]
    }
    dead += other.dead
    notFinite += other.notFinite
    squares += other.squares
  }

  /// The lower and the upper end of a bin, in steps; infinite at the tails.
  public static func ends(of bin: Int) -> (low: Double, high: Double) {
    (
      bin == 0 ? -.infinity : bounds[bin - 1],
      bin == bounds.count ? .infinity : bounds[bin]
    )
  }

  /// Whether the weights of a bin are within half a step, so that their code is the nearest one.
  public static func isNearest(_ bin: Int) -> Bool {
    let (low, high) = ends(of: bin)
    return low >= -0.5 && high <= 0.5
  }

  /// Weights in bins.
  public var weights: Int { counts.reduce(0, +) + clippedWeights }

  /// Weights that are clipped.
  public var clippedWeights: Int { clipped.reduce(0, +) }

  /// Weights whose code is not the nearest one, though their grid reaches them.
  public var movedWeights: Int {
    counts.indices.reduce(0) { $0 + (Self.isNearest($1) ? 0 : counts[$1]) }
  }

  /// The root of the mean squared error, in steps: 1/√12 = 0.289 of rounding that falls anywhere. Nil
  /// without weights.
  public var rootMeanSquare: Double? {
    weights > 0 ? (squares / Double(weights)).squareRoot() : nil
  }
}
