import Compute
import GPTQ
import Model

extension DecoderLayer {
  /// The Hessian of each group of `stage`, over the inputs that `states` give it; empty ones without
  /// states.
  public func hessians(
    of stage: Stage, in states: HiddenStates?
  ) -> [HessianAccumulator] {
    var hessians = stage.groups.map { HessianAccumulator(features: $0.columns, engine: engine) }
    guard let states else { return hessians }
    forEachInput(of: stage, in: states) { hessians[$0].accumulate($1) }
    return hessians
  }
}
