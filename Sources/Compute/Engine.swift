import Foundation
import Tensor

/// The operations that tenbin's arithmetic is made of. `CPUEngine` is the only implementation
/// here; an accelerator conforms to the same protocol.
///
/// Matrices are row-major and written (rows, columns). T is the number of tokens.
public protocol Engine: Sendable {
  /// What a report says about the arithmetic: library, version, kernel, threads.
  var summary: String { get }

  // MARK: Linear algebra (Float, or Double where a reference needs it)

  /// op(A)·op(B).
  func multiply<S: BLASScalar>(
    _ a: Matrix<S>, transposingA: Bool, _ b: Matrix<S>, transposingB: Bool
  ) -> Matrix<S>

  /// A·L, with L lower triangular.
  func multiply(_ a: Matrix<Float>, lowerTriangular l: Matrix<Float>) -> Matrix<Float>

  /// H += scale·XᵀX, with X (T, n) and H (n, n), in the upper triangle of H only: once all is in,
  /// `mirrorUpper` fills the lower one.
  func accumulateGram<S: BLASScalar>(_ x: Matrix<S>, scale: S, into h: inout Matrix<S>)

  /// The upper-triangular U with UᵀU = H⁻¹ that the GPTQ column loop runs on.
  func inverseFactor<S: BLASScalar>(_ h: Matrix<S>) throws(NotPositiveDefinite) -> Matrix<S>

  /// The lower-triangular L with LLᵀ = H.
  func choleskyFactor<S: BLASScalar>(_ h: Matrix<S>) throws(NotPositiveDefinite) -> Matrix<S>

  /// The GPTQ column loop (Frantar et al., arXiv 2210.17323, algorithm 1): quantizes the columns of
  /// `weight`, (out, in) in the order of processing, one after another, each moving those after it
  /// so as to make up for its error. `factor` is U of `inverseFactor`, its columns in the same
  /// order; without one nothing moves, which is round-to-nearest. Updates reach columns outside a
  /// block of `blockSize` when the block ends.
  ///
  /// `correction` is the strictly upper-triangular P of GPTAQ (arXiv 2504.02692): each column also
  /// moves those after it by +w·P, w being its value before it is quantized for columns of its own
  /// block and its quantized value for those after the block, as the authors' code has it.
  func gptqColumns<S: BLASScalar>(
    _ weight: Matrix<S>, factor: Matrix<S>?, correction: Matrix<S>?, grid: QuantizationGrid,
    groups: ColumnGroups, blockSize: Int
  ) -> GPTQColumns

  // MARK: Decoder layers (float32)

  /// Y = X·Wᵀ + b, with X (T, in) and the rows `rows` of W (out, in): all of them, or those of one part
  /// of a fused projection. b has a number for each of those rows, and so has Y.
  func linear(
    _ x: Matrix<Float>, weight: Matrix<Float>, rows: Range<Int>, bias: [Float]?
  ) -> Matrix<Float>

  /// x / √(mean(x²) + eps) · gain, for each row.
  func rmsNorm(_ x: Matrix<Float>, gain: [Float], epsilon: Float) -> Matrix<Float>

  /// Rotates the first 2·h numbers of each head of `x`, (T, heads · headDimension), h being
  /// `table.halfDimension`: their halves (x₁, x₂) become (x₁c − x₂s, x₂c + x₁s) with the row of the
  /// table that is the row's position (RoFormer, in the half-split layout of Llama). Rows outside
  /// `runs` stay as they are.
  func rotate(
    _ x: inout Matrix<Float>, _ runs: [TokenRun], headDimension: Int, table: RotaryTable)

  /// Causal attention inside each window: softmax(QKᵀ·scale)·V with grouped key-value heads.
  /// Q is (T, heads·d), K and V are (keys, keyValueHeads·d); what a query sees is said by its window
  /// and by `shape.span`. The result, (T, heads·d), is 0 in rows outside the windows.
  func attention(
    q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>, shape: AttentionShape,
    windows: [AttentionWindow]
  ) -> Matrix<Float>

  /// act(gate)·up, element by element.
  func gatedActivation(
    _ activation: Activation, gate: Matrix<Float>, up: Matrix<Float>
  ) -> Matrix<Float>

  /// x := limit·tanh(x/limit), element by element.
  func softCap(_ x: inout Matrix<Float>, limit: Float)

  /// x += y.
  func add(_ y: Matrix<Float>, to x: inout Matrix<Float>)

  // MARK: The head

  /// Takes one vocabulary tile of the base's and a trial's logits, both (T, tile), into the running
  /// statistics of each token. `firstToken` is the vocabulary index of the tile's first column.
  func accumulate(
    baseLogits: Matrix<Float>, trialLogits: Matrix<Float>, firstToken: Int, targets: [Int32],
    into statistics: inout [TokenStatistics])
}

/// H is not positive definite, so that it has no Cholesky factor.
public struct NotPositiveDefinite: Error, Sendable, Equatable {
  /// The order of the first leading minor that is not positive (1-based, as LAPACK's `info`).
  public let leadingMinor: Int
}

/// Consecutive rows of which each stands one position after the row before.
public struct TokenRun: Sendable, Hashable {
  /// The rows.
  public var rows: Range<Int>
  /// The position of the first one.
  public var firstPosition: Int

  /// Rows whose first has the position `firstPosition`.
  public init(rows: Range<Int>, firstPosition: Int = 0) {
    self.rows = rows
    self.firstPosition = firstPosition
  }
}

/// One sequence's queries, and the keys among which they stand: query i, counted from 0, has the
/// position firstPosition + i among `keys` and sees those up to it.
public struct AttentionWindow: Sendable, Hashable {
  /// Rows of Q, and of the result.
  public var queries: Range<Int>
  /// Rows of K and V.
  public var keys: Range<Int>
  /// The position of the first query among the keys: 0 where both are the same tokens, more where the
  /// keys of earlier tokens were kept.
  public var firstPosition: Int

  /// Queries among `keys`.
  public init(queries: Range<Int>, keys: Range<Int>, firstPosition: Int) {
    self.queries = queries
    self.keys = keys
    self.firstPosition = firstPosition
  }

  /// A whole sequence, whose queries, keys and values stand in the same rows.
  public init(_ rows: Range<Int>) {
    self.init(queries: rows, keys: rows, firstPosition: 0)
  }
}

/// What a gated MLP does to its gate g before it meets the other half u.
public enum Activation: Sendable, Hashable {
  /// g·σ(g)·u.
  case silu
  /// ½g(1 + tanh(√(2/π)(g + 0.044715g³)))·u: GELU in its tanh form.
  case geluTanh
}

/// The heads of an attention: how many, how wide, how scores are scaled, and how far they see.
public struct AttentionShape: Sendable, Hashable {
  /// Query heads.
  public var heads: Int
  /// Key-value heads; divides `heads`.
  public var keyValueHeads: Int
  /// The width of one head.
  public var headDimension: Int
  /// What scores are multiplied with, 1/√d.
  public var scale: Float
  /// How many of the latest tokens a query sees, itself included; nil is all of them.
  public var span: Int?
  /// c of c·tanh(s/c), which scaled scores s are bounded by; nil leaves them as they are.
  public var softCap: Float?

  /// Creates a shape with the usual scale 1/√d and no cap.
  public init(heads: Int, keyValueHeads: Int, headDimension: Int, span: Int? = nil) {
    self.heads = heads
    self.keyValueHeads = keyValueHeads
    self.headDimension = headDimension
    self.scale = 1 / Float(headDimension).squareRoot()
    self.span = span
  }
}

/// cos and sin of position · frequency for each position, (positions, halfDimension).
public struct RotaryTable: Sendable {
  /// Half the width of a head.
  public let halfDimension: Int
  /// The cosines.
  public let cosines: Matrix<Float>
  /// The sines.
  public let sines: Matrix<Float>

  /// Tabulates `positions` positions for the given angular frequencies.
  public init(frequencies: [Double], positions: Int, magnitude: Double = 1) {
    halfDimension = frequencies.count
    var cosines = Matrix<Float>(rows: positions, columns: frequencies.count)
    var sines = cosines
    for position in 0..<positions {
      for (index, frequency) in frequencies.enumerated() {
        let angle = Double(position) * frequency
        cosines[position, index] = Float(cos(angle) * magnitude)
        sines[position, index] = Float(sin(angle) * magnitude)
      }
    }
    self.cosines = cosines
    self.sines = sines
  }
}
