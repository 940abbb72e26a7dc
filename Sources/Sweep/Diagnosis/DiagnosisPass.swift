import Analysis
import Basics
import GPTQ
import Model
import Results
import Tensor

/// The trials of one step of a diagnosis, each asked for as often as need be and run once.
struct DiagnosisPass {
  /// What one trial came to.
  struct Outcome: Sendable, Codable {
    /// What was measured on it.
    var result: TrialResult
    /// Its scores, window by window, a domain each.
    var scores: [WindowScores]
  }

  /// A trial of a pass.
  typealias TrialID = Int

  /// One trial, and what it is calibrated on.
  struct Asked {
    var trial: PassTrial
    var stream: CalibrationStreams.Key
  }

  /// Every trial, in the order of their numbers.
  private(set) var asked: [Asked] = []
  private var known: [Request: TrialID] = [:]

  private struct Request: Hashable {
    var recipe: DiagnosisRecipe
    var draw: Int
  }

  /// Asks for a model made by `recipe` on a draw of its calibration.
  mutating func ask(_ recipe: DiagnosisRecipe, draw: Int = 0) -> TrialID {
    var recipe = recipe
    // Round-to-nearest looks at no calibration.
    if recipe.config.quantize.algorithm == .rtn { recipe.calibration = CalibrationSpec() }
    let draw = recipe.config.quantize.algorithm == .rtn ? 0 : draw
    let request = Request(recipe: recipe, draw: draw)
    if let number = known[request] { return number }
    let number = asked.count
    known[request] = number
    asked.append(
      Asked(
        trial: PassTrial(TrialResult(number: number, config: recipe.config, companion: nil)),
        stream: .init(spec: recipe.calibration, draw: draw)))
    return number
  }

  /// Asks for a model whose linears are given; their local errors are taken where `isMeasured`.
  mutating func ask(
    isMeasured: Bool,
    loading weight: @escaping @Sendable (Int, LinearName) throws(InputError) -> Matrix<Float>
  ) -> TrialID {
    let number = asked.count
    // Nothing is solved: its errors are measured on the base's activations.
    var config = TrialConfig(quantize: QuantizeConfig())
    config.propagation = .shared
    let trial = PassTrial(
      TrialResult(number: number, config: config, companion: nil),
      action: { layer, linear in
        let load = { @Sendable () throws(InputError) in try weight(layer, linear) }
        return isMeasured ? .load(load) : .replace(load)
      })
    asked.append(Asked(trial: trial, stream: .init(spec: CalibrationSpec(), draw: 0)))
    return number
  }
}
