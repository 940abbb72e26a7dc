import Basics
import GPTQ
import Model
import Results
import Tensor

/// A trial on its way: what it is, the calibration stream it is solved on, and what becomes of each
/// linear.
public struct PassTrial: Sendable {
  /// Its number and settings; what the pass measures is filled in here.
  public var result: TrialResult
  /// The calibration stream that it is solved on: an index into `OnePass.streams`.
  public var stream: Int
  /// What becomes of a linear, asked more than once: it must answer the same each time.
  public var action: @Sendable (_ layer: Int, _ name: LinearName) -> LinearAction

  /// A trial whose every linear is quantized as its config says, unless `action` says otherwise.
  public init(
    _ result: TrialResult, stream: Int = 0,
    action: (@Sendable (_ layer: Int, _ name: LinearName) -> LinearAction)? = nil
  ) {
    let config = result.config
    self.result = result
    self.stream = stream
    self.action = action ?? { _, _ in .solve(config) }
  }

  /// Whether it is solved on the base's activations, so that the base's calibration tokens must move.
  var usesBase: Bool { result.config.propagation == .shared }

  /// Whether the base's calibration tokens must move with it: it is solved on them, or some linear is
  /// solved by what asks how its own inputs differ from theirs.
  func needsBase(_ model: ModelConfig) -> Bool {
    usesBase || model.linears.contains { action($0.layer, $0.linear.name).usesShift }
  }

  /// The actions of a group's linears.
  func actions(layer: Int, _ group: Stage.Group) -> [(linear: Linear, action: LinearAction)] {
    group.linears.map { ($0, action(layer, $0.name)) }
  }
}

/// What a trial does to one linear.
public enum LinearAction: Sendable {
  /// Quantize it as this config says. Its `propagation` is the trial's.
  case solve(TrialConfig)
  /// Keep the base's weight.
  case keep
  /// Take a weight from elsewhere, (out, in).
  case load(@Sendable () throws(InputError) -> Matrix<Float>)
  /// As `load`, but its local errors are not measured: for many models made of the same weights.
  case replace(@Sendable () throws(InputError) -> Matrix<Float>)
  /// The base's weight plus Gaussian noise of the Frobenius norm of ΔW under `like`.
  case addNoise(like: TrialConfig, seed: UInt64)

  /// Whether it asks how its inputs differ from the base's.
  var usesShift: Bool { solves?.quantize.usesShift == true }

  /// The config that has to be solved for it.
  var solves: TrialConfig? {
    switch self {
    case .solve(let config), .addNoise(like: let config, _): config
    case .keep, .load, .replace: nil
    }
  }
}
