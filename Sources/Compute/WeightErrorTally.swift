import CKernels
import Tensor

/// How far the codes of a linear are from its original weights, counted on the host.
///
/// The error of a weight is (w − ŵ)/scale, in steps of its group's grid, w being the original weight and
/// ŵ = scale·(code − zero) what its code stands for. A code that is the nearest one to the original weight
/// is within half a step of it.
public struct WeightErrorTally: Sendable {
  /// Bins of one step.
  public static let binsPerStep = tenbin_bins_per_step
  /// Steps to either side of 0 that have bins; what lies beyond has one bin a side, the first and the
  /// last.
  public static let steps = tenbin_steps_each_way
  /// Bins in all.
  public static let bins = tenbin_error_bins

  /// Weights by bin, those that are clipped left out.
  public private(set) var counts = [Int](repeating: 0, count: Self.bins)
  /// Weights whose code is an end of the grid, and that lie more than half a step beyond it.
  public private(set) var clipped = [Int](repeating: 0, count: Self.bins)
  /// Weights of inputs that are always 0: no error of theirs reaches an output.
  public private(set) var dead = 0
  /// Weights whose squared error is no finite number in float32.
  public private(set) var notFinite = 0
  /// Σ error² of the weights in `counts` and `clipped`, in squared steps.
  public private(set) var squares = 0.0

  /// Counts all weights of `original`, (out, in), on all cores.
  /// - Parameters:
  ///   - codes: (out, in), columns as in `original`.
  ///   - grids: scales and zeros, (out, groups).
  ///   - groupIndex: the group of each column.
  ///   - bits: codes are 0 to 2^bits − 1.
  ///   - deadColumns: inputs that are always 0.
  public init(
    original: Matrix<Float>, codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32],
    bits: Int, deadColumns: [Int]
  ) {
    let (rows, columns, groups) = (codes.rows, codes.columns, grids.scales.columns)
    precondition(
      original.rows == rows && original.columns == columns && groupIndex.count == columns,
      "a code for each weight")
    precondition(
      grids.scales.rows == rows && groupIndex.allSatisfy { (0..<groups).contains(Int($0)) },
      "a grid for each code")
    var dead = [UInt8](repeating: 0, count: columns)
    for column in deadColumns { dead[column] = 1 }
    let chunk = 64
    var tallies = [tenbin_error_tally](
      repeating: tenbin_error_tally(), count: (rows + chunk - 1) / chunk)
    tallies.withUnsafeMutableBufferPointer { tallies in
      original.elements.withUnsafeBufferPointer { weights in
        codes.elements.withUnsafeBufferPointer { codes in
          grids.scales.elements.withUnsafeBufferPointer { scales in
            grids.zeros.elements.withUnsafeBufferPointer { zeros in
              guard let out = tallies.baseAddress, let weights = weights.baseAddress,
                let codes = codes.baseAddress, let scales = scales.baseAddress,
                let zeros = zeros.baseAddress
              else { return }
              nonisolated(unsafe) let memory = (
                tallies: out, weights: weights, codes: codes, scales: scales, zeros: zeros
              )
              parallelFor(rows, chunk: chunk) { [dead] range in
                for row in range {
                  tenbin_weight_errors(
                    memory.weights + row * columns, memory.codes + row * columns, groupIndex, dead,
                    memory.scales + row * groups, memory.zeros + row * groups, columns,
                    Int32(1 << bits) - 1, memory.tallies + range.lowerBound / chunk)
                }
              }
            }
          }
        }
      }
    }
    for tally in tallies { add(tally) }
  }

  /// What an engine has counted in slots: `bins` of weights within their grids, as many of clipped ones,
  /// those that are not finite, and those of dead inputs.
  public init(slots: [Int], squares: Double) {
    precondition(slots.count == 2 * Self.bins + 2, "a count for each slot")
    counts = Array(slots[..<Self.bins])
    clipped = Array(slots[Self.bins..<2 * Self.bins])
    (notFinite, dead) = (slots[2 * Self.bins], slots[2 * Self.bins + 1])
    self.squares = squares
  }

  private mutating func add(_ tally: tenbin_error_tally) {
    withUnsafeBytes(of: tally.weights) { Self.add($0, to: &counts) }
    withUnsafeBytes(of: tally.clipped) { Self.add($0, to: &clipped) }
    dead += Int(tally.dead)
    notFinite += Int(tally.not_finite)
    squares += tally.squares
  }

  private static func add(_ bytes: UnsafeRawBufferPointer, to counts: inout [Int]) {
    for (bin, count) in bytes.bindMemory(to: UInt64.self).enumerated() { counts[bin] += Int(count) }
  }
}
