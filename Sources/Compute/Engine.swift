import Basics
import Foundation
import Tensor

/// All arithmetic of a pass over a model. `CPUEngine` is the engine of this target; an accelerator
/// conforms to the same protocol from a target of its own.
///
/// Matrices are row-major and written (rows, columns); T is a number of tokens. Elements are float32
/// where nothing else is said, and float32 sums may be taken in any order; what is said to be in
/// Double is summed in Double. Buffers live where the engine keeps them (`EngineBuffer`), and host
/// memory meets them in the crossings alone.
///
/// Operations do not throw where the arithmetic cannot fail. An engine whose memory, device or file
/// fails remembers that in `failure`, goes on with zeros, and is asked between two layers and before
/// results are used. Operations that return buffers may return before their work is done; those that
/// return host values wait for what they need.
public protocol Engine: Sendable {
  /// What a report says about the arithmetic: library, version, kernel, threads.
  var summary: String { get }

  /// The first thing that went wrong; nil where nothing did.
  var failure: InputError? { get }

  /// Waits until everything asked so far is done, for whoever holds a clock.
  func synchronize()

  /// Has it write down from now on when its device does what. One whose device is the machine has
  /// nothing to write down.
  func recordTimeline()

  /// What its device has done since this was asked last; waits until all is done.
  func takeTimeline() -> [DeviceSlice]

  // MARK: Crossings

  /// A weight, or whatever else begins on the host: tokens as embedded, the states of a saved pass.
  func upload(_ matrix: Matrix<Float>) -> EngineBuffer

  /// The same of a matrix as a file stores it, for an engine that computes on the stored type.
  func upload(_ matrix: EncodedMatrix) -> EngineBuffer

  /// Whether weights are better given to it as they are stored than as float32.
  var takesEncoded: Bool { get }

  /// Whether the next layer's weights may be loaded, from another thread, while this layer is computed:
  /// there is room for both, and a way for them to come in beside the work.
  var loadsAhead: Bool { get }

  /// The same engine for many steps over the same weights, of a few tokens each: it keeps weights as they
  /// are stored where that is less to read, and what it makes of a token does not depend on the others
  /// of a step.
  var forFewTokens: any Engine { get }

  /// How many elements of a float32 buffer are NaN or infinity.
  func nonFiniteCount(_ x: EngineBuffer) -> Int

  /// The elements of a float32 or float64 buffer: of the states of a pass that saves itself, of a
  /// dump.
  func download(_ buffer: EngineBuffer) -> Matrix<Float>

  /// Codes as a file or a packer has them, (out, in), with their grids.
  func upload(_ codes: Matrix<UInt8>, grids: GroupGrids, groupIndex: [Int32]) -> KeptCodes

  /// Codes and grids.
  func download(_ codes: KeptCodes) -> (codes: Matrix<UInt8>, grids: GroupGrids)

  /// The diagonal of a square float32 buffer, from which damping, dead inputs and the order of columns
  /// follow.
  func diagonal(_ h: EngineBuffer) -> [Float]

  // MARK: Waiting

  /// The same matrix, which is not needed for a while: what is kept beyond the budget of
  /// `limitKept` may be moved to slower memory. Any operation takes it as it is.
  func keep(_ buffer: EngineBuffer) -> EngineBuffer

  /// Lets kept buffers take up to `bytes` of the engine's memory from now on; the rest may be written
  /// to a nameless file in `folder`. No result depends on it.
  func limitKept(_ bytes: Int, folder: URL)

  /// Whether `rows` rows of the width and kind of those of `part` can be kept, beside what is kept
  /// already, and nothing has to be moved to slower memory. Where not, and it can be computed once more
  /// when it is needed, that is faster.
  func canKeep(_ part: EngineBuffer, rows: Int) -> Bool

  /// Bytes that its memory has free; nil where that is the machine's own.
  var freeBytes: Int? { get }

  /// Bytes moved to slower memory so far.
  var spilledBytes: Int { get }

  // MARK: Decoder layers

  /// Y = X·Wᵀ + b, with X (T, in) and the rows `rows` of W (out, in): all of them, or those of one part
  /// of a fused projection. b, (1, out), has its numbers at the same places; Y is (T, rows).
  func linear(
    _ x: EngineBuffer, weight: EngineBuffer, rows: Range<Int>, bias: EngineBuffer?
  ) -> EngineBuffer

  /// x / √(mean(x²) + ε) · w over each run of n columns, w being (1, n): whole rows, or each head.
  func rmsNorm(_ x: EngineBuffer, weight: EngineBuffer, epsilon: Float) -> EngineBuffer

  /// Rotates the first 2·h numbers of each head of `x`, (T, heads · headDimension), h being
  /// `table.halfDimension`: their halves (x₁, x₂) become (x₁c − x₂s, x₂c + x₁s) with the row of the
  /// table that is the row's position (RoFormer, in the half-split layout of Llama). Rows outside
  /// `runs` stay as they are.
  func rotate(
    _ x: inout EngineBuffer, _ runs: [TokenRun], headDimension: Int, table: RotaryTable)

  /// Causal attention inside each window: softmax(QKᵀ·scale)·V with grouped key-value heads.
  /// Q is (T, heads·d), K and V are (keys, keyValueHeads·d) and may be a cache of earlier tokens; what a
  /// query sees is said by its window and by `shape.slidingWindow`. `sinks`, (1, heads), are one more score of each head, whose share of the
  /// softmax goes nowhere. The result, (T, heads·d), is 0 in rows outside the windows. Scores are
  /// never in memory as (T, T).
  func attention(
    q: EngineBuffer, k: EngineBuffer, v: EngineBuffer, shape: AttentionShape, sinks: EngineBuffer?,
    windows: [AttentionWindow]
  ) -> EngineBuffer

  /// The two halves of a gated MLP, (T, n) each, as one.
  func gatedActivation(
    _ activation: Activation, gate: EngineBuffer, up: EngineBuffer
  ) -> EngineBuffer

  /// x += y.
  func add(_ y: EngineBuffer, to x: inout EngineBuffer)

  /// x := limit·tanh(x/limit), element by element.
  func softCap(_ x: inout EngineBuffer, limit: Float)

  /// x[rows[i]] := y[i], for rows that differ: new keys and values among those that are kept.
  func replaceRows(_ rows: [Int32], of x: inout EngineBuffer, with y: EngineBuffer)

  // MARK: Experts

  /// The experts of each row of `logits`, (T, experts). Ties are broken as in `Routing`. The choice
  /// is host memory: it decides which rows go where.
  func route(_ logits: EngineBuffer, _ rule: RoutingRule) -> Routing

  /// Rows of buffers of one width, one after another.
  func gatherRows(_ parts: [(buffer: EngineBuffer, rows: [Int32])]) -> EngineBuffer

  /// x[rows[i]] += weights[i]·y[i], for rows that differ.
  func scatterAdd(
    _ y: EngineBuffer, weights: [Float], to x: inout EngineBuffer, rows: [Int32])

  // MARK: Hessians

  /// Zeros.
  func zeros(rows: Int, columns: Int) -> EngineBuffer

  /// H += XᵀX, with X (T, n) and H (n, n), in the upper triangle of H only: once all is in,
  /// `mirrorUpper` fills the lower one. Rows whose float32 sum of squares is not finite stay outside.
  /// Returns how many were taken in, which may be known only once the product is done.
  func accumulateGram(_ x: EngineBuffer, into h: inout EngineBuffer) -> DeferredCount

  /// D += (X₀ − X)ᵀX, all of it, with both (T, n). Rows in which X or X₀ − X is not finite stay outside;
  /// returns how many of X are.
  func accumulateShift(_ x: EngineBuffer, base: EngineBuffer, into d: inout EngineBuffer) -> Int

  /// x := factor·x.
  func scale(_ x: inout EngineBuffer, by factor: Float)

  /// Copies the upper triangle of a square matrix onto the lower one.
  func mirrorUpper(_ h: inout EngineBuffer)

  /// The upper-triangular U with UᵀU = A⁻¹ that the GPTQ column loop runs on. A has H's elements
  /// (order[i], order[j]), and `diagonal`, damped, on its own diagonal. H is float32, all after it in
  /// `precision`, which is U's. Also throws where U overflows.
  func inverseFactor(
    _ h: EngineBuffer, order: [Int], diagonal: [Double], precision: Precision
  ) throws(NotPositiveDefinite) -> EngineBuffer

  /// The lower-triangular L with LLᵀ = H.
  func choleskyFactor(_ h: EngineBuffer) throws(NotPositiveDefinite) -> EngineBuffer

  /// GPTAQ's P = share·((D·Uᵀ) above the diagonal)·U, strictly upper triangular, in U's precision. D,
  /// in its own order, is taken in that of `order`, which is U's.
  func shiftCorrection(
    _ d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer

  /// W + share·W·D·(H + λI)⁻¹ for W (out, in) and D (in, in), in float32: with share 1 the weight whose
  /// outputs on inputs that have moved by D come nearest to W's on those they moved from. `factor` is U
  /// with UᵀU = (H + λI)⁻¹ in `order`; W and D are in their own.
  func propagatedWeight(
    _ weight: EngineBuffer, shift d: EngineBuffer, order: [Int], factor: EngineBuffer, share: Double
  ) -> EngineBuffer

  /// The eigenvalues of the symmetric H, ascending, of its rows and columns `kept` alone, in Double;
  /// nil where the method does not converge, as on NaN.
  func eigenvalues(_ h: EngineBuffer, of kept: [Int]) -> [Double]?

  // MARK: Quantizing

  /// Fits a grid to every run of `groupSize` columns of W, (out, in), in each row, by `search` where
  /// it is given; the last run may be short.
  func fitGrids(
    _ weight: EngineBuffer, groupSize: Int, grid: QuantizationGrid, search: GridSearch?
  ) -> KeptGrids

  /// The GPTQ column loop (Frantar et al., arXiv 2210.17323, algorithm 1): quantizes the columns of W,
  /// (out, in), one after another in `order`, each moving those after it so as to make up for its
  /// error. `factor` is U of `inverseFactor` in that order, and the loop runs in its precision; without
  /// one nothing moves, which is round-to-nearest in float32. Updates reach columns outside a block of
  /// `blockSize` when the block ends. Loss and clipped weights are summed in Double.
  ///
  /// `correction` is the P of GPTAQ (arXiv 2504.02692): each column also moves those after it by
  /// +w·P, w being its value before it is quantized for columns of its own block and its quantized
  /// value for those after the block, as the authors' code has it.
  func gptqColumns(
    _ weight: EngineBuffer, order: [Int], factor: EngineBuffer?, correction: EngineBuffer?,
    grid: QuantizationGrid, groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns

  /// The grids of `codes`, (out, in), with scales solved again for the weight W, (out, in), under H,
  /// (in, in) in W's order, and rounded to `scalesDtype`: see `ScaleRefinement`, which is the
  /// arithmetic.
  func refineScales(
    _ codes: KeptCodes, weight: EngineBuffer, hessian h: EngineBuffer, scalesDtype: FloatFormat
  ) -> KeptGrids

  /// The weights scale·(code − zero) that codes stand for, (out, in).
  func dequantize(_ codes: KeptCodes) -> EngineBuffer

  /// How far `codes`, (out, in), of `bits` bits are from the `original` weight, (out, in); the weights of
  /// `deadColumns` are counted alone. Counts are the same on every engine.
  func weightErrors(
    of codes: KeptCodes, original: EngineBuffer, bits: Int, deadColumns: [Int]
  ) -> WeightErrorTally

  /// Sets some columns to 0.
  func clearColumns(_ x: inout EngineBuffer, _ columns: [Int])

  // MARK: Sums that come down, in Double and in an order that does not depend on the number of cores

  /// Σ x².
  func squaredNorm(_ x: EngineBuffer) -> Double

  /// Σ (x − y)².
  func squaredDistance(_ x: EngineBuffer, _ y: EngineBuffer) -> Double

  /// Σ x·y.
  func dot(_ x: EngineBuffer, _ y: EngineBuffer) -> Double

  /// max |x|; 0 of nothing.
  func largestMagnitude(_ x: EngineBuffer) -> Float

  /// tr(A·H·Aᵀ) = Σ (A·H)∘A, with A (rows, n) and H (n, n); the product is float32, the sum Double.
  func traceProduct(_ a: EngineBuffer, hessian h: EngineBuffer) -> Double

  /// ‖A·L‖², with L lower triangular, likewise.
  func traceProduct(_ a: EngineBuffer, cholesky l: EngineBuffer) -> Double

  // MARK: Plain algebra

  /// A − B.
  func subtract(_ b: EngineBuffer, from a: EngineBuffer) -> EngineBuffer

  /// op(A)·op(B).
  func multiply(
    _ a: EngineBuffer, transposingA: Bool, _ b: EngineBuffer, transposingB: Bool
  ) -> EngineBuffer

  // MARK: The head

  /// Statistics of tokens of which nothing has been seen; `targets` are the true next ones.
  func makeTokenStatistics(targets: [Int32]) -> EngineBuffer

  /// Takes one vocabulary tile of the base's and a trial's logits, both (T, tile), into the statistics
  /// of T tokens. `firstToken` is the vocabulary index of the tile's first column; sums are in Double.
  func accumulate(
    base: EngineBuffer, trial: EngineBuffer, firstToken: Int, into statistics: inout EngineBuffer)

  /// The statistics of tokens whose whole vocabulary has been seen.
  func tokenStatistics(_ statistics: EngineBuffer) -> [TokenStatistics]
}
