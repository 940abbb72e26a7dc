import Analysis
import Compute
import Foundation
import Tensor
import TestSupport
import Testing

@Suite("Means over scored tokens")
struct WindowedMeanTests {
  @Test("equal windows: the standard error of the window means")
  func equalWindows() {
    let values = [1.0, 3, 2, 6, 0, 0]
    let mean = WindowedMean(values, counts: [2, 2, 2])
    let windows = [2.0, 4, 0]
    let variance = windows.reduce(0) { $0 + ($1 - 2) * ($1 - 2) } / 2
    #expect(mean.mean == 2)
    #expect(abs(mean.stderr - (variance / 3).squareRoot()) < 1e-12)
  }

  @Test("tokens that agree inside windows are not counted as independent")
  func clustered() {
    let values = (0..<8).flatMap { window in [Double](repeating: Double(window % 2), count: 50) }
    let clustered = WindowedMean(values, counts: [Int](repeating: 50, count: 8))
    let naive = WindowedMean(values, counts: [values.count])
    #expect(clustered.stderr > 6 * naive.stderr)
  }

  @Test("one value has no standard error, none has no mean")
  func degenerate() {
    #expect(WindowedMean([4], counts: [1]) == WindowedMean([4, 4], counts: [2]))
    #expect(WindowedMean([], counts: []).mean == 0)
  }
}

@Suite("Evaluation of a model against its base")
struct EvaluationTests {
  @Test("uniform logits: perplexity is the vocabulary's size, bits per character follow")
  func uniform() {
    let evaluation = evaluate(
      base: Matrix<Float>(rows: 6, columns: 64), trial: Matrix<Float>(rows: 6, columns: 64))
    #expect(abs(evaluation.perplexity - 64) < 1e-4)
    #expect(abs(evaluation.bitsPerCharacter - 6 * 6.0 / 12) < 1e-6)
    #expect(evaluation.tokensScored == 6)
    #expect(abs(evaluation.kldMean) < 1e-9)
    #expect(evaluation.sameTopP == 1)
    #expect(evaluation.nllDelta == 0)
  }

  @Test("a trial with other logits: every figure by its definition")
  func definitions() {
    let base = Matrix<Float>.gaussian(6, 64, seed: 1)
    let trial = Matrix<Float>.gaussian(6, 64, seed: 2)
    let evaluation = evaluate(base: base, trial: trial)
    let p = (0..<6).map { logSoftmax(base.row($0)) }
    let q = (0..<6).map { logSoftmax(trial.row($0)) }
    let nll = (0..<6).map { -q[$0][$0] }
    let klds = (0..<6).map { row in
      zip(p[row], q[row]).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    }
    #expect(abs(evaluation.nllPerToken - nll.reduce(0, +) / 6) < 1e-5)
    #expect(abs(evaluation.perplexity - exp(nll.reduce(0, +) / 6)) < 1e-2)
    let deltas: [Double] = (0..<6).map { p[$0][$0] - q[$0][$0] }
    let delta = deltas.reduce(0, +) / 6
    #expect(abs(evaluation.nllDelta - delta) < 1e-5)
    #expect(abs(evaluation.kldMean - klds.reduce(0, +) / 6) < 1e-5)
    #expect(abs(evaluation.kldMedian - (klds.sorted()[2] + klds.sorted()[3]) / 2) < 1e-5)
    #expect(evaluation.nllDeltaStderr > 0)
    let squares: [Double] = (0..<6).map { pow(exp(q[$0][$0]) - exp(p[$0][$0]), 2) }
    let rms = (squares.reduce(0, +) / 6).squareRoot()
    #expect(abs(evaluation.deltaPRms - rms) < 1e-5)
  }

  private func evaluate(base: Matrix<Float>, trial: Matrix<Float>) -> Evaluation {
    var statistics = [TokenStatistics](repeating: TokenStatistics(), count: base.rows)
    CPUEngine().accumulate(
      baseLogits: base, trialLogits: trial, firstToken: 0,
      targets: (0..<Int32(base.rows)).map { $0 }, into: &statistics)
    return Evaluation(domain: "x", statistics: statistics, counts: [3, 3], characters: 12)
  }

  private func logSoftmax(_ row: ArraySlice<Float>) -> [Double] {
    let maximum = row.map(Double.init).max() ?? 0
    let lse = maximum + log(row.reduce(0) { $0 + exp(Double($1) - maximum) })
    return row.map { Double($0) - lse }
  }
}
