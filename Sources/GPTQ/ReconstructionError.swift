import Basics
import Compute
import Foundation

/// How far a quantized linear is from the original, over the inputs that one Hessian stands for.
/// ΔW = W − Wq; H is not damped.
public struct ReconstructionError: Sendable, Equatable, Codable {
  /// tr(ΔW H ΔWᵀ): twice the mean squared output error of a token.
  public var squaredError: Double
  /// tr(W H Wᵀ): twice the mean squared output of a token.
  public var squaredOutput: Double
  /// ‖ΔW‖².
  public var squaredWeightError: Double
  /// ‖W‖².
  public var squaredWeight: Double

  /// No error of no output: nothing was measured.
  public static let none = ReconstructionError(
    squaredError: 0, squaredOutput: 0, squaredWeightError: 0, squaredWeight: 0)

  /// `relative_error`, tr(ΔW H ΔWᵀ)/tr(W H Wᵀ); 0 where there is neither output nor error.
  public var relative: Double { squaredError == 0 ? 0 : squaredError / squaredOutput }

  /// `sqnr_db`, output power over error power in decibels: −10·log₁₀(relative error).
  public var sqnr: Double { -10 * log10(relative) }

  /// ‖ΔW‖/‖W‖.
  public var relativeWeight: Double {
    squaredWeightError == 0 ? 0 : (squaredWeightError / squaredWeight).squareRoot()
  }
}

/// ‖A‖²_H = tr(A H Aᵀ) for matrices A, (rows, in).
public struct HessianNorm: Sendable {
  private enum Form {
    case hessian(EngineBuffer)
    case cholesky(EngineBuffer)
  }
  private let form: Form
  /// What computes.
  public let engine: any Engine
  /// in.
  public let features: Int

  /// Measures with H itself, by one product: Σ (A·H)∘A.
  public init(_ hessian: EngineBuffer, engine: any Engine) {
    form = .hessian(hessian)
    features = hessian.rows
    self.engine = engine
  }

  /// Measures with L of LLᵀ = H, as ‖A·L‖², which cannot come out negative; with H itself where it
  /// is singular. For a Hessian that many weights and trials are held against.
  public init(factoring hessian: EngineBuffer, engine: any Engine) {
    let factor = try? engine.choleskyFactor(hessian)
    form = factor.map(Form.cholesky) ?? .hessian(hessian)
    features = hessian.rows
    self.engine = engine
  }

  /// tr(A H Aᵀ), `a` being (rows, in).
  public func squared(_ a: EngineBuffer) -> Double {
    switch form {
    case .cholesky(let factor): engine.traceProduct(a, cholesky: factor)
    case .hessian(let hessian): max(engine.traceProduct(a, hessian: hessian), 0)
    }
  }
}

/// A weight and one Hessian, ready to judge any quantized version of the weight.
public struct ReconstructionMeter: Sendable {
  /// W, (out, in).
  public let weight: EngineBuffer
  /// What errors are measured with.
  public let norm: HessianNorm
  /// tr(W H Wᵀ).
  public let squaredOutput: Double
  /// ‖W‖².
  public let squaredWeight: Double

  /// Measures the weight itself. Refuses weights that are not finite numbers.
  public init(weight: EngineBuffer, norm: HessianNorm) throws(InputError) {
    precondition(weight.columns == norm.features, "H has a row for each input of W")
    squaredWeight = norm.engine.squaredNorm(weight)
    guard squaredWeight.isFinite else {
      throw InputError(
        .badData, asked: "quantize a weight of \(weight.rows) x \(weight.columns)",
        found: "it holds NaN or infinity",
        hint: "check the base checkpoint, or load its original once more")
    }
    self.weight = weight
    self.norm = norm
    squaredOutput = norm.squared(weight)
  }

  /// The error of `quantized`, (out, in), by one product with H or its factor.
  public func error(of quantized: EngineBuffer) -> ReconstructionError {
    let difference = difference(to: quantized)
    return error(
      squaredError: norm.squared(difference),
      squaredWeightError: norm.engine.squaredNorm(difference))
  }

  /// ΔW.
  func difference(to quantized: EngineBuffer) -> EngineBuffer {
    norm.engine.subtract(quantized, from: weight)
  }

  func error(squaredError: Double, squaredWeightError: Double) -> ReconstructionError {
    ReconstructionError(
      squaredError: squaredError, squaredOutput: squaredOutput,
      squaredWeightError: squaredWeightError, squaredWeight: squaredWeight)
  }
}
