import GPTQ
import Model
import Tensor

/// The tokens that one model, the base or a trial, carries through the pass.
struct Tokens: Sendable {
  /// Calibration tokens; nil for a trial that is solved on the base's.
  var calibration: HiddenStates?
  /// Evaluation tokens, one state a domain.
  var evaluation: [HiddenStates]

  var evaluationOnly: Tokens { Tokens(calibration: nil, evaluation: evaluation) }

  /// Moves every token through a stage. Calibration tokens meet the codes as the column loop left
  /// them, as every peer has it; evaluation tokens meet them as the packer wrote them.
  mutating func advance(
    through layer: DecoderLayer, _ stage: Stage, clean: StageWeights, packed: StageWeights? = nil
  ) {
    if var states = calibration {
      calibration = nil
      layer.advance(&states, through: stage, weights: clean)
      calibration = states
    }
    for index in evaluation.indices {
      layer.advance(&evaluation[index], through: stage, weights: packed ?? clean)
    }
  }
}

/// A trial on its way through the pass.
struct LiveTrial {
  var result: TrialResult
  var tokens: Tokens
  private var storedBits = 0.0
  private var storedWeights = 0.0

  init(_ trial: TrialResult, tokens: Tokens) {
    result = trial
    result.modules = []
    result.evaluations = []
    result.wallSeconds = 0
    self.tokens = tokens
  }

  mutating func record(_ solved: [SolvedModule]) {
    result.modules += solved.map(\.result)
    for module in solved {
      let weights = Double(module.packed.codes.elements.count)
      storedWeights += weights
      storedBits += module.packed.bitsPerWeight * weights
    }
  }

  /// The result of a trial whose every linear is quantized.
  func finished() -> TrialResult {
    var finished = result
    let failed = finished.modules.contains { $0.solverPath == .failed }
    finished.state = failed ? .failed : .complete
    finished.bitsPerWeight = storedWeights > 0 ? storedBits / storedWeights : 0
    return finished
  }

  /// ‖h_trial − h_base‖² / ‖h_base‖² over the evaluation tokens of all domains.
  mutating func recordHiddenError(layer: Int, against base: Tokens) {
    var difference = 0.0
    var norm = 0.0
    for (mine, theirs) in zip(tokens.evaluation, base.evaluation) {
      difference += mine.residual.squaredDistance(to: theirs.residual)
      norm += theirs.residual.squaredNorm
    }
    for index in result.modules.indices where result.modules[index].layer == layer {
      result.modules[index].hiddenError = norm > 0 ? difference / norm : 0
    }
  }
}
