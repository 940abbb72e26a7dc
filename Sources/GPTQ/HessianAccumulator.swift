import Compute

/// H = (2/T)·XᵀX of the inputs X, (T, in), of one linear: the Hessian of its squared output error,
/// averaged over tokens (as GPTQModel does; IST-DASLab and AutoGPTQ average over sequences).
public struct HessianAccumulator: Sendable {
  /// Rows taken in, T.
  public var tokens: Int { counts.reduce(0) { $0 + $1.value } }
  /// Rows left out because they hold a NaN or an infinity, or because their square overflows.
  public var rejectedTokens: Int { rows - tokens }
  /// Rows seen, those left out among them.
  public private(set) var rows = 0
  private var counts: [DeferredCount] = []
  private let engine: any Engine
  private var gram: EngineBuffer

  /// Starts the Hessian of a linear with `features` inputs.
  public init(features: Int, engine: any Engine) {
    self.engine = engine
    gram = engine.zeros(rows: features, columns: features)
  }

  /// Takes in the rows of `x`, (rows, in), in float32. No damping can fix what one bad number does
  /// to H, so bad rows stay outside and are counted.
  public mutating func accumulate(_ x: EngineBuffer) {
    counts.append(engine.accumulateGram(x, into: &gram))
    rows += x.rows
  }

  /// H, (in, in); zeros if no token was taken in.
  public func hessian() -> EngineBuffer {
    var hessian = gram
    let tokens = tokens
    engine.scale(&hessian, by: tokens == 0 ? 0 : 2 / Float(tokens))
    engine.mirrorUpper(&hessian)
    return hessian
  }
}
