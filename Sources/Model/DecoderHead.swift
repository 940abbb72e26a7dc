import Compute
import Tensor

/// The final norm and lm_head, which turn the residual stream into logits.
public struct DecoderHead: Sendable {
  let norm: [Float]
  let weight: Matrix<Float>
  let epsilon: Float
  let engine: any Engine

  /// The logits of each row of `residual`, (tokens, vocabulary).
  public func logits(_ residual: Matrix<Float>) -> Matrix<Float> {
    engine.linear(
      engine.rmsNorm(residual, gain: norm, epsilon: epsilon), weight: weight, bias: nil)
  }

  /// Predicts tokens 2..N of each window with the base's and each trial's hidden states, and
  /// compares: one array of statistics a trial, a value a scored token, in window order.
  ///
  /// Logits exist for `tokenTile` tokens and `vocabularyTile` entries at a time.
  public func compare(
    base: HiddenStates, trials: [HiddenStates], windows: [[Int32]]
  ) -> [[TokenStatistics]] {
    let rows = base.windows.flatMap { Array($0.dropLast()) }
    let targets = windows.flatMap { Array($0.dropFirst()) }
    var results = [[TokenStatistics]](repeating: [], count: trials.count)
    for start in stride(from: 0, to: rows.count, by: tokenTile) {
      let range = start..<min(rows.count, start + tokenTile)
      let chunkTargets = Array(targets[range])
      func normed(_ states: HiddenStates) -> Matrix<Float> {
        engine.rmsNorm(
          states.residual.selectingRows(rows[range]), gain: norm, epsilon: epsilon)
      }
      let baseInput = normed(base)
      let trialInputs = trials.map(normed)
      var statistics = trials.map { _ in
        [TokenStatistics](repeating: TokenStatistics(), count: range.count)
      }
      for first in stride(from: 0, to: weight.rows, by: vocabularyTile) {
        let tile = weight.rows(in: first..<min(weight.rows, first + vocabularyTile))
        let baseLogits = engine.linear(baseInput, weight: tile, bias: nil)
        for index in trials.indices {
          let trialLogits = engine.linear(trialInputs[index], weight: tile, bias: nil)
          engine.accumulate(
            baseLogits: baseLogits, trialLogits: trialLogits, firstToken: first,
            targets: chunkTargets, into: &statistics[index])
        }
      }
      for index in trials.indices { results[index] += statistics[index] }
    }
    return results
  }
}

private let tokenTile = 1024
private let vocabularyTile = 8192
