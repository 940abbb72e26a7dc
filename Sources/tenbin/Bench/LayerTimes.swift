import Foundation
import Model
import Report
import Results
import Sweep

/// The times of the last layer of a pass, part by part, beside what their operations take at a rate.
final class LayerTimes: PassObserver {
  /// One layer's seconds.
  struct Layer {
    var wall = 0.0
    var parts = StageSeconds()
  }

  /// The operations of the whole pass.
  private(set) var operations = 0.0
  /// The last layer that was finished.
  private(set) var last = Layer()
  private var current = Layer()
  private var began = ContinuousClock.now

  func began(_ cost: PassCost) { operations = cost.total }

  func starting(after layer: Int) { began = .now }

  func spent(_ seconds: StageSeconds, by trial: Int, layer: Int, stage: Stage) {
    current.parts.hessians += seconds.hessians
    current.parts.factors += seconds.factors
    current.parts.columns += seconds.columns
    current.parts.calibration += seconds.calibration
  }

  func layerFinished(_ layer: Int, trials: [TrialResult]) -> Set<Int> {
    last = current
    last.wall = began.duration(to: .now).seconds
    current = Layer()
    began = .now
    return []
  }

  static let columns: [Table.Column] = [
    .init("layer_seconds"), .init("forward_seconds"), .init("forward_share"),
    .init("gram_seconds"), .init("gram_share"), .init("factorise_seconds"),
    .init("columns_seconds"),
  ]

  /// The last layer, which consists of `stages`, over `windows` of these lengths; `rate` is in
  /// operations a second.
  func row(stages: [Stage], windows: [Int], rate: Double) -> [Table.Cell] {
    let load = PassCost.Load(windows: windows)
    var (forward, gram) = (0.0, 0.0)
    for stage in stages {
      for group in stage.groups {
        gram += load.tokens * Double(group.columns * group.columns)
        forward += group.linears.reduce(0) { $0 + 2 * load.tokens * Double($1.weights) }
      }
      if case .attention(let attention) = stage.outcome {
        let width = attention.shape.heads * attention.shape.headDimension
        forward += 4 * load.pairs * Double(width)
      }
    }
    let parts = last.parts
    return [
      .number(last.wall), .number(parts.calibration),
      .number(forward / rate / parts.calibration), .number(parts.hessians),
      .number(gram / rate / parts.hessians), .number(parts.factors), .number(parts.columns),
    ]
  }
}
