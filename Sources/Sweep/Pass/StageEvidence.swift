import Analysis
import Compute
import GPTQ
import Model
import Results

/// What a trial asks of an expert's Hessian.
struct ExpertRule: Hashable, Sendable {
  var calibration: ExpertCalibration
  /// Below so many tokens `fallback` takes all.
  var minTokens: Int

  init(_ config: TrialConfig) {
    calibration = config.expertCalibration
    minTokens = config.expertCalibration == .fallback ? config.expertMinTokens : 0
  }

  /// Whether an expert that was sent `tokens` is measured on all tokens. One that was sent none has no
  /// others to be measured on.
  func takesAll(_ tokens: Int) -> Bool {
    switch calibration {
    case .routed: tokens == 0
    case .all: true
    case .fallback: tokens < max(minTokens, 1)
    }
  }
}

/// The Hessian of one group's inputs, and what it was measured on.
struct GroupEvidence: Sendable {
  /// H, (in, in).
  let hessian: EngineBuffer
  /// Tokens that went into it.
  let tokens: Int
  /// What is known of the expert whose inputs they are; nil where all tokens pass through.
  let expert: Expert?

  /// The tokens of an expert.
  struct Expert: Sendable {
    /// Those that were sent to it.
    var tokens: Int
    /// Their share of all.
    var share: Double
    /// Whether H is of all tokens.
    var takesAll: Bool
    /// Whether it is since too few were sent.
    var isPooled: Bool
    /// Whether it must do with round-to-nearest: nothing was sent, and the trial asks for what was.
    var isUnseen: Bool
  }
}

extension DecoderLayer {
  /// The evidence of the groups `places` of `stage` over the inputs that `states` give it; without
  /// states, none of any.
  ///
  /// An expert that no token was sent to is measured on all of them: what it would do with them is
  /// what its errors mean then. The stage before was applied with `weights` where they are not the
  /// base model's.
  func evidence(
    of stage: Stage, groups places: Range<Int>, in states: HiddenStates?, _ rule: ExpertRule,
    weights: StageWeights
  ) -> [(evidence: GroupEvidence, rejected: Int)] {
    var hessians = places.map {
      HessianAccumulator(features: stage.groups[$0].columns, engine: engine)
    }
    guard let states else {
      return hessians.map { (GroupEvidence(hessian: $0.hessian(), tokens: 0, expert: nil), 0) }
    }
    forEachInput(of: stage, groups: places, in: states) {
      hessians[$0 - places.lowerBound].accumulate($1)
    }
    // What all experts read where they read the stream.
    var stream: HessianAccumulator?
    return places.map { place in
      var measured = hessians[place - places.lowerBound]
      let sent = measured.rows
      guard stage.groups[place].expert != nil else {
        return (
          GroupEvidence(hessian: measured.hessian(), tokens: measured.tokens, expert: nil),
          measured.tokens == 0 ? measured.rejectedTokens : 0
        )
      }
      let takesAll = rule.takesAll(sent)
      if takesAll {
        if let stream {
          measured = stream
        } else {
          measured = HessianAccumulator(
            features: stage.groups[place].columns, engine: engine)
          forEachToken(of: stage, group: place, in: states, weights: weights) {
            measured.accumulate($0)
          }
          if case .stream = stage.input { stream = measured }
        }
      }
      let expert = GroupEvidence.Expert(
        tokens: sent, share: Double(sent) / Double(max(states.tokens, 1)), takesAll: takesAll,
        isPooled: takesAll && rule.calibration == .fallback,
        isUnseen: sent == 0 && rule.calibration == .routed)
      return (
        GroupEvidence(hessian: measured.hessian(), tokens: measured.tokens, expert: expert),
        measured.tokens == 0 ? measured.rejectedTokens : 0
      )
    }
  }
}
