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

  /// Y = X·Wᵀ + b, with X (T, in), W (out, in), b (out).
  func linear(_ x: Matrix<Float>, weight: Matrix<Float>, bias: [Float]?) -> Matrix<Float>

  /// x / √(mean(x²) + eps) · gain, for each row.
  func rmsNorm(_ x: Matrix<Float>, gain: [Float], epsilon: Float) -> Matrix<Float>

  /// Rotates each head's halves (x₁, x₂) by its row's position (RoFormer, in the half-split layout
  /// of Llama). `x` is (T, heads · 2 · rotary.halfDimension).
  func rotate(_ x: inout Matrix<Float>, positions: [Int], rotary: RotaryTable)

  /// Causal attention inside each window: softmax(QKᵀ·scale)·V with grouped key-value heads.
  /// Q is (T, heads·d), K and V are (T, keyValueHeads·d); a window is a range of rows, and `span`,
  /// where given, is how many of the latest tokens a query sees, itself included.
  func attention(
    q: Matrix<Float>, k: Matrix<Float>, v: Matrix<Float>, shape: AttentionShape,
    windows: [Range<Int>]
  ) -> Matrix<Float>

  /// silu(gate)·up, element by element.
  func siluMultiply(gate: Matrix<Float>, up: Matrix<Float>) -> Matrix<Float>

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

/// The heads of an attention: how many, how wide, how scores are scaled, and how far they see.
public struct AttentionShape: Sendable, Equatable {
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

  /// Creates a shape with the usual scale 1/√d.
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
