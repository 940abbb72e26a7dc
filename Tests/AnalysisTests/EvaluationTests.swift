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
    let naive = WindowedMean(values, counts: [Int](repeating: 1, count: values.count))
    #expect(clustered.stderr > 6 * naive.stderr)
    #expect(clustered.freedom == 7 && naive.freedom == 399)
  }

  @Test("one unit has no standard error, however many tokens are in it; none has no mean")
  func degenerate() {
    for values in [[4.0], [4, 4], [1, 2, 3]] {
      let mean = WindowedMean(values, counts: [values.count])
      #expect(mean.stderr.isNaN && mean.freedom == 0)
      #expect(mean.mean == values.reduce(0, +) / Double(values.count))
    }
    #expect(WindowedMean([], counts: []).mean == 0)
  }

  @Test("a large unit among small ones leaves fewer degrees of freedom than units")
  func uneven() {
    let values = [Double](repeating: 1, count: 60) + [0, 0, 0, 1]
    let mean = WindowedMean(values, counts: [60, 1, 1, 1, 1])
    #expect(abs(mean.freedom - (64.0 * 64 / 3604 - 1)) < 1e-12)
    // Leaving the large unit out moves the mean by most of what there is: the jackknife sees it.
    #expect(mean.stderr > 0.5)
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

  @Test("perplexity varies from document to document, paired differences from window to window")
  func units() {
    let base = Matrix<Float>.gaussian(48, 64, seed: 1)
    let trial = Matrix<Float>.gaussian(48, 64, seed: 2)
    let statistics = statistics(base: base, trial: trial)
    func evaluation(_ documents: [Int]) -> Evaluation {
      Evaluation(
        domain: "x", statistics: statistics, counts: [Int](repeating: 6, count: 8),
        documents: documents, characters: 12)
    }
    let many = evaluation([10, 20, 18])
    let byDocument = WindowedMean(statistics.map(\.nll), counts: [10, 20, 18])
    #expect(many.nllStderr == byDocument.stderr && many.documents == 3)
    #expect(many.nllDeltaStderr == evaluation([]).nllDeltaStderr)
    // One document of eight windows: nothing is known of how others would score.
    let one = evaluation([48])
    #expect(one.perplexityStderr.isNaN && one.nllStderr.isNaN && one.nllDeltaStderr > 0)
    #expect(one.windows?.tokens == [Double](repeating: 6, count: 8))
  }

  @Test("a single document is cut into long blocks, where there are enough of them")
  func blocks() {
    let windows = [Int](repeating: 511, count: 70)
    #expect(
      Evaluation.units(documents: [35_770], windows: windows) == [8176, 8176, 8176, 22 * 511])
    #expect(Evaluation.units(documents: [63 * 511], windows: Array(windows.prefix(63))).count == 1)
    #expect(Evaluation.units(documents: [100, 411], windows: [511]) == [100, 411])
    #expect(Evaluation.units(documents: [], windows: windows) == windows)
  }

  private func evaluate(base: Matrix<Float>, trial: Matrix<Float>) -> Evaluation {
    Evaluation(
      domain: "x", statistics: statistics(base: base, trial: trial), counts: [3, 3],
      characters: 12)
  }

  /// Of tokens whose targets are the first entries of the vocabulary, one after another.
  private func statistics(base: Matrix<Float>, trial: Matrix<Float>) -> [TokenStatistics] {
    let engine = CPUEngine()
    var statistics = engine.makeTokenStatistics(targets: (0..<Int32(base.rows)).map { $0 })
    engine.accumulate(
      base: engine.upload(base), trial: engine.upload(trial), firstToken: 0, into: &statistics)
    return engine.tokenStatistics(statistics)
  }

  private func logSoftmax(_ row: ArraySlice<Float>) -> [Double] {
    let maximum = row.map(Double.init).max() ?? 0
    let lse = maximum + log(row.reduce(0) { $0 + exp(Double($1) - maximum) })
    return row.map { Double($0) - lse }
  }
}
